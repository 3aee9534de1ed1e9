//! What the process's exit code says.

use std::process;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was as it should be.
    Success,
    /// The command could not do its work; the message says why.
    Failure,
}

impl From<Exit> for process::ExitCode {
    fn from(exit: Exit) -> Self {
        // 2 is clap's, for wrong arguments.
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
        })
    }
}
