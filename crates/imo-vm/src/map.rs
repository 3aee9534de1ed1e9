//! What a guest program is written against: where memories begin, and which system calls there are.
//!
//! The machine and the guest programs both take these numbers from here (`docs/spec/vm.md`).

/// First address of the input.
pub const INPUT_BASE: u32 = 0x6000_0000;
/// First address of the window into the model.
pub const MODEL_BASE: u32 = 0x8000_0000;
/// First address of the window into the trace.
pub const TRACE_BASE: u32 = 0xc000_0000;
/// Bytes that a window shows.
pub const WINDOW_BYTES: u64 = 1 << 30;

/// System call *exit*: a0 is the code.
pub const EXIT: u32 = 93;
/// System call *model window*: a0 and a1 are the low and the high half of the window's new offset.
pub const MODEL_WINDOW: u32 = 1024;
/// System call *trace window*: a0 and a1 as for the model window.
pub const TRACE_WINDOW: u32 = 1025;
/// What the offset of a window must be a multiple of, in bytes.
pub const WINDOW_ALIGNMENT: u64 = 128;
