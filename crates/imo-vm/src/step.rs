//! What one instruction does, written once for every kind of run.

use crate::decode::{Instruction, Operation};
use crate::machine::{Machine, Region};
use crate::map::{EXIT, MODEL_WINDOW, TRACE_WINDOW, WINDOW_ALIGNMENT};
use crate::state::{State, Status};

/// A load or store that is aligned, mapped and in bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The segment.
    pub region: Region,
    /// Offset in the segment, naturally aligned.
    pub offset: u64,
    /// Bytes: 1, 2 or 4.
    pub size: u32,
}

/// Where a step reads and writes. Offsets are in bounds and aligned, so nothing can fail.
pub trait Memories {
    /// The instruction at this offset of the code.
    fn fetch(&mut self, offset: u32) -> Instruction;
    /// The bytes of an access, little-endian, zero-extended.
    fn load(&mut self, access: Access) -> u32;
    /// Writes the low bytes of `value` to memory.
    fn store(&mut self, access: Access, value: u32);
}

/// Takes one step. A machine that does not run stays as it is.
#[inline(always)]
pub fn step(state: &mut State, machine: &Machine, memories: &mut impl Memories) {
    if state.status != Status::Running {
        return;
    }
    let instruction = match machine.fetch(state.pc) {
        Some(offset) => memories.fetch(offset),
        None => {
            state.status = Status::Fault;
            return;
        }
    };
    if execute(state, machine, memories, instruction).is_none() {
        state.status = Status::Fault;
    }
}

/// Carries out an instruction. `None` means that it changed nothing and the machine faults.
#[inline(always)]
pub(crate) fn execute(
    state: &mut State,
    machine: &Machine,
    memories: &mut impl Memories,
    instruction: Instruction,
) -> Option<()> {
    use Operation as Op;
    let Instruction { operation, rd, rs1, rs2, immediate } = instruction;
    let a = state.registers[usize::from(rs1 & 31)];
    let b = state.registers[usize::from(rs2 & 31)];
    let next = state.pc.wrapping_add(4);
    let result = match operation {
        Op::Lui => immediate,
        Op::Auipc => state.pc.wrapping_add(immediate),
        Op::Jal => return jump(state, rd, state.pc.wrapping_add(immediate)),
        Op::Jalr => return jump(state, rd, a.wrapping_add(immediate) & !1),
        Op::Beq => return branch(state, a == b, immediate),
        Op::Bne => return branch(state, a != b, immediate),
        Op::Blt => return branch(state, a.cast_signed() < b.cast_signed(), immediate),
        Op::Bge => return branch(state, a.cast_signed() >= b.cast_signed(), immediate),
        Op::Bltu => return branch(state, a < b, immediate),
        Op::Bgeu => return branch(state, a >= b, immediate),
        Op::Lb => sign_extend(load(state, machine, memories, a.wrapping_add(immediate), 1)?, 24),
        Op::Lh => sign_extend(load(state, machine, memories, a.wrapping_add(immediate), 2)?, 16),
        Op::Lw => load(state, machine, memories, a.wrapping_add(immediate), 4)?,
        Op::Lbu => load(state, machine, memories, a.wrapping_add(immediate), 1)?,
        Op::Lhu => load(state, machine, memories, a.wrapping_add(immediate), 2)?,
        Op::Sb => return store(state, machine, memories, (a.wrapping_add(immediate), 1), b),
        Op::Sh => return store(state, machine, memories, (a.wrapping_add(immediate), 2), b),
        Op::Sw => return store(state, machine, memories, (a.wrapping_add(immediate), 4), b),
        Op::Addi => a.wrapping_add(immediate),
        Op::Slti => u32::from(a.cast_signed() < immediate.cast_signed()),
        Op::Sltiu => u32::from(a < immediate),
        Op::Xori => a ^ immediate,
        Op::Ori => a | immediate,
        Op::Andi => a & immediate,
        Op::Slli => a << (immediate & 31),
        Op::Srli => a >> (immediate & 31),
        Op::Srai => (a.cast_signed() >> (immediate & 31)).cast_unsigned(),
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Sll => a << (b & 31),
        Op::Slt => u32::from(a.cast_signed() < b.cast_signed()),
        Op::Sltu => u32::from(a < b),
        Op::Xor => a ^ b,
        Op::Srl => a >> (b & 31),
        Op::Sra => (a.cast_signed() >> (b & 31)).cast_unsigned(),
        Op::Or => a | b,
        Op::And => a & b,
        Op::Mul => a.wrapping_mul(b),
        Op::Mulh => high(i64::from(a.cast_signed()) * i64::from(b.cast_signed())),
        Op::Mulhsu => high(i64::from(a.cast_signed()) * i64::from(b)),
        Op::Mulhu => high((u64::from(a) * u64::from(b)).cast_signed()),
        Op::Div | Op::Divu | Op::Rem | Op::Remu => divide(operation, a, b),
        Op::Fence => {
            state.pc = next;
            return Some(());
        }
        Op::Ecall => return system_call(state),
        Op::Illegal => return None,
    };
    state.registers[usize::from(rd)] = result;
    state.pc = next;
    Some(())
}

