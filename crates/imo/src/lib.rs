//! The `imo` binary: makers pack and launch models with it, holders look after their revenue,
//! customers ask, operators and challengers run nodes, and anybody verifies an answer or looks into
//! a dispute.
//!
//! Each command is a module that reads its arguments, calls the rooms below, and prints what
//! happened. `demo` uses all of them to tell the whole story on a local chain. Anything that
//! another crate could use belongs in those rooms: this one has only arguments, words and files.
//!
//! **Invariant:** this is the only crate that composes all the others, and `terminal` is its only
//! module that prints.

use std::process::ExitCode;

use clap::Parser;

mod amount;
pub mod anvil;
mod ask;
pub mod auction;
mod bench;
mod cli;
mod demo;
mod deploy;
mod dispute;
pub mod evm;
mod exit;
mod keys;
mod launch;
mod model;
mod node;
mod outage;
mod registered;
mod revenue;
mod run;
mod sampling;
mod terminal;
mod threads;
mod verify;
mod vm;

/// The whole program: reads the arguments, carries out the command, and returns the exit code.
pub fn main() -> ExitCode {
    let exit = cli::run(cli::Cli::parse()).unwrap_or_else(|error| {
        terminal::complain(&error);
        exit::Exit::Failure
    });
    exit.into()
}
