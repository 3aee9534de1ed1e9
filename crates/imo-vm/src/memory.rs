//! The contents of the segments.

use std::cell::OnceCell;

use imo_commit::{DenseTree, Hash, LEAF_LOG2, MemoryTree, dense_root, zero_root};

use crate::decode::{Instruction, decode};
use crate::machine::{Machine, Region, Roots};
use crate::step::{Access, Memories};

/// The slots of a trace, as a run reads them and as a witness opens them.
pub trait TraceBytes {
    /// Contents of a node's slot. Zeros at the end may be left out.
    fn slot(&self, node: u64) -> &[u8];
    /// Root of the subtree `levels` above the slots; `index` counts the subtrees of that height.
    fn subtree(&self, levels: u8, index: u64) -> Hash;
}

/// A trace with nothing in it, for programs that read none.
#[derive(Clone, Copy, Debug)]
pub struct EmptyTrace {
    /// Bytes of a slot, as a power of two.
    pub slot_log2: u8,
}

impl TraceBytes for EmptyTrace {
    fn slot(&self, _node: u64) -> &[u8] {
        &[]
    }

    fn subtree(&self, levels: u8, _index: u64) -> Hash {
        zero_root(self.slot_log2 - LEAF_LOG2 + levels)
    }
}

/// The segments that do not change.
#[derive(Clone, Debug)]
pub struct Segments<'a, T> {
    machine: Machine,
    code: &'a [u8],
    instructions: Vec<Instruction>,
    /// For each instruction, the length of its line: up to and including the next one that may jump
    /// or halt.
    lines: Vec<u32>,
    input: &'a [u8],
    model: (&'a [u8], Option<&'a DenseTree>),
    trace: &'a T,
    slot_log2: u8,
    /// Tree over the input, made at the first opening.
    input_tree: OnceCell<DenseTree>,
}

impl<'a, T: TraceBytes> Segments<'a, T> {
    /// Puts the segments of a machine together.
    ///
    /// `model` is the image with its tree, which takes too long to make for each run. Without the
    /// tree, each witness of a model access makes it anew.
    ///
    /// # Panics
    /// If some bytes do not fit the machine's depths.
    pub fn new(
        machine: Machine,
        code: &'a [u8],
        input: &'a [u8],
        model: (&'a [u8], Option<&'a DenseTree>),
        (trace, slot_log2): (&'a T, u8),
    ) -> Self {
        assert!(code.len() as u64 <= machine.code_size(), "{} bytes of code", code.len());
        let words = usize::try_from(machine.code_size() / 4).expect("at most 2^22 words");
        let word = |bytes: &[u8]| {
            let mut word = [0; 4];
            word[..bytes.len()].copy_from_slice(bytes);
            decode(u32::from_le_bytes(word))
        };
        let mut instructions: Vec<Instruction> = code.chunks(4).map(word).collect();
        instructions.resize(words, decode(0));
        let lines = lines(&instructions);
        Self {
            machine,
            code,
            instructions,
            lines,
            input,
            model,
            trace,
            slot_log2,
            input_tree: OnceCell::new(),
        }
    }

    /// The machine: where the segments lie.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Bytes of the code.
    pub const fn code(&self) -> &'a [u8] {
        self.code
    }

    /// Roots of the segments.
    pub fn roots(&self) -> Roots {
        let (model, tree) = self.model;
        Roots {
            code: dense_root(self.code, self.machine.code_depth),
            model: tree
                .map_or_else(|| dense_root(model, self.machine.model_depth), DenseTree::root),
            input: self.input_tree().root(),
            trace: self.trace.subtree(self.machine.trace_depth + LEAF_LOG2 - self.slot_log2, 0),
        }
    }

    fn input_tree(&self) -> &DenseTree {
        self.input_tree.get_or_init(|| DenseTree::new(self.input, self.machine.input_depth))
    }

