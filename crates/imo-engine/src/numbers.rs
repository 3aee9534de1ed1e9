//! Counts of a header as sizes in memory, and back.

/// A count of the header as a size in memory.
pub(crate) fn size(count: u32) -> usize {
    usize::try_from(count).expect("a 64-bit machine")
}

/// A position, layer or part as a number in 32 bits, as nodes are counted.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the header bounds every count")
}
