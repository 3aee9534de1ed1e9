//! The exit code of the process.

use std::process;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as it should be.
    Success,
    /// The command failed, or found something wrong; its output says what.
    Failure,
    /// The arguments make no sense.
    WrongArguments,
    /// Nobody read the output any more.
    ClosedPipe,
}

/// Why arguments make no sense, where this depends on more than the arguments.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misused(pub(crate) &'static str);

impl From<Exit> for process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::WrongArguments => 2,
            // What a shell reports for a program that SIGPIPE ended: 128 + 13.
            Exit::ClosedPipe => 141,
        })
    }
}
