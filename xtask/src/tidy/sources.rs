//! The files and packages that the rules are about.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{files_under, root};

/// Manifests of everything that is Rust here: the workspace, and what has a lock file of its own.
pub(super) const WORKSPACES: &[&str] =
    &["Cargo.toml", "programs/Cargo.toml", "fuzz/Cargo.toml", "benches/candle/Cargo.toml"];

/// The packages of a workspace, as `cargo metadata` describes them.
pub(super) fn packages(manifest: &str) -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{manifest}: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Every Rust file.
pub(super) fn sources() -> Vec<PathBuf> {
    files(&["rs"])
}

/// Every file with one of these extensions, in order.
pub(super) fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for extension in extensions {
        files_under(&root(), extension, &mut found);
    }
    found.sort();
    found
}

/// A path as seen from the repository's root.
pub(super) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
