//! The three memories that a node reads.

/// Read-only memories, each seen through a window: a slice is good until the next call.
pub trait Memories {
    /// Bytes of the packed model.
    fn model(&mut self, offset: u64, length: usize) -> &[u8];
    /// A node's slot; all of it.
    fn slot(&mut self, node: u32) -> &[u8];
    /// 16-bit integers of a node's slot, from an even byte on.
    fn slot_shorts(&mut self, node: u32, at: usize, count: usize) -> &[i16];
    /// The request's input memory; all of it.
    fn input(&mut self) -> &[u8];
}
