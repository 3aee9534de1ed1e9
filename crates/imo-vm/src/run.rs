//! A run from its first state to its last, and the states in between.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use imo_commit::{Hash, LEAF_LOG2};

use crate::memory::{Loaded, Memory, Segments, TraceBytes};
use crate::state::{STATE_BYTES, State, Status};
use crate::step::{execute, step};
use crate::witness::{Probe, witness};

/// Most snapshots that a run keeps.
const SNAPSHOTS: usize = 64;
/// Most snapshots of the first pass. If there are more, every second one is dropped.
const TAKEN: usize = 32;
/// Steps from one snapshot to the next in a short run; a power of two.
const LEAST_STRIDE: u64 = 1 << 20;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It asked to exit.
    Halted {
        /// The exit code.
        code: u32,
    },
    /// It did something that is not allowed.
    Fault {
        /// Address of the instruction that faulted.
        pc: u32,
    },
    /// It was still running at the step cap.
    OutOfSteps,
}

/// A moment of a run.
#[derive(Clone, Debug)]
struct Snapshot {
    step: u64,
    state: State,
    memory: Memory,
}

/// A change of memory that no instruction made, to play a faulty or dishonest machine.
#[derive(Clone, Debug)]
struct Glitch {
    after_step: u64,
    address: usize,
    bytes: Vec<u8>,
}

/// A run that was taken to its end once. Any of its states can be found again: the run continues
/// from the nearest snapshot before it.
///
/// The first pass takes snapshots at multiples of a power of two, where the first dissection cuts
/// the run. A state that was asked for becomes a snapshot too, so each narrower dissection costs a
/// fraction of the one before.
#[derive(Debug)]
pub struct Run<'a, T> {
    segments: Segments<'a, T>,
    steps: u64,
    stopped: Stopped,
    /// By step, ascending; the first is the start, and the last the end.
    snapshots: RefCell<Vec<Snapshot>>,
    glitch: Option<Glitch>,
    work: Cell<u64>,
}

impl<'a, T: TraceBytes> Run<'a, T> {
    /// Runs from `state` over `memory` for at most `cap` steps.
    pub fn new(segments: Segments<'a, T>, state: State, memory: Memory, cap: u64) -> Self {
        let mut end = Snapshot { step: 0, state, memory };
        let mut run = Self {
            segments,
            steps: cap,
            stopped: Stopped::OutOfSteps,
            snapshots: RefCell::default(),
            glitch: None,
            work: Cell::new(0),
        };
        let mut stride = LEAST_STRIDE;
        while end.step < cap && end.state.status == Status::Running {
            // Hashed before the copy is made, so that no copy hashes the same leaves again.
            end.memory.tree();
            let snapshots = run.snapshots.get_mut();
            snapshots.push(end.clone());
            if snapshots.len() > TAKEN {
                stride *= 2;
                snapshots.retain(|snapshot| snapshot.step.is_multiple_of(stride));
            }
            let next = (end.step / stride + 1).saturating_mul(stride);
            run.run_on(&mut end, next.min(cap));
        }
        run.stopped = match end.state.status {
            Status::Running => Stopped::OutOfSteps,
            Status::Halted => Stopped::Halted { code: end.state.register(10) },
            _ => Stopped::Fault { pc: end.state.pc },
        };
        run.steps = end.step;
        run.snapshots.get_mut().push(end);
        run
    }

    /// The same run on a machine that has `bytes` at `address` after step `after_step`, whatever
    /// that step does. The number of steps stays as it was.
    #[must_use]
    pub fn with_glitch(mut self, after_step: u64, address: usize, bytes: Vec<u8>) -> Self {
        self.glitch = Some(Glitch { after_step, address, bytes });
        self.snapshots.get_mut().retain(|snapshot| snapshot.step <= after_step);
        self
    }

    /// Steps until it stopped.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Steps taken so far, including those taken again to find a state.
    pub const fn work(&self) -> u64 {
        self.work.get()
    }

    /// How it stopped.
    pub const fn stopped(&self) -> Stopped {
        self.stopped
    }