#[inline(always)]
fn jump(state: &mut State, rd: u8, target: u32) -> Option<()> {
    if target & 3 != 0 {
        return None;
    }
    state.registers[usize::from(rd)] = state.pc.wrapping_add(4);
    state.pc = target;
    Some(())
}

#[inline(always)]
fn branch(state: &mut State, taken: bool, immediate: u32) -> Option<()> {
    if !taken {
        state.pc = state.pc.wrapping_add(4);
        return Some(());
    }
    let target = state.pc.wrapping_add(immediate);
    if target & 3 != 0 {
        return None;
    }
    state.pc = target;
    Some(())
}

#[inline(always)]
fn load(
    state: &State,
    machine: &Machine,
    memories: &mut impl Memories,
    address: u32,
    size: u32,
) -> Option<u32> {
    let (region, offset) = machine.load(address, size, state.model_window, state.trace_window)?;
    Some(memories.load(Access { region, offset, size }))
}

#[inline(always)]
fn store(
    state: &mut State,
    machine: &Machine,
    memories: &mut impl Memories,
    (address, size): (u32, u32),
    value: u32,
) -> Option<()> {
    let offset = machine.store(address, size)?;
    memories.store(Access { region: Region::Memory, offset, size }, value);
    state.pc = state.pc.wrapping_add(4);
    Some(())
}

fn system_call(state: &mut State) -> Option<()> {
    let window = u64::from(state.registers[11]) << 32 | u64::from(state.registers[10]);
    match state.registers[17] {
        EXIT => {
            state.status = Status::Halted;
            return Some(());
        }
        MODEL_WINDOW if window.is_multiple_of(WINDOW_ALIGNMENT) => state.model_window = window,
        TRACE_WINDOW if window.is_multiple_of(WINDOW_ALIGNMENT) => state.trace_window = window,
        _ => return None,
    }
    state.pc = state.pc.wrapping_add(4);
    Some(())
}

/// The four divisions, none of which traps.
fn divide(operation: Operation, a: u32, b: u32) -> u32 {
    let (signed_a, signed_b) = (a.cast_signed(), b.cast_signed());
    match (operation, b) {
        (Operation::Div | Operation::Divu, 0) => u32::MAX,
        (Operation::Rem | Operation::Remu, 0) => a,
        (Operation::Div, _) => signed_a.wrapping_div(signed_b).cast_unsigned(),
        (Operation::Rem, _) => signed_a.wrapping_rem(signed_b).cast_unsigned(),
        (Operation::Divu, _) => a / b,
        _ => a % b,
    }
}

const fn sign_extend(value: u32, shift: u32) -> u32 {
    ((value << shift).cast_signed() >> shift).cast_unsigned()
}

const fn high(product: i64) -> u32 {
    let bytes = product.to_le_bytes();
    u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]])
}