    /// A leaf of the input, the model or the trace, with its siblings, bottom-up.
    pub(crate) fn open(&self, region: Region, leaf: u64) -> ([u8; 128], Vec<Hash>) {
        match region {
            Region::Input => open_dense(self.input, self.input_tree(), leaf),
            Region::Model => match self.model {
                (bytes, Some(tree)) => open_dense(bytes, tree, leaf),
                (bytes, None) => {
                    open_dense(bytes, &DenseTree::new(bytes, self.machine.model_depth), leaf)
                }
            },
            Region::Trace => self.open_trace(leaf),
            Region::Memory => unreachable!("memory changes and has its own tree"),
            Region::Code => unreachable!("the code is public"),
        }
    }

    fn open_trace(&self, leaf: u64) -> ([u8; 128], Vec<Hash>) {
        let leaves_log2 = self.slot_log2 - LEAF_LOG2;
        let (node, within) = (leaf >> leaves_log2, leaf & ((1 << leaves_log2) - 1));
        let slot = self.trace.slot(node);
        let (bytes, mut siblings) = open_dense(slot, &DenseTree::new(slot, leaves_log2), within);
        for levels in 0..self.machine.trace_depth - leaves_log2 {
            siblings.push(self.trace.subtree(levels, (node >> levels) ^ 1));
        }
        (bytes, siblings)
    }

    #[inline(always)]
    pub(crate) fn fetch(&self, offset: u32) -> Instruction {
        self.instructions[(offset / 4) as usize]
    }

    /// At most `limit` instructions from `pc` on. Only the last of them may jump or halt. Empty
    /// where nothing can be fetched.
    #[inline(always)]
    pub(crate) fn line(&self, pc: u32, limit: u64) -> &[Instruction] {
        let Some(offset) = self.machine.fetch(pc) else { return &[] };
        let first = (offset / 4) as usize;
        let line = &self.instructions[first..][..self.lines[first] as usize];
        usize::try_from(limit).map_or(line, |limit| &line[..line.len().min(limit)])
    }

    /// What a load from these segments or from `memory` reads.
    #[inline(always)]
    pub(crate) fn load(&self, memory: &Memory, access: Access) -> u32 {
        match access.region {
            Region::Memory => read(&memory.bytes, access.offset, access.size),
            Region::Model => read(self.model.0, access.offset, access.size),
            Region::Trace => {
                let slot = self.trace.slot(access.offset >> self.slot_log2);
                read(slot, access.offset & ((1 << self.slot_log2) - 1), access.size)
            }
            Region::Code => read(self.code, access.offset, access.size),
            Region::Input => read(self.input, access.offset, access.size),
        }
    }
}

/// For each instruction, the length of the straight line that begins there.
fn lines(instructions: &[Instruction]) -> Vec<u32> {
    let mut length = 0;
    let from_the_end = instructions.iter().rev().map(|instruction| {
        length = if instruction.operation.leads_on() { length + 1 } else { 1 };
        length
    });
    let mut lines: Vec<u32> = from_the_end.collect();
    lines.reverse();
    lines
}

fn open_dense(bytes: &[u8], tree: &DenseTree, leaf: u64) -> ([u8; 128], Vec<Hash>) {
    let mut contents = [0; 128];
    let start = usize::try_from(leaf << LEAF_LOG2).unwrap_or(usize::MAX).min(bytes.len());
    let there = &bytes[start..bytes.len().min(start + 128)];
    contents[..there.len()].copy_from_slice(there);
    (contents, tree.open(bytes, leaf))
}

/// Little-endian bytes at an offset; past the end they are zero.
#[inline]
pub(crate) fn read(bytes: &[u8], offset: u64, size: u32) -> u32 {
    let Ok(offset) = usize::try_from(offset) else { return 0 };
    if let Some(word) = bytes.get(offset..).and_then(<[u8]>::first_chunk::<4>) {
        return u32::from_le_bytes(*word) & mask(size);
    }
    let there = bytes.get(offset..).unwrap_or_default();
    let mut word = [0; 4];
    word[..there.len()].copy_from_slice(there);
    u32::from_le_bytes(word) & mask(size)
}

const fn mask(size: u32) -> u32 {
    match size {
        1 => 0xff,
        2 => 0xffff,
        _ => u32::MAX,
    }
}

