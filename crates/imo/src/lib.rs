//! The Initial Model Offering: the rooms put together.
//!
//! **Invariant:** this is the only crate that composes the others, and `terminal` the only module that prints.

use std::process::ExitCode;

use clap::Parser;

mod amount;
mod ask;
mod bench;
pub mod claimed;
mod cli;
mod demo;
pub mod evm;
mod exit;
mod keys;
mod model;
mod node;
pub mod program;
mod run;
mod sampling;
mod terminal;
mod vm;

/// The whole program: reads the arguments, carries out the command, says how it ended.
pub fn main() -> ExitCode {
    let exit = cli::run(cli::Cli::parse()).unwrap_or_else(|error| {
        terminal::complain(&error);
        exit::Exit::Failure
    });
    exit.into()
}
