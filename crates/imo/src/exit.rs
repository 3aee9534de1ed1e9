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
