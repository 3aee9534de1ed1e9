//! The guest is consensus, so its lints are those of every other crate.
//!
//! `programs/` is a workspace of its own and repeats the lint table, since a workspace inherits
//! nothing from another.

use super::sources::{packages, read, relative, sources};
use crate::files::root;

#[test]
fn the_guest_has_the_lints_of_every_crate() {
    let ours = lints(&read(&root().join("Cargo.toml")));
    let guests = lints(&read(&root().join("programs/Cargo.toml")));
    assert_eq!(guests, ours, "[workspace.lints] of programs/Cargo.toml and of Cargo.toml differ");
}

#[test]
fn every_crate_takes_the_lint_table() {
    let packages = [packages("Cargo.toml"), packages("programs/Cargo.toml")].concat();
    let manifests = packages.iter().map(|it| it["manifest_path"].as_str().expect("a path"));
    let lacking: Vec<String> = manifests
        .map(std::path::Path::new)
        .filter(|it| !takes_the_table(&read(it)))
        .map(relative)
        .collect();
    assert!(lacking.is_empty(), "without `[lints] workspace = true`: {lacking:?}");
}

/// A lint that is off for a whole file of a guest would hide the next cast.
#[test]
fn no_file_of_a_guest_softens_a_lint() {
    let softened: Vec<String> = sources()
        .iter()
        .filter(|path| path.starts_with(root().join("programs")))
        .filter(|path| softens(&read(path)))
        .map(|path| relative(path))
        .collect();
    assert!(softened.is_empty(), "lints of Clippy are off in all of {softened:?}");
}

/// Whether a lint of Clippy is off in all of a file.
fn softens(text: &str) -> bool {
    let is_off = |it: &str| it.starts_with("#![allow(clippy") || it.starts_with("#![expect(clippy");
    text.lines().any(is_off)
}

#[test]
fn a_softened_file_is_noticed() {
    assert!(softens("//! Head.\n#![expect(clippy::all, reason = \"none\")]"));
    assert!(!softens("#[expect(clippy::all, reason = \"of one item\")]\nfn f() {}"));
}

/// The lint table of a workspace's manifest.
fn lints(manifest: &str) -> toml::Value {
    let table = manifest.parse::<toml::Table>().expect("a manifest is TOML");
    table["workspace"].get("lints").expect("a workspace has lints").clone()
}

/// Whether a package's manifest takes its workspace's lint table.
fn takes_the_table(manifest: &str) -> bool {
    let table = manifest.parse::<toml::Table>().expect("a manifest is TOML");
    let taken = table.get("lints").and_then(|it| it.get("workspace"));
    taken.and_then(toml::Value::as_bool) == Some(true)
}

#[test]
fn another_lint_table_is_noticed() {
    let strict = "[workspace.lints.rust]\nunsafe_code = \"deny\"\n[workspace.lints.clippy]\n";
    assert_eq!(lints(strict), lints(&format!("# The same.\n{strict}")));
    assert_ne!(lints(strict), lints(&strict.replace("deny", "warn")));
    assert_ne!(lints(strict), lints(&format!("{strict}use_self = \"warn\"")));

    assert!(takes_the_table("[lints]\nworkspace = true"));
    assert!(!takes_the_table("[lints.rust]\nunsafe_code = \"deny\""));
    assert!(!takes_the_table("[package]\nname = \"a\""));
}