/// Read-write memory, with a tree that is brought up to date when asked for. A copy takes time for
/// the leaves that were ever written.
#[derive(Debug)]
pub struct Memory {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    /// Leaves that are marked as written.
    written: Vec<usize>,
    /// Leaves that are marked as dirty.
    dirty: Vec<usize>,
    tree: MemoryTree,
}

/// What happened to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// It was never written and is zero.
    Untouched,
    /// It was written, and the tree is up to date.
    Written,
    /// It was written, and the tree has yet to hash it.
    Dirty,
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let mut bytes = vec![0; self.bytes.len()];
        let mut marks = vec![Mark::Untouched; self.marks.len()];
        for leaf in &self.written {
            let range = leaf << LEAF_LOG2..(leaf + 1) << LEAF_LOG2;
            bytes[range.clone()].copy_from_slice(&self.bytes[range]);
            marks[*leaf] = self.marks[*leaf];
        }
        let (written, dirty, tree) = (self.written.clone(), self.dirty.clone(), self.tree.clone());
        Self { bytes, marks, written, dirty, tree }
    }
}

impl Memory {
    /// A memory of zeros.
    pub fn new(depth: u8) -> Self {
        Self {
            bytes: vec![0; 128 << depth],
            marks: vec![Mark::Untouched; 1 << depth],
            written: Vec::new(),
            dirty: Vec::new(),
            tree: MemoryTree::new(depth),
        }
    }

    /// All bytes of the memory.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes bytes at an address.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn write(&mut self, address: usize, bytes: &[u8]) {
        self.bytes[address..address + bytes.len()].copy_from_slice(bytes);
        for leaf in address >> LEAF_LOG2..(address + bytes.len()).div_ceil(128) {
            self.touch(leaf);
        }
    }

    /// The tree, in which what changed since the last call is hashed first.
    pub fn tree(&mut self) -> &MemoryTree {
        for leaf in &self.dirty {
            self.marks[*leaf] = Mark::Written;
        }
        if !self.dirty.is_empty() {
            self.tree.update(&self.bytes, self.dirty.drain(..));
        }
        &self.tree
    }

    /// A leaf with its siblings, bottom-up.
    pub(crate) fn open(&mut self, leaf: u64) -> ([u8; 128], Vec<Hash>) {
        let leaf = usize::try_from(leaf).expect("memory is at most 1 GiB");
        let contents = self.bytes[leaf << LEAF_LOG2..].first_chunk().expect("a whole leaf");
        (*contents, self.tree().open(0, leaf))
    }

    #[inline]
    fn touch(&mut self, leaf: usize) {
        if self.marks[leaf] != Mark::Dirty {
            self.mark(leaf);
        }
    }

    #[cold]
    fn mark(&mut self, leaf: usize) {
        if self.marks[leaf] == Mark::Untouched {
            self.written.push(leaf);
        }
        self.marks[leaf] = Mark::Dirty;
        self.dirty.push(leaf);
    }

    #[inline]
    fn store(&mut self, offset: u64, size: u32, value: u32) {
        let at = usize::try_from(offset).expect("memory is at most 1 GiB");
        match size {
            1 => self.bytes[at] = value.to_le_bytes()[0],
            2 => self.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes()[..2]),
            _ => self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes()),
        }
        self.touch(at >> LEAF_LOG2);
    }
}

/// Segments and memory together: what the fast run steps over.
pub(crate) struct Loaded<'a, 's, T> {
    pub(crate) segments: &'s Segments<'a, T>,
    pub(crate) memory: &'s mut Memory,
}

impl<T: TraceBytes> Memories for Loaded<'_, '_, T> {
    #[inline(always)]
    fn fetch(&mut self, offset: u32) -> Instruction {
        self.segments.fetch(offset)
    }

    #[inline(always)]
    fn load(&mut self, access: Access) -> u32 {
        self.segments.load(self.memory, access)
    }

    #[inline(always)]
    fn store(&mut self, access: Access, value: u32) {
        self.memory.store(access.offset, access.size, value);
    }
}
