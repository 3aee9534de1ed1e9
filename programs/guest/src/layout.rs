//! The machine of a guest: how large its memories are and where it leaves its slot.
//!
//! `memory.ld` lays the binary out by the same numbers.

pub use imo_vm::map::WINDOW_BYTES;

/// Depth of the working memory's tree: 4 MiB in leaves of 128 bytes.
pub const MEMORY_DEPTH: u8 = 15;
/// Address of the slot that a node leaves.
pub const OUTPUT_ADDRESS: u32 = 0;
/// Bytes of the largest slot, as a power of two.
pub const SLOT_LOG2: u8 = 16;
/// Exit code of a node that panicked. A node that left its slot exits with 0.
pub const PANICKED: u32 = 101;
