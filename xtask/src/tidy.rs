//! Rules that no compiler checks, as tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{files_under, root};

/// Which of our crates each crate may import (design: "Arrows never point back").
const IMPORTS: &[(&str, &[&str])] = &[
    ("imo-tensor", &[]),
    ("imo-commit", &[]),
    ("imo-model", &["imo-tensor", "imo-commit"]),
    ("imo-pack", &["imo-tensor", "imo-commit", "imo-model"]),
    ("imo-engine", &["imo-tensor", "imo-commit", "imo-model"]),
    ("imo-vm", &["imo-commit"]),
    ("imo-dispute", &["imo-commit"]),
    ("imo-chain", &["imo-commit", "imo-dispute"]),
    (
        "imo",
        &[
            "imo-tensor",
            "imo-commit",
            "imo-model",
            "imo-pack",
            "imo-engine",
            "imo-vm",
            "imo-dispute",
            "imo-chain",
        ],
    ),
    ("xtask", &[]),
];

/// Crates whose results are hashed or decide money: no floating point at all.
const INTEGER_ONLY: &[&str] = &["imo-commit", "imo-vm", "imo-dispute", "imo-chain"];

/// Where `unsafe` may stand.
const UNSAFE: &[&str] = &[
    "crates/imo-commit/src/lanes",
    "crates/imo-kernels/src/vector",
    "crates/imo-model/src/map",
    "programs/text/src/main",
    "xtask/src/tidy.rs",
];

/// Functions longer than a screen, in lines; the list only shrinks.
const LONGEST_FUNCTION: usize = 100;

#[test]
fn arrows_never_point_back() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let Some((_, allowed)) = IMPORTS.iter().find(|(room, _)| *room == name) else {
            wrong.push(format!("{name} is not in the table of rooms"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = dependency["name"].as_str().expect("a name");
            let ours = dependency["path"].is_string() && dependency["kind"].is_null();
            if ours && !allowed.contains(&to) {
                wrong.push(format!("{name} may not import {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rooms_that_decide_money_have_no_floating_point() {
    for room in INTEGER_ONLY {
        let text = read(&root().join("crates").join(room).join("src/lib.rs"));
        assert!(
            text.contains("#![deny(clippy::float_arithmetic)]"),
            "{room} must deny float_arithmetic"
        );
    }
}

#[test]
fn every_crate_takes_the_lint_table() {
    for manifest in manifests() {
        let text = read(&manifest);
        assert!(text.contains("[lints]\nworkspace = true"), "{}", manifest.display());
    }
}

#[test]
fn unsafe_stands_only_where_it_may() {
    let keyword = concat!("uns", "afe ");
    for file in sources() {
        let name = relative(&file);
        if UNSAFE.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        for (number, line) in read(&file).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            assert!(!code.contains(keyword), "{name}:{}: unsafe outside its rooms", number + 1);
        }
    }
}

#[test]
fn functions_fit_a_screen() {
    let mut long = Vec::new();
    for file in sources() {
        let text = read(&file);
        let mut start: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            let opens = [
                "fn ",
                "pub fn ",
                "pub(crate) fn ",
                "pub(super) fn ",
                "async fn ",
                "pub async fn ",
                "pub(crate) async fn ",
            ]
            .iter()
            .any(|it| code.starts_with(it));
            if opens && start.is_none() {
                start = Some((indent, number, code.to_owned()));
            }
            if let Some((depth, from, head)) = &start
                && code.starts_with('}')
                && indent == *depth
            {
                if number - from > LONGEST_FUNCTION {
                    long.push(format!(
                        "{}:{}: {} lines: {head}",
                        relative(&file),
                        from + 1,
                        number - from
                    ));
                }
                start = None;
            } else if code.ends_with(';')
                && start.as_ref().is_some_and(|(depth, ..)| indent == *depth)
            {
                start = None;
            }
        }
    }
    assert!(long.is_empty(), "longer than {LONGEST_FUNCTION} lines: {long:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    let banned = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ign", "ore"),
        concat!("vm.sk", "ip("),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let mut files = sources();
    files_under(&root().join("contracts"), "sol", &mut files);
    files_under(&root().join("docs"), "md", &mut files);
    for file in files {
        for (number, line) in read(&file).lines().enumerate() {
            for word in banned {
                assert!(!line.contains(word), "{}:{}: {word}", relative(&file), number + 1);
            }
        }
    }
}

#[test]
fn every_document_named_is_there() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
    let mut pages = Vec::new();
    files_under(&root().join("docs"), "md", &mut pages);
    pages.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"]
            .map(|it| root().join(it)),
    );
    for page in pages {
        for target in links(&read(&page)) {
            let path = page.parent().expect("a page lies in a folder").join(&target);
            assert!(path.exists(), "{}: broken link {target}", relative(&page));
        }
    }
}

/// Targets of the relative links of a Markdown page, anchors cut off.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

fn manifests() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_under(&root().join("crates"), "toml", &mut found);
    found.push(root().join("xtask/Cargo.toml"));
    found
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ["crates", "programs", "xtask"] {
        files_under(&root().join(room), "rs", &mut found);
    }
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
