//! The machine of a guest: where it leaves its slot, and how it ends.
//!
//! `memory.ld` lays the binary out by the same numbers.

pub use imo_vm::map::WINDOW_BYTES;

/// Address of the slot that a node leaves.
pub const OUTPUT_ADDRESS: u32 = 0;
/// Bytes of the largest slot, as a power of two.
pub const SLOT_LOG2: u8 = 16;
/// Exit code of a node that panicked. A node that left its slot exits with 0.
pub const PANICKED: u32 = 101;
