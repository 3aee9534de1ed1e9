//! A run of the machine, as a player of a game presents it.

use imo_commit::Hash;
use imo_vm::{Run, TraceBytes};

/// A run of the machine, honest or not, as a player presents it.
#[derive(Debug)]
pub struct PlayerRun<'a, T> {
    run: Run<'a, T>,
    output: (usize, u8),
    stated_log2: Option<u32>,
}

impl<'a, T: TraceBytes> PlayerRun<'a, T> {
    /// A run that leaves a slot of `2^slot_log2` bytes at `address`.
    pub const fn new(run: Run<'a, T>, address: usize, slot_log2: u8) -> Self {
        Self { run, output: (address, slot_log2), stated_log2: None }
    }

    /// States at least this many steps, as a power of two. A halted machine never changes again, so
    /// any number above the true one is also true.
    #[must_use]
    pub const fn stating(mut self, steps_log2: Option<u32>) -> Self {
        self.stated_log2 = steps_log2;
        self
    }

    /// Lies: the run ends with the claimed slot. The machine goes wrong right after the last true
    /// store to the bytes that differ.
    #[must_use]
    pub fn claiming(mut self, claimed: &[u8]) -> Self {
        let (address, _) = self.output;
        let true_slot = self.run.output(address, claimed.len());
        let differs = |at: &usize| true_slot[*at] != claimed[*at];
        let Some(first) = (0..claimed.len()).find(differs) else { return self };
        let end = (first..claimed.len()).rfind(differs).unwrap_or(first) + 1;
        let last = self.run.last_store(address + first..address + end);
        let last = last.unwrap_or(self.run.steps() - 1);
        self.run = self.run.with_glitch(last, address + first, claimed[first..end].to_vec());
        self
    }

    /// The honest run.
    pub const fn inner(&self) -> &Run<'a, T> {
        &self.run
    }
}

impl<T: TraceBytes> imo_dispute::Run for PlayerRun<'_, T> {
    fn steps(&self) -> u64 {
        self.run.steps().max(self.stated_log2.map_or(0, |log2| 1 << log2))
    }

    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        self.run.state_hashes(steps)
    }

    fn final_state(&self) -> (Vec<u8>, Vec<Hash>) {
        let (address, slot_log2) = self.output;
        (self.run.state_at(self.run.steps()).to_vec(), self.run.open_output(address, slot_log2))
    }

    fn witness(&self, step: u64) -> Vec<u8> {
        self.run.witness(step)
    }
}
