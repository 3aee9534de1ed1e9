//! Lives through times in which the chain's node does not answer.

use std::time::{Duration, Instant};

use imo_chain::ChainError;

use crate::terminal::Terminal;

/// Shortest time between two notes.
const NOTES: Duration = Duration::from_secs(30);

/// What a command that waits does about trouble: it says so now and then, and goes on.
#[derive(Debug)]
pub(crate) struct Outage {
    terminal: Terminal,
    told: Option<Instant>,
}

impl Outage {
    pub(crate) const fn new(terminal: Terminal) -> Self {
        Self { terminal, told: None }
    }

    /// What came of looking at the chain. None if the chain's node is in trouble: look again later.
    pub(crate) fn survive<T>(
        &mut self,
        looked: Result<T, ChainError>,
    ) -> Result<Option<T>, ChainError> {
        match looked {
            Ok(found) => {
                if self.told.take().is_some() {
                    self.terminal.note("the Ethereum node answers again");
                }
                Ok(Some(found))
            }
            Err(error) if error.is_trouble() => {
                if self.told.is_none_or(|at| at.elapsed() > NOTES) {
                    self.terminal.note(format!("waiting: {error}"));
                    self.told = Some(Instant::now());
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
