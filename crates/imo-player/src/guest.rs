//! What a guest program is to those who run it.

use imo_engine::Means;
use imo_model::ModelImage;
use imo_text::layout::Request;
use imo_trace::Fault;
use imo_vm::Elf;

use crate::error::PlayerError;
use crate::solution::Solution;
use crate::source::{self, Place};

/// A guest program: a row of the table of programs. All that tells one program from another stands
/// here, as a value or as a function of the image.
#[derive(Debug)]
pub struct Guest {
    /// Its number in the header of an image.
    pub number: u32,
    /// Its name, for people.
    pub name: &'static str,
    /// Its executable, as `programs/build.sh` built it.
    pub(crate) elf: &'static [u8],
    /// The places in its source, as `programs/build.sh` wrote them.
    pub(crate) lines: &'static str,
    /// Depth of its memory's tree.
    pub(crate) memory_depth: u8,
    /// Depth of its input's tree: room for a header and the longest prompt.
    pub(crate) input_depth: u8,
    /// The most steps of a node, as a power of two.
    pub(crate) steps_log2: u8,
    /// Where in memory a node leaves its slot.
    pub(crate) output_address: u32,
    /// The most bytes of a prompt; the guest's own limit.
    pub(crate) prompt_limit: u32,
    /// The most bytes of an answer; the guest's own limit.
    pub(crate) output_limit: u32,
    /// The smallest trace that holds an image's; none where it would be too large.
    pub(crate) trace: fn(&ModelImage) -> Option<TraceSize>,
    /// Answers a request fast and keeps every slot.
    pub(crate) solve: Solve,
    /// What a node of an image's trace computes.
    pub(crate) kind: fn(&ModelImage, u32) -> NodeKind,
}

/// Answers a request with an engine, perhaps with a deliberate fault, and keeps every slot.
pub(crate) type Solve =
    fn(&ModelImage, &Request<Vec<u8>>, Option<Fault>, Means) -> Result<Solution, PlayerError>;

/// How large a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceSize {
    /// Nodes, as a power of two.
    pub nodes_log2: u8,
    /// Bytes of a slot, as a power of two.
    pub slot_log2: u8,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeKind {
    /// The kind alone: nodes of one name run the same code.
    pub name: &'static str,
    /// The kind and which node of it, for people.
    pub words: String,
}

impl Guest {
    /// Its executable, read.
    ///
    /// # Panics
    /// Never: it is part of this binary and was tested with it.
    pub fn executable(&self) -> Elf {
        Elf::parse(self.elf, self.memory_depth).expect("the guest is an executable")
    }

    /// The place in its source of the instruction at `pc`; none before the first that is known.
    pub fn place(&self, pc: u32) -> Option<Place> {
        source::place(self.lines, pc)
    }

    /// Whether an image needs this program; what else it needs is the error.
    pub(crate) fn require(&self, image: &ModelImage) -> Result<(), PlayerError> {
        let number = image.program_number();
        let wanted = self.name;
        if number == self.number {
            Ok(())
        } else {
            Err(PlayerError::OtherProgram { number, wanted })
        }
    }
}
