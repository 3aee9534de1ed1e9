//! The exit code of the process.

use std::process;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as it should be.
    Success,
    /// The command failed, or found something wrong; its output says what.
    Failure,
}

impl From<Exit> for process::ExitCode {
    fn from(exit: Exit) -> Self {
        // Clap exits with 2 for wrong arguments.
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
        })
    }
}
