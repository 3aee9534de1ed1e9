//! The guest is consensus, so its lints are those of every other crate.
//!
//! `programs/` is a workspace of its own and repeats the lint table, since a workspace inherits
//! nothing from another.

use super::sources::{packages, read, relative};
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
