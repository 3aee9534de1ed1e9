//! The guest: where the virtual machine starts, and how it reads its memories.
//!
//! The slot is left at address 0. Everything else in memory is the workspace and the stack.
#![no_std]
#![no_main]
#![expect(
    unsafe_code,
    reason = "start-up, system calls and the machine's memory map are below Rust"
)]

use core::arch::{asm, global_asm};
use core::panic::PanicInfo;
use core::slice;

use imo_text::{Memories, Needs, Workspace, node};

/// Exit code of a panic; a node that is right exits with 0.
const PANICKED: u32 = 101;

const EXIT: u32 = 93;
const MODEL_WINDOW: u32 = 1024;
const TRACE_WINDOW: u32 = 1025;

const INPUT_BASE: usize = 0x6000_0000;
const MODEL_BASE: usize = 0x8000_0000;
const TRACE_BASE: usize = 0xc000_0000;
/// Bytes of the input memory; the program's input depth is 8.
const INPUT_BYTES: usize = 128 << 8;
/// Bytes of a window.
const WINDOW: u64 = 1 << 30;
/// Largest slot, as a power of two.
const SLOT_LOG2: u8 = 16;

// a0 to a2 are the node, the nodes and the bytes of a slot as powers of two; they pass through to `start`.
global_asm!(".section .text.start", ".globl _start", "_start:", "la sp, __stack_top", "call start",);

/// Memory that is not the slot: zero at the start, so it takes no bytes in the program.
struct Pools {
    floats: [f32; Needs::GUEST.floats],
    shorts: [i16; Needs::GUEST.shorts],
    sums: [i32; Needs::GUEST.sums],
    totals: [i64; Needs::GUEST.totals],
    words: [u32; Needs::GUEST.words],
    longs: [u64; Needs::GUEST.longs],
    bytes: [u8; Needs::GUEST.bytes],
}

#[unsafe(link_section = ".slot")]
static mut SLOT: [u8; 1 << SLOT_LOG2] = [0; 1 << SLOT_LOG2];
static mut POOLS: Pools = Pools {
    floats: [0.0; _],
    shorts: [0; _],
    sums: [0; _],
    totals: [0; _],
    words: [0; _],
    longs: [0; _],
    bytes: [0; _],
};

#[unsafe(no_mangle)]
extern "C" fn start(index: u32, nodes_log2: u32, slot_log2: u32) -> ! {
    let (Ok(nodes_log2), Ok(slot_log2)) = (u8::try_from(nodes_log2), u8::try_from(slot_log2))
    else {
        exit(PANICKED)
    };
    if slot_log2 > SLOT_LOG2 {
        exit(PANICKED);
    }
    // SAFETY: this runs once, on the only hart, and nothing else names these.
    let (slot, pools) = unsafe { (&mut *&raw mut SLOT, &mut *&raw mut POOLS) };
    let workspace = Workspace {
        floats: &mut pools.floats,
        shorts: &mut pools.shorts,
        sums: &mut pools.sums,
        totals: &mut pools.totals,
        words: &mut pools.words,
        longs: &mut pools.longs,
        bytes: &mut pools.bytes,
    };
    let mut windows = Windows { model: 0, slot_log2 };
    node(&mut windows, index, (nodes_log2, slot_log2), workspace, &mut slot[..1 << slot_log2]);
    exit(0)
}

/// The machine's read-only memories.
struct Windows {
    /// Where the model's window is.
    model: u64,
    slot_log2: u8,
}

impl Memories for Windows {
    fn model(&mut self, offset: u64, length: usize) -> &[u8] {
        let end = offset + length as u64;
        if offset < self.model || end > self.model + WINDOW {
            self.model = offset & !127;
            move_window(MODEL_WINDOW, self.model);
        }
        let within = (offset - self.model) as usize;
        // SAFETY: the window shows these bytes until it is moved, which takes `&mut self`. Where they are not in the model, reading
        // them is a fault of the machine, not of this program.
        unsafe { slice::from_raw_parts((MODEL_BASE + within) as *const u8, length) }
    }

    fn slot(&mut self, node: u32) -> &[u8] {
        move_window(TRACE_WINDOW, u64::from(node) << self.slot_log2);
        // SAFETY: as above, for the trace.
        unsafe { slice::from_raw_parts(TRACE_BASE as *const u8, 1 << self.slot_log2) }
    }

    fn slot_shorts(&mut self, node: u32, at: usize, count: usize) -> &[i16] {
        assert!(at.is_multiple_of(2) && at + 2 * count <= 1 << self.slot_log2, "within the slot");
        move_window(TRACE_WINDOW, u64::from(node) << self.slot_log2);
        // SAFETY: as above; the machine is little-endian, and the address is even.
        unsafe { slice::from_raw_parts((TRACE_BASE + at) as *const i16, count) }
    }

    fn input(&mut self) -> &[u8] {
        // SAFETY: the input is always there.
        unsafe { slice::from_raw_parts(INPUT_BASE as *const u8, INPUT_BYTES) }
    }
}

fn move_window(call: u32, offset: u64) {
    // SAFETY: the machine moves a window and goes on; slices over the old place are gone.
    unsafe {
        asm!("ecall", in("a7") call, in("a0") offset as u32, in("a1") (offset >> 32) as u32);
    }
}

fn exit(code: u32) -> ! {
    // SAFETY: nothing runs after this.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, options(noreturn)) }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}
