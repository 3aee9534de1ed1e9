//! Generators and checks that keep the repository honest; never shipped.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a tool for the terminal")]

mod files;
mod gas;
#[cfg(test)]
mod natspec;
mod sizes;
#[cfg(test)]
mod solidity;
#[cfg(test)]
mod tidy;
mod turns;

use std::process::ExitCode;

use files::{files_under, root};

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
