//! Where the repository lies and which files it has.

use std::path::{Path, PathBuf};

/// The repository's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_path_buf()
}

/// Folders of build output and of packages.
const FOREIGN: [&str; 8] = [
    "target",
    "programs/target",
    "fuzz/target",
    "fuzz/artifacts",
    "benches/candle/target",
    "contracts/node_modules",
    "contracts/out",
    "contracts/cache",
];

/// Collects the files below `folder` with this extension, in order. Build output, packages and
/// hidden folders are left out.
pub(crate) fn files_under(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let is_foreign = FOREIGN.iter().any(|foreign| path == root().join(foreign));
            if !is_foreign && !name.starts_with('.') {
                files_under(&path, extension, found);
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}
