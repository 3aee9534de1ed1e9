//! Which crate may import which, and what each room must or must not do.

use super::sources::{packages, read, relative, sources};
use crate::files::root;

/// Which of our crates each crate may import. Tests may import any.
const IMPORTS: &[(&str, &[&str])] = &[
    ("imo-tensor", &[]),
    ("imo-commit", &[]),
    ("imo-vm", &["imo-commit"]),
    ("imo-dispute", &["imo-commit"]),
    ("imo-model", &["imo-tensor", "imo-commit"]),
    ("imo-pack", &["imo-model", "imo-tensor", "imo-commit"]),
    ("imo-trace", &["imo-commit"]),
    ("imo-guest", &["imo-vm"]),
    ("imo-text", &["imo-guest", "imo-model", "imo-tensor", "imo-commit"]),
    ("imo-kernels", &["imo-tensor"]),
    (
        "imo-engine",
        &[
            "imo-kernels",
            "imo-trace",
            "imo-model",
            "imo-guest",
            "imo-text",
            "imo-tensor",
            "imo-commit",
        ],
    ),
    (
        "imo-player",
        &[
            "imo-engine",
            "imo-guest",
            "imo-vm",
            "imo-dispute",
            "imo-trace",
            "imo-model",
            "imo-text",
            "imo-commit",
        ],
    ),
    ("imo-chain", &["imo-dispute", "imo-commit"]),
    ("imo-node", &["imo-player", "imo-chain", "imo-dispute", "imo-vm", "imo-trace", "imo-commit"]),
    (
        "imo",
        &[
            "imo-node",
            "imo-chain",
            "imo-player",
            "imo-engine",
            "imo-kernels",
            "imo-text",
            "imo-trace",
            "imo-pack",
            "imo-model",
            "imo-dispute",
            "imo-vm",
            "imo-commit",
            "imo-tensor",
        ],
    ),
    ("xtask", &[]),
];

/// Crates whose results are hashed or decide money: no floating point arithmetic at all.
const INTEGER_ONLY: &[&str] = &[
    "crates/imo-commit",
    "crates/imo-vm",
    "crates/imo-dispute",
    "crates/imo-trace",
    "crates/imo-player",
    "crates/imo-chain",
    "crates/imo-node",
    "programs/guest",
];

/// Where `unsafe` may stand: folders, or files without their extension.
const UNSAFE: &[&str] = &[
    "crates/imo-commit/src/lanes",
    "crates/imo-kernels/src/vector",
    "crates/imo-model/src/map",
    "programs/guest/src/machine",
];

/// Written in two parts, so that this file does not have it.
const KEYWORD: &str = concat!("uns", "afe");

#[test]
fn arrows_never_point_back() {
    let packages = [packages("Cargo.toml"), packages("programs/Cargo.toml")].concat();
    let found = faults(&packages);
    assert!(found.is_empty(), "{found:#?}");
}

/// Where packages and the table of rooms differ.
fn faults(packages: &[serde_json::Value]) -> Vec<String> {
    let name_of = |it: &serde_json::Value| it["name"].as_str().expect("a name").to_owned();
    let names: Vec<String> = packages.iter().map(name_of).collect();
    let mut found: Vec<String> = IMPORTS
        .iter()
        .filter(|(room, _)| !names.iter().any(|it| it == room))
        .map(|(room, _)| format!("{room} is in the table of rooms and does not exist"))
        .collect();
    for (package, name) in packages.iter().zip(&names) {
        let Some((_, allowed)) = IMPORTS.iter().find(|(room, _)| room == name) else {
            found.push(format!("{name} is not in the table of rooms"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = name_of(dependency);
            if is_ours(dependency) && !allowed.contains(&to.as_str()) {
                found.push(format!("{name} may not import {to}"));
            }
        }
    }
    found
}

/// Whether a dependency is an arrow of the table.
fn is_ours(dependency: &serde_json::Value) -> bool {
    dependency["path"].is_string() && dependency["kind"] != "dev"
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let packages = [packages("Cargo.toml"), packages("programs/Cargo.toml")].concat();
    let mut idle = Vec::new();
    for (room, allowed) in IMPORTS {
        let package = packages.iter().find(|it| it["name"] == *room).expect("it exists");
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let imports = |to| dependencies.iter().any(|it| is_ours(it) && it["name"] == to);
        let unused = allowed.iter().filter(|to| !imports(**to));
        idle.extend(unused.map(|to| format!("{room} imports nothing from {to}")));
    }
    assert!(idle.is_empty(), "take out of the table: {idle:#?}");
}

#[test]
fn an_arrow_that_points_back_is_found() {
    let mut packages: Vec<serde_json::Value> = IMPORTS
        .iter()
        .map(|(name, _)| serde_json::json!({ "name": name, "dependencies": [] }))
        .collect();
    assert_eq!(faults(&packages), [""; 0]);

    let dependency =
        |kind: Option<&str>| serde_json::json!({ "name": "imo-chain", "path": "", "kind": kind });
    packages[3]["dependencies"] = serde_json::json!([dependency(Some("dev"))]);
    assert_eq!(faults(&packages), [""; 0]);
    for kind in [None, Some("build")] {
        packages[3]["dependencies"] = serde_json::json!([dependency(kind)]);
        assert_eq!(faults(&packages), ["imo-dispute may not import imo-chain"]);
    }
    packages[3] = serde_json::json!({ "name": "imo-attic", "dependencies": [] });
    assert_eq!(
        faults(&packages),
        [
            "imo-dispute is in the table of rooms and does not exist",
            "imo-attic is not in the table of rooms"
        ]
    );
}

#[test]
fn rooms_that_decide_money_have_no_floating_point() {
    let lacks = |room: &&&str| {
        let text = std::fs::read_to_string(root().join(room).join("src/lib.rs"));
        !text.is_ok_and(|it| it.lines().any(|line| line == "#![deny(clippy::float_arithmetic)]"))
    };
    let found: Vec<_> = INTEGER_ONLY.iter().filter(lacks).collect();
    assert!(found.is_empty(), "not there, or without deny(clippy::float_arithmetic): {found:?}");
}

#[test]
fn unsafe_stands_only_where_it_may() {
    let mut outside = Vec::new();
    let mut unused = UNSAFE.to_vec();
    for file in sources() {
        let name = relative(&file);
        for (number, line) in read(&file).lines().enumerate().filter(|(_, it)| has_keyword(it)) {
            match UNSAFE.iter().find(|place| name.starts_with(**place)) {
                Some(place) => unused.retain(|it| it != place),
                None => outside.push(format!("{name}:{}: {}", number + 1, line.trim())),
            }
        }
    }
    assert!(outside.is_empty(), "{KEYWORD} outside its rooms: {outside:#?}");
    assert!(unused.is_empty(), "nothing is {KEYWORD} in {unused:?}; take them out of the list");
}

/// Whether a line's code has the keyword.
fn has_keyword(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|it: char| !it.is_alphanumeric() && it != '_').any(|word| word == KEYWORD)
}

#[test]
fn the_keyword_is_told_from_its_mentions() {
    for line in ["X { a }", "X fn f() {", "pub X fn f();", "#[X(no_mangle)]", "let a = X{ b };"] {
        assert!(has_keyword(&line.replace('X', KEYWORD)), "{line}");
    }
    for line in ["// X code", "#![expect(X_code)]", "let not_X = 1; // X { }"] {
        assert!(!has_keyword(&line.replace('X', KEYWORD)), "{line}");
    }
}
