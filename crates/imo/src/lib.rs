//! The Initial Model Offering: the rooms put together.
//!
//! **Invariant:** this is the only crate that composes the others, and `terminal` the only module that prints.

use std::process::ExitCode;

use clap::Parser;

mod amount;
pub mod anvil;
mod ask;
pub mod auction;
mod bench;
pub mod claimed;
mod cli;
mod code;
mod demo;
mod deploy;
mod dispute;
pub mod evm;
mod exit;
mod keys;
mod launch;
mod model;
mod node;
pub mod program;
mod revenue;
mod run;
mod sampling;
mod source;
mod terminal;
mod verify;
mod vm;

/// The whole program: reads the arguments, carries out the command, says how it ended.
pub fn main() -> ExitCode {
    let exit = cli::run(cli::Cli::parse()).unwrap_or_else(|error| {
        terminal::complain(&error);
        exit::Exit::Failure
    });
    exit.into()
}
