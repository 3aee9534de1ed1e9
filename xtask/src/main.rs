//! Generators and checks that keep the repository honest; never shipped.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a tool for the terminal")]

mod gas;
#[cfg(test)]
mod natspec;
mod sizes;
#[cfg(test)]
mod solidity;
#[cfg(test)]
mod tidy;
mod turns;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["gas"] => gas::write(&root()),
        ["gas", "--check"] => gas::check(&root()),
        ["sizes"] => sizes::write(&root()),
        ["sizes", "--check"] => sizes::check(&root()),
        ["turns"] => turns::report(),
        _ => Err("usage: xtask (gas | sizes) [--check] | turns".to_owned()),
    };
    match outcome {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_path_buf()
}

/// Collects the files below `folder` with this extension, in order; build output is left out.
fn files_under(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "out" | "cache") {
                files_under(&path, extension, found);
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}
