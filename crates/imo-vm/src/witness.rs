//! The witness of one step, and the step taken from nothing but a witness.

use imo_commit::{Hash, LEAF_BYTES, LEAF_LOG2, hash_leaf, root_from_opening};

use crate::decode::{Instruction, decode};
use crate::machine::{Machine, Region, Roots};
use crate::memory::{Loaded, Memory, Segments, TraceBytes, read};
use crate::state::{STATE_BYTES, State};
use crate::step::{Access, Memories, step};

/// A step that is only tried: its loads are carried out, its stores are dropped, and both are kept
/// as accesses.
pub(crate) struct Probe<'a, 's, T> {
    segments: &'s Segments<'a, T>,
    memory: &'s Memory,
    pub(crate) loaded: Option<Access>,
    pub(crate) stored: Option<Access>,
}

impl<'a, 's, T: TraceBytes> Probe<'a, 's, T> {
    /// Tries the step from `state`.
    pub(crate) fn look(segments: &'s Segments<'a, T>, state: &State, memory: &'s Memory) -> Self {
        let mut probe = Self { segments, memory, loaded: None, stored: None };
        step(&mut state.clone(), segments.machine(), &mut probe);
        probe
    }
}

impl<T: TraceBytes> Memories for Probe<'_, '_, T> {
    fn fetch(&mut self, offset: u32) -> Instruction {
        self.segments.fetch(offset)
    }

    fn load(&mut self, access: Access) -> u32 {
        self.loaded = Some(access);
        self.segments.load(self.memory, access)
    }

    fn store(&mut self, access: Access, _value: u32) {
        self.stored = Some(access);
    }
}

/// The witness of the step from `state` over `memory`: all that the contract needs to take it.
pub fn witness<T: TraceBytes>(
    segments: &Segments<'_, T>,
    state: &State,
    memory: &mut Memory,
) -> Vec<u8> {
    let Probe { loaded, stored, .. } = Probe::look(segments, state, memory);
    let mut bytes = state.encode(memory.tree().root()).to_vec();
    if let Some(access) = loaded.or(stored) {
        let leaf = access.offset >> LEAF_LOG2;
        let (contents, siblings) = match access.region {
            // The contract has the code.
            Region::Code => return bytes,
            Region::Memory => memory.open(leaf),
            region => segments.open(region, leaf),
        };
        bytes.extend(contents);
        bytes.extend(siblings.as_flattened());
    }
    bytes
}

/// A run that makes the witness of every step it takes.
#[derive(Debug)]
pub struct WitnessRun<'a, 's, T> {
    segments: &'s Segments<'a, T>,
    state: State,
    memory: Memory,
}

impl<'a, 's, T: TraceBytes> WitnessRun<'a, 's, T> {
    /// Begins at `state`, with this memory.
    pub const fn new(segments: &'s Segments<'a, T>, state: State, memory: Memory) -> Self {
        Self { segments, state, memory }
    }

    /// The current state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The hash of the current state.
    pub fn hash(&mut self) -> Hash {
        self.state.hash(self.memory.tree().root())
    }

    /// Takes a step and returns its witness.
    pub fn step(&mut self) -> Vec<u8> {
        let witness = witness(self.segments, &self.state, &mut self.memory);
        let mut memories = Loaded { segments: self.segments, memory: &mut self.memory };
        step(&mut self.state, self.segments.machine(), &mut memories);
        witness
    }
}

/// Why a witness proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWitness {
    /// It is too short or too long.
    #[error("the witness has {actual} bytes where {expected} are needed")]
    Length {
        /// Bytes that the step needs.
        expected: usize,
        /// Bytes that the witness has.
        actual: usize,
    },
    /// An opening does not lead to the root of its segment.
    #[error("the opening does not lead to the root of {region:?}")]
    Root {
        /// The segment.
        region: Region,
    },
}

/// Takes one step from the code and a witness alone, as the contract does. Returns the hashes of
/// the state before and after.
pub fn check(
    machine: &Machine,
    roots: &Roots,
    code: &[u8],
    witness: &[u8],
) -> Result<(Hash, Hash), BadWitness> {
    let short = BadWitness::Length { expected: STATE_BYTES, actual: witness.len() };
    let (state_bytes, rest) = witness.split_at_checked(STATE_BYTES).ok_or(short)?;
    let (before, root) = State::decode(state_bytes).expect("the length is right");
    let mut proven = Proven { machine, roots, code, root, witness, rest, wrong: None };
    let mut after = before;
    step(&mut after, machine, &mut proven);
    if let Some(wrong) = proven.wrong {
        return Err(wrong);
    }
    if !proven.rest.is_empty() {
        let expected = witness.len() - proven.rest.len();
        return Err(BadWitness::Length { expected, actual: witness.len() });
    }
    Ok((before.hash(root), after.hash(proven.root)))
}

/// Memories of which only the code and the opened leaves are known.
struct Proven<'a> {
    machine: &'a Machine,
    roots: &'a Roots,
    code: &'a [u8],
    root: Hash,
    witness: &'a [u8],
    rest: &'a [u8],
    wrong: Option<BadWitness>,
}

impl Proven<'_> {
    /// Takes the next leaf and its siblings off the witness, and checks them against the root of
    /// the segment.
    fn open(&mut self, region: Region, leaf: u64) -> ([u8; LEAF_BYTES], Vec<Hash>) {
        let depth = usize::from(self.machine.depth(region));
        let size = LEAF_BYTES + 32 * depth;
        let Some((taken, rest)) = self.rest.split_at_checked(size) else {
            let taken = self.witness.len() - self.rest.len();
            let wrong = BadWitness::Length { expected: taken + size, actual: self.witness.len() };
            self.wrong.get_or_insert(wrong);
            return ([0; LEAF_BYTES], vec![[0; 32]; depth]);
        };
        self.rest = rest;
        let (contents, siblings) = taken.split_first_chunk().expect("a leaf comes first");
        let siblings = siblings.as_chunks().0.to_vec();
        let expected = match region {
            Region::Memory => self.root,
            Region::Code => self.roots.code,
            Region::Input => self.roots.input,
            Region::Model => self.roots.model,
            Region::Trace => self.roots.trace,
        };
        if root_from_opening(hash_leaf(contents), leaf, &siblings) != expected {
            self.wrong.get_or_insert(BadWitness::Root { region });
        }
        (*contents, siblings)
    }
}

impl Memories for Proven<'_> {
    fn fetch(&mut self, offset: u32) -> Instruction {
        decode(read(self.code, offset.into(), 4))
    }

    fn load(&mut self, access: Access) -> u32 {
        let Access { region, offset, size } = access;
        if region == Region::Code {
            return read(self.code, offset, size);
        }
        let (leaf, _) = self.open(region, offset >> LEAF_LOG2);
        read(&leaf, offset % LEAF_BYTES as u64, size)
    }

    fn store(&mut self, access: Access, value: u32) {
        let index = access.offset >> LEAF_LOG2;
        let (mut leaf, siblings) = self.open(Region::Memory, index);
        let at = within(access.offset);
        let size = access.size as usize;
        leaf[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        self.root = root_from_opening(hash_leaf(&leaf), index, &siblings);
    }
}

fn within(offset: u64) -> usize {
    usize::try_from(offset % LEAF_BYTES as u64).expect("below 128")
}
