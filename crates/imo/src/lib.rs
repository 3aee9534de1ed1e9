//! The `imo` binary: makers pack and launch models with it, holders look after their revenue,
//! customers ask, operators and challengers run nodes, and anybody verifies an answer or looks into
//! a dispute.
//!
//! Each command is a module that reads its arguments, calls the rooms below, and prints what
//! happened. `demo` uses all of them to tell the whole story on a local chain. Anything that
//! another crate could use belongs in those rooms: this one has only arguments, words and files.
//!
//! **Invariant:** this is the only crate that composes all the others, and `terminal` is its only
//! module that prints, but for the line that somebody types in a chat.

use std::panic::{catch_unwind, resume_unwind};
use std::process::ExitCode;

use anyhow::Context;

use crate::exit::{Exit, Misused};
use crate::terminal::{Unwritable, complain};

mod amount;
pub mod anvil;
mod ask;
mod asking;
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
mod terminal;
mod threads;
mod verify;
mod vm;

/// The whole program: reads the arguments, carries out the command, and returns the exit code.
pub fn main() -> ExitCode {
    let ended = catch_unwind(cli::main).unwrap_or_else(|payload| {
        let unwritable =
            *payload.downcast::<Unwritable>().unwrap_or_else(|other| resume_unwind(other));
        if unwritable.is_closed_pipe() {
            return Ok(Exit::ClosedPipe);
        }
        Err(unwritable.0).context("cannot write to standard output")
    });
    let exit = ended.unwrap_or_else(|error| {
        complain(&error);
        if error.is::<Misused>() { Exit::WrongArguments } else { Exit::Failure }
    });
    exit.into()
}
