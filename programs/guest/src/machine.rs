//! Where the virtual machine starts, and how a program reads its memories there.
//!
//! The slot is left at address 0. Everything else in memory is the workspace and the stack.
#![expect(
    unsafe_code,
    reason = "start-up, system calls and the machine's memory map are below Rust"
)]

use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::slice;

use imo_vm::map::{
    EXIT, INPUT_BASE, MODEL_BASE, MODEL_WINDOW, TRACE_BASE, TRACE_WINDOW, WINDOW_ALIGNMENT,
    WINDOW_BYTES,
};

use crate::layout::{PANICKED, SLOT_LOG2};
use crate::memories::Memories;
use crate::workspace::Workspace;

// a0 is the node, a1 the number of nodes and a2 the bytes of a slot, both as powers of two. They
// pass through to `start`, which `program!` writes.
global_asm!(".section .text.start", ".globl _start", "_start:", "la sp, __stack_top", "call start");

/// Makes a program a binary: `program!(node, NEEDS, input_depth)`.
///
/// `node` has the signature that [`run`] takes, `NEEDS` is a constant [`crate::Needs`], and
/// `input_depth` is the depth of the input memory's tree.
#[macro_export]
macro_rules! program {
    ($node:path, $needs:expr, $input_depth:expr) => {
        static POOLS: $crate::Static<
            $crate::Pools<
                { $needs.floats },
                { $needs.shorts },
                { $needs.sums },
                { $needs.totals },
                { $needs.words },
                { $needs.longs },
                { $needs.bytes },
            >,
        > = $crate::Static::new($crate::Pools::ZERO);

        #[unsafe(no_mangle)]
        extern "C" fn start(node: u32, nodes_log2: u32, slot_log2: u32) -> ! {
            // SAFETY: the machine starts here, once, on its only hart.
            unsafe {
                let workspace = POOLS.take().workspace();
                $crate::run($node, (node, nodes_log2, slot_log2), workspace, $input_depth)
            }
        }
    };
}

/// Memory that a program takes once, at its start.
#[derive(Debug)]
pub struct Static<T>(UnsafeCell<T>);

// SAFETY: the machine has one hart.
unsafe impl<T: Send> Sync for Static<T> {}

impl<T> Static<T> {
    /// Memory that holds `value` at the start, which must be zero: the machine loads nothing else.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Takes the memory.
    ///
    /// # Safety
    ///
    /// It must be taken once only.
    #[expect(clippy::mut_from_ref, reason = "the caller takes it once")]
    pub unsafe fn take(&'static self) -> &'static mut T {
        // SAFETY: the caller vouches that there is no other reference.
        unsafe { &mut *self.0.get() }
    }
}

/// The memory of a [`Workspace`]: zero at the start, so that it takes no bytes in the program.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are those of the workspace")]
pub struct Pools<
    const FLOATS: usize,
    const SHORTS: usize,
    const SUMS: usize,
    const TOTALS: usize,
    const WORDS: usize,
    const LONGS: usize,
    const BYTES: usize,
> {
    pub floats: [f32; FLOATS],
    pub shorts: [i16; SHORTS],
    pub sums: [i32; SUMS],
    pub totals: [i64; TOTALS],
    pub words: [u32; WORDS],
    pub longs: [u64; LONGS],
    pub bytes: [u8; BYTES],
}

impl<
    const FLOATS: usize,
    const SHORTS: usize,
    const SUMS: usize,
    const TOTALS: usize,
    const WORDS: usize,
    const LONGS: usize,
    const BYTES: usize,
> Pools<FLOATS, SHORTS, SUMS, TOTALS, WORDS, LONGS, BYTES>
{
    /// All zero.
    pub const ZERO: Self = Self {
        floats: [0.0; _],
        shorts: [0; _],
        sums: [0; _],
        totals: [0; _],
        words: [0; _],
        longs: [0; _],
        bytes: [0; _],
    };

    /// The slices to work in.
    pub const fn workspace(&mut self) -> Workspace<'_> {
        Workspace {
            floats: &mut self.floats,
            shorts: &mut self.shorts,
            sums: &mut self.sums,
            totals: &mut self.totals,
            words: &mut self.words,
            longs: &mut self.longs,
            bytes: &mut self.bytes,
        }
    }
}

#[unsafe(link_section = ".slot")]
static SLOT: Static<[u8; 1 << SLOT_LOG2]> = Static::new([0; 1 << SLOT_LOG2]);

/// Computes one node, leaves its slot and exits. [`program!`] calls this at the start.
///
/// `arguments` are the node, the number of nodes in the trace, and the bytes of a slot, the last
/// two as powers of two.
///
/// # Safety
///
/// It must be called once only, since it takes the slot.
pub unsafe fn run(
    node: impl FnOnce(&mut Windows, u32, (u8, u8), Workspace<'_>, &mut [u8]),
    arguments: (u32, u32, u32),
    workspace: Workspace<'_>,
    input_depth: u8,
) -> ! {
    let (index, nodes_log2, slot_log2) = arguments;
    let (Ok(nodes_log2), Ok(slot_log2)) = (u8::try_from(nodes_log2), u8::try_from(slot_log2))
    else {
        exit(PANICKED)
    };
    if slot_log2 > SLOT_LOG2 {
        exit(PANICKED);
    }
    // SAFETY: the caller calls this once, and nothing else names the slot.
    let slot = unsafe { SLOT.take() };
    let mut windows = Windows { model: 0, slot_log2, input_bytes: 128 << input_depth };
    node(&mut windows, index, (nodes_log2, slot_log2), workspace, &mut slot[..1 << slot_log2]);
    exit(0)
}

/// The machine's read-only memories.
#[derive(Debug)]
pub struct Windows {
    /// Offset of the model's window.
    model: u64,
    slot_log2: u8,
    input_bytes: usize,
}

impl Memories for Windows {
    fn model(&mut self, offset: u64, length: usize) -> &[u8] {
        let end = offset + length as u64;
        if offset < self.model || end > self.model + WINDOW_BYTES {
            self.model = offset & !(WINDOW_ALIGNMENT - 1);
            move_window(MODEL_WINDOW, self.model);
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 2³⁰: within the window")]
        let within = (offset - self.model) as usize;
        // SAFETY: the window shows these bytes until it is moved, which takes `&mut self`. Where
        // the model has no such bytes, the machine faults on reading them, and the program ends.
        unsafe { slice::from_raw_parts((MODEL_BASE as usize + within) as *const u8, length) }
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
        unsafe { slice::from_raw_parts((TRACE_BASE as usize + at) as *const i16, count) }
    }

    fn input(&mut self) -> &[u8] {
        // SAFETY: the input is mapped all the time.
        unsafe { slice::from_raw_parts(INPUT_BASE as *const u8, self.input_bytes) }
    }
}

fn move_window(call: u32, offset: u64) {
    #[expect(clippy::cast_possible_truncation, reason = "the low half of a 64-bit number")]
    let (low, high) = (offset as u32, (offset >> 32) as u32);
    // SAFETY: the machine moves a window and goes on; slices over the old place are gone.
    unsafe {
        asm!("ecall", in("a7") call, in("a0") low, in("a1") high);
    }
}

/// Ends the run.
pub fn exit(code: u32) -> ! {
    // SAFETY: nothing runs after this.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, options(noreturn)) }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}