    /// The segments that the run reads.
    pub const fn segments(&self) -> &Segments<'a, T> {
        &self.segments
    }

    /// Hashes of the states at these steps, which ascend. After the end the last state is repeated.
    pub fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        steps.iter().map(|step| self.at(*step, Snapshot::hash)).collect()
    }

    /// The state at a step, encoded.
    pub fn state_at(&self, step: u64) -> [u8; STATE_BYTES] {
        self.at(step, |snapshot| {
            let root = snapshot.memory.tree().root();
            snapshot.state.encode(root)
        })
    }

    /// Bytes of memory at the end of the run.
    pub fn output(&self, address: usize, length: usize) -> Vec<u8> {
        self.at(self.steps, |last| last.memory.bytes()[address..address + length].to_vec())
    }

    /// Siblings of the `2^size_log2` bytes at `address`, in memory at the end of the run.
    pub fn open_output(&self, address: usize, size_log2: u8) -> Vec<Hash> {
        self.at(self.steps, |last| {
            last.memory.tree().open(size_log2 - LEAF_LOG2, address >> size_log2)
        })
    }

    /// The witness of step `step`: what the contract needs to take it.
    pub fn witness(&self, step: u64) -> Vec<u8> {
        self.at(step, |snapshot| witness(&self.segments, &snapshot.state, &mut snapshot.memory))
    }

    /// The last step that stored to a 4-byte word that these addresses touch, if any did.
    pub fn last_store(&self, addresses: Range<usize>) -> Option<u64> {
        let words = addresses.start as u64 & !3..addresses.end as u64;
        let mut now = self.nearest(0);
        let mut last = None;
        while now.state.status == Status::Running && now.step < self.steps {
            let probe = Probe::look(&self.segments, &now.state, &now.memory);
            if probe.stored.is_some_and(|access| words.contains(&access.offset)) {
                last = Some(now.step);
            }
            let next = now.step + 1;
            self.run_on(&mut now, next);
        }
        last
    }

    /// Brings a snapshot forward to a step.
    fn advance(&self, snapshot: &mut Snapshot, to: u64) {
        if let Some(glitch) = &self.glitch
            && snapshot.step <= glitch.after_step
            && glitch.after_step < to
        {
            // The change belongs to step `after_step`: the state before that step is still true.
            self.run_on(snapshot, glitch.after_step + 1);
            snapshot.memory.write(glitch.address, &glitch.bytes);
        }
        self.run_on(snapshot, to);
    }

    /// Takes steps until `to` or the end of the run, one straight line of instructions at a time.
    fn run_on(&self, snapshot: &mut Snapshot, to: u64) {
        let machine = *self.segments.machine();
        let mut memories = Loaded { segments: &self.segments, memory: &mut snapshot.memory };
        let mut state = snapshot.state;
        let mut now = snapshot.step;
        while now < to && state.status == Status::Running {
            let line = self.segments.line(state.pc, to - now);
            if line.is_empty() {
                step(&mut state, &machine, &mut memories);
                now += 1;
                continue;
            }
            let fault = line.iter().position(|instruction| {
                execute(&mut state, &machine, &mut memories, *instruction).is_none()
            });
            now += fault.map_or(line.len(), |index| index + 1) as u64;
            if fault.is_some() {
                state.status = Status::Fault;
            }
        }
        self.work.set(self.work.get() + (now - snapshot.step));
        snapshot.state = state;
        snapshot.step = now;
    }

    /// Calls `look` with the state at a step, which becomes a snapshot.
    fn at<R>(&self, step: u64, look: impl FnOnce(&mut Snapshot) -> R) -> R {
        let step = step.min(self.steps);
        let mut snapshots = self.snapshots.borrow_mut();
        let place = snapshots.partition_point(|snapshot| snapshot.step < step);
        if snapshots.get(place).is_none_or(|snapshot| snapshot.step != step) {
            let mut snapshot = snapshots[place - 1].clone();
            self.advance(&mut snapshot, step);
            snapshot.step = step;
            snapshots.insert(place, snapshot);
            if snapshots.len() > SNAPSHOTS {
                // A dissection narrows, so the states that are asked for next lie near this one.
                let farthest = if place > SNAPSHOTS / 2 { 1 } else { snapshots.len() - 2 };
                snapshots.remove(farthest);
            }
        }
        let place = snapshots.partition_point(|snapshot| snapshot.step < step);
        look(&mut snapshots[place])
    }

    fn nearest(&self, step: u64) -> Snapshot {
        let snapshots = self.snapshots.borrow();
        let after = snapshots.partition_point(|snapshot| snapshot.step <= step);
        snapshots[after - 1].clone()
    }
}

impl Snapshot {
    fn hash(&mut self) -> Hash {
        self.state.hash(self.memory.tree().root())
    }
}
