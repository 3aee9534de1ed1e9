//! The three memories that a node reads.

/// Read-only memories, each seen through a window. A slice is valid until the next call.
pub trait Memories {
    /// Bytes of the packed model.
    fn model(&mut self, offset: u64, length: usize) -> &[u8];
    /// The whole slot of a node.
    fn slot(&mut self, node: u32) -> &[u8];
    /// 16-bit integers of a node's slot, from byte `at` on, which is even.
    fn slot_shorts(&mut self, node: u32, at: usize, count: usize) -> &[i16];
    /// The whole input memory, which holds the request.
    fn input(&mut self) -> &[u8];
}
