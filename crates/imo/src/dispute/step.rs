//! Shows one step of a node's run: its place in the source, and what it changes.

use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_commit::LEAF_BYTES;
use imo_player::{Guest, Place};
use imo_vm::{Instruction, Operation, Region, Run, STATE_BYTES, State, Status, TraceBytes, decode};
use serde::Serialize;

use crate::terminal::Terminal;

/// A step, and the machine's state before and after it.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    step: u64,
    pc: u32,
    word: u32,
    instruction: String,
    source: Option<Place>,
    status: &'static str,
    state_before: String,
    state_after: String,
    /// The registers that the instruction reads or writes: name, value before, value after.
    registers: Vec<(String, u32, u32)>,
    memory: Option<Accessed>,
}

/// The memory that a load or store touches.
#[derive(Debug, Serialize)]
struct Accessed {
    segment: String,
    offset: u64,
    before: u32,
    after: u32,
}

impl Step {
    /// The step that starts from state number `step` of a guest's run.
    pub(crate) fn of<T: TraceBytes>(
        guest: &Guest,
        run: &Run<'_, T>,
        step: u64,
    ) -> anyhow::Result<Self> {
        let witness = run.witness(step);
        let (before, root) = State::decode(&witness[..STATE_BYTES])?;
        let (after, root_after) = State::decode(&run.state_at(step + 1))?;
        let word = run
            .segments()
            .machine()
            .fetch(before.pc)
            .map_or(0, |offset| word_at(run.segments().code(), offset as usize));
        let instruction = decode(word);
        Ok(Self {
            step,
            pc: before.pc,
            word,
            instruction: assembly(instruction),
            source: guest.place(before.pc),
            status: match after.status {
                Status::Running => "running",
                Status::Halted => "halted",
                Status::Fault | Status::Other(_) => "fault",
            },
            state_before: hex(before.hash(root)),
            state_after: hex(after.hash(root_after)),
            registers: registers(instruction, &before, &after),
            memory: accessed(run, instruction, &witness, &before),
        })
    }

    pub(crate) fn print(&self, terminal: Terminal) {
        let mut rows = vec![
            ("step", self.step.to_string()),
            ("instruction", format!("{:#010x}  {:08x}  {}", self.pc, self.word, self.instruction)),
        ];
        rows.extend(self.source.map(|place| ("source", place.to_string())));
        for (name, before, after) in &self.registers {
            rows.push(("register", change(name, *before, *after)));
        }
        if let Some(Accessed { segment, offset, before, after }) = &self.memory {
            rows.push(("memory", change(&format!("{segment}+{offset:#x}"), *before, *after)));
        }
        rows.push(("state before", self.state_before.clone()));
        rows.push(("state after", format!("{} ({})", self.state_after, self.status)));
        terminal.table(&rows);
    }
}

fn change(name: &str, before: u32, after: u32) -> String {
    if before == after {
        format!("{name} {before:#010x}")
    } else {
        format!("{name} {before:#010x} -> {after:#010x}")
    }
}

fn registers(instruction: Instruction, before: &State, after: &State) -> Vec<(String, u32, u32)> {
    let Instruction { rd, rs1, rs2, .. } = instruction;
    let mut named = vec![rs1, rs2, rd];
    if instruction.operation == Operation::Ecall {
        // The call's number and its arguments.
        named = vec![17, 10, 11];
    }
    named.sort_unstable();
    named.dedup();
    let named = named.into_iter().map(usize::from).filter(|index| (1..32).contains(index));
    named
        .filter(|index| {
            let is_changed = before.register(*index) != after.register(*index);
            is_changed || *index != usize::from(rs2) || reads_rs2(instruction.operation)
        })
        .map(|index| (format!("x{index}"), before.register(index), after.register(index)))
        .collect()
}

/// Whether the rs2 field of the instruction names a register.
const fn reads_rs2(operation: Operation) -> bool {
    use Operation as Op;
    matches!(
        operation,
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu | Op::Sb | Op::Sh | Op::Sw
    ) || is_register_register(operation)
        || matches!(operation, Op::Ecall)
}

