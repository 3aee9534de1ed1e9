//! What the players need to know about a guest program.

use std::ops::Range;

use imo_engine::Means;
use imo_guest::Request;
use imo_model::ModelImage;
use imo_trace::Fault;
use imo_vm::Elf;

use crate::error::PlayerError;
use crate::solution::Solution;
use crate::source::{self, Place};

/// A guest program: one row of the table of programs. Everything that tells one program from
/// another stands here, as a value or as a function of the image.
#[derive(Debug)]
pub struct Guest {
    /// The program's number in the header of an image.
    pub number: u32,
    /// The program's name, for people.
    pub name: &'static str,
    /// The executable, as `programs/build.sh` built it.
    pub(crate) elf: &'static [u8],
    /// The source lines of its instructions, as `programs/build.sh` wrote them.
    pub(crate) lines: &'static str,
    /// Depth of the tree over its memory.
    pub(crate) memory_depth: u8,
    /// Depth of the tree over its input, which has room for a header and the longest one.
    pub(crate) input_depth: u8,
    /// Most steps of a node, as a power of two.
    pub(crate) steps_log2: u8,
    /// The address in memory where a node leaves its slot.
    pub(crate) output_address: u32,
    /// Most bytes of a request's input, as the guest limits it.
    pub input_limit: u32,
    /// Most bytes of an answer, as the guest limits it.
    pub output_limit: u32,
    /// The smallest trace for an image. None if even the largest is too small.
    pub(crate) trace: fn(&ModelImage) -> Option<TraceSize>,
    /// The most steps that any node of an image can take. Not a tight bound.
    pub(crate) most_steps: fn(&ModelImage) -> u64,
    /// Answers a request with the fast engine, and keeps every slot.
    pub(crate) solve: Solve,
    /// The bytes of slot 0 that hold the claimant. Nothing else in a trace depends on who claims.
    pub(crate) claimant: Range<usize>,
    /// What a node of the trace computes, for a model.
    pub(crate) kind: fn(&ModelImage, u32) -> NodeKind,
}

/// Answers a request with an engine and keeps every slot. A fault makes it wrong on purpose.
pub(crate) type Solve =
    fn(&ModelImage, &Request<Vec<u8>>, Option<Fault>, Means) -> Result<Solution, PlayerError>;

/// The size of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceSize {
    /// Number of nodes, as a power of two.
    pub nodes_log2: u8,
    /// Bytes of a slot, as a power of two.
    pub slot_log2: u8,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeKind {
    /// The kind of node. Nodes with the same name run the same code.
    pub name: &'static str,
    /// The kind and the place of the node, for people.
    pub words: String,
}

impl Guest {
    /// The executable, parsed.
    ///
    /// # Panics
    /// Never: the executable is part of this binary and was tested with it.
    pub fn executable(&self) -> Elf {
        Elf::parse(self.elf, self.memory_depth).expect("the guest is an executable")
    }

    /// The source line of the instruction at `pc`. None before the first known line.
    pub fn place(&self, pc: u32) -> Option<Place> {
        source::place(self.lines, pc)
    }
}
