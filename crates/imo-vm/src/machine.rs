//! The fixed context of a run: where each segment lies and how large it is.

use imo_commit::{Hash, LEAF_BYTES};

use crate::map::{INPUT_BASE, MODEL_BASE, TRACE_BASE};

/// Where the segments lie, without their contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// First address of the code; a multiple of 128.
    pub code_base: u32,
    /// Depth of the code's tree, at most 17.
    pub code_depth: u8,
    /// Depth of memory's tree, at most 23.
    pub memory_depth: u8,
    /// Depth of the input's tree, at most 22.
    pub input_depth: u8,
    /// Depth of the model's tree, at most 40.
    pub model_depth: u8,
    /// Depth of the trace's tree, at most 48.
    pub trace_depth: u8,
    /// Bytes of the trace that may be read: node · slot size.
    pub trace_limit: u64,
}

/// Roots of the segments that do not change during a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// Root of the code.
    pub code: Hash,
    /// Root of the packed model.
    pub model: Hash,
    /// Root of the input.
    pub input: Hash,
    /// Root of the trace, as claimed.
    pub trace: Hash,
}

/// A segment, as the target of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Read-write memory.
    Memory,
    /// The program.
    Code,
    /// The request.
    Input,
    /// The packed model.
    Model,
    /// The slots before the node's own.
    Trace,
}

impl Machine {
    /// Bytes of memory.
    pub const fn memory_size(&self) -> u64 {
        segment_size(self.memory_depth)
    }

    /// Bytes of code.
    pub const fn code_size(&self) -> u64 {
        segment_size(self.code_depth)
    }

    /// Depth of a segment's tree.
    pub const fn depth(&self, region: Region) -> u8 {
        match region {
            Region::Memory => self.memory_depth,
            Region::Code => self.code_depth,
            Region::Input => self.input_depth,
            Region::Model => self.model_depth,
            Region::Trace => self.trace_depth,
        }
    }

    /// The offset in the code of the instruction at this address; `None` where there is none.
    #[inline]
    pub const fn fetch(&self, pc: u32) -> Option<u32> {
        let offset = pc.wrapping_sub(self.code_base);
        if pc & 3 == 0 && pc >= self.code_base && (offset as u64) < self.code_size() {
            Some(offset)
        } else {
            None
        }
    }

    /// The segment and the offset in it that a load of `size` bytes (1, 2 or 4) at this address
    /// reads. `None` is a fault.
    #[inline(always)]
    pub fn load(
        &self,
        address: u32,
        size: u32,
        model_window: u64,
        trace_window: u64,
    ) -> Option<(Region, u64)> {
        if address & (size - 1) != 0 {
            return None;
        }
        if u64::from(address) < self.memory_size() {
            return Some((Region::Memory, u64::from(address)));
        }
        let in_code = address.wrapping_sub(self.code_base);
        if address >= self.code_base && u64::from(in_code) < self.code_size() {
            return Some((Region::Code, u64::from(in_code)));
        }
        if address >= TRACE_BASE {
            let offset = trace_window.checked_add(u64::from(address - TRACE_BASE))?;
            let end = offset.checked_add(u64::from(size))?;
            return (end <= self.trace_limit).then_some((Region::Trace, offset));
        }
        if address >= MODEL_BASE {
            let offset = model_window.checked_add(u64::from(address - MODEL_BASE))?;
            let end = offset.checked_add(u64::from(size))?;
            return (end <= segment_size(self.model_depth)).then_some((Region::Model, offset));
        }
        let in_input = u64::from(address.checked_sub(INPUT_BASE)?);
        (in_input < segment_size(self.input_depth)).then_some((Region::Input, in_input))
    }

    /// The offset in memory that a store of `size` bytes writes. `None` is a fault.
    #[inline]
    pub const fn store(&self, address: u32, size: u32) -> Option<u64> {
        if address & (size - 1) == 0 && (address as u64) < self.memory_size() {
            Some(address as u64)
        } else {
            None
        }
    }
}

/// Bytes of a segment of at most depth 48. The shift wraps, so that the innermost loop checks
/// nothing.
const fn segment_size(depth: u8) -> u64 {
    (LEAF_BYTES as u64).wrapping_shl(depth as u32)
}