const fn is_register_register(operation: Operation) -> bool {
    use Operation as Op;
    matches!(
        operation,
        Op::Add | Op::Sub | Op::Sll | Op::Slt | Op::Sltu | Op::Xor | Op::Srl | Op::Sra | Op::Or
    ) || matches!(
        operation,
        Op::And | Op::Mul | Op::Mulh | Op::Mulhsu | Op::Mulhu | Op::Div | Op::Divu | Op::Rem
    ) || matches!(operation, Op::Remu)
}

/// The word that a load or store touches. It is in the code, or in the leaf that follows the state
/// in the witness.
fn accessed<T: TraceBytes>(
    run: &Run<'_, T>,
    instruction: Instruction,
    witness: &[u8],
    before: &State,
) -> Option<Accessed> {
    use Operation as Op;
    let Instruction { operation, rs1, rs2, immediate, .. } = instruction;
    let address = before.register(rs1.into()).wrapping_add(immediate);
    let size = match operation {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Sw => 4,
        _ => return None,
    };
    let machine = run.segments().machine();
    let is_store = matches!(operation, Op::Sb | Op::Sh | Op::Sw);
    let (region, offset) = if is_store {
        (Region::Memory, machine.store(address, size)?)
    } else {
        machine.load(address, size, before.model_window, before.trace_window)?
    };
    let place = usize::try_from(offset & !3).ok()?;
    let word = match region {
        Region::Code => word_at(run.segments().code(), place),
        _ => word_at(&witness[STATE_BYTES..], place % LEAF_BYTES),
    };
    let shift = 8 * (u32::try_from(offset & 3).expect("below 4"));
    let mask = (u32::MAX >> (32 - 8 * size)) << shift;
    let stored = (before.register(rs2.into()) << shift) & mask;
    let after = if is_store { word & !mask | stored } else { word };
    let segment = match region {
        Region::Memory => "memory",
        Region::Code => "code",
        Region::Input => "input",
        Region::Model => "model",
        Region::Trace => "trace",
    };
    Some(Accessed { segment: segment.to_owned(), offset: offset & !3, before: word, after })
}

/// The word at this offset. Bytes past the end count as zero.
fn word_at(bytes: &[u8], place: usize) -> u32 {
    let word = bytes.get(place..).and_then(<[u8]>::first_chunk);
    word.map_or(0, |word| u32::from_le_bytes(*word))
}

/// An instruction in assembly language.
fn assembly(instruction: Instruction) -> String {
    use Operation as Op;
    let Instruction { operation, rd, rs1, rs2, immediate } = instruction;
    let name = format!("{operation:?}").to_lowercase();
    let (rd, offset) = (rd % 32, immediate.cast_signed());
    match operation {
        Op::Lui | Op::Auipc => format!("{name} x{rd}, {:#x}", immediate >> 12),
        Op::Jal => format!("{name} x{rd}, {offset}"),
        Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu | Op::Jalr => {
            format!("{name} x{rd}, {offset}(x{rs1})")
        }
        Op::Sb | Op::Sh | Op::Sw => format!("{name} x{rs2}, {offset}(x{rs1})"),
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
            format!("{name} x{rs1}, x{rs2}, {offset}")
        }
        Op::Fence | Op::Ecall | Op::Illegal => name,
        operation if is_register_register(operation) => format!("{name} x{rd}, x{rs1}, x{rs2}"),
        _ => format!("{name} x{rd}, x{rs1}, {offset}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_read_as_an_assembler_writes_them() {
        for (word, text) in [
            (0x0012_8393, "addi x7, x5, 1"),
            (0x0062_83b3, "add x7, x5, x6"),
            (0x4062_83b3, "sub x7, x5, x6"),
            (0x0002_a383, "lw x7, 0(x5)"),
            (0xfe62_ae23, "sw x6, -4(x5)"),
            (0x0062_8463, "beq x5, x6, 8"),
            (0x1234_53b7, "lui x7, 0x12345"),
            (0x0000_0073, "ecall"),
            (0x0000_0000, "illegal"),
        ] {
            assert_eq!(assembly(decode(word)), text);
        }
    }
}
