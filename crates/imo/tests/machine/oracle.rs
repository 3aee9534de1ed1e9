//! Compares our machine with `rrs-lib`, another simulator: registers, memory and pc after every
//! instruction.

use imo_commit::{Hash, dense_root};
use imo_vm::map::{INPUT_BASE, MODEL_BASE};
use imo_vm::{EmptyTrace, Machine, Memory, Run, Segments, State, Status, Stopped};
use rrs_lib::instruction_executor::InstructionExecutor;
use rrs_lib::{HartState, MemAccessSize};

use crate::programs::{instruction, value};
use crate::random::{Random, soak};

const INSTRUCTIONS: u64 = 1_000_000;
const CODE_BASE: u32 = 0x4000_0000;
const WORDS: u32 = 64;
const MEMORY_DEPTH: u8 = 3;
const MOST_STEPS: u64 = 300;

/// The memory of the other simulator: memory at 0, then code, and a leaf of zeros for input and
/// model.
struct Bytes {
    memory: Vec<u8>,
    code: Vec<u8>,
    zeros: [u8; 128],
    /// Root of the memory. None after a store, until it is hashed again.
    root: Option<Hash>,
}

impl Bytes {
    fn at(&self, address: u32) -> Option<&[u8]> {
        let bases = [MODEL_BASE, INPUT_BASE, CODE_BASE, 0];
        let segments = [&self.zeros[..], &self.zeros, &self.code, &self.memory];
        let (base, bytes) = bases.into_iter().zip(segments).find(|(base, _)| address >= *base)?;
        bytes.get((address - base) as usize..)
    }

    fn root(&mut self) -> Hash {
        *self.root.get_or_insert_with(|| dense_root(&self.memory, MEMORY_DEPTH))
    }
}

impl rrs_lib::Memory for Bytes {
    fn read_mem(&mut self, address: u32, size: MemAccessSize) -> Option<u32> {
        let mut word = [0; 4];
        let size = bytes(size);
        word[..size].copy_from_slice(self.at(address)?.get(..size)?);
        Some(u32::from_le_bytes(word))
    }

    fn write_mem(&mut self, address: u32, size: MemAccessSize, value: u32) -> bool {
        let size = bytes(size);
        self.root = None;
        let place = self.memory.get_mut(address as usize..).and_then(|it| it.get_mut(..size));
        place.map(|it| it.copy_from_slice(&value.to_le_bytes()[..size])).is_some()
    }
}

const fn bytes(size: MemAccessSize) -> usize {
    match size {
        MemAccessSize::Byte => 1,
        MemAccessSize::HalfWord => 2,
        MemAccessSize::Word => 4,
    }
}

/// A random program of instructions that both machines know: no system calls, nothing illegal.
fn program(random: &mut Random) -> Vec<u8> {
    let known = |word: u32| {
        let opcode = imo_vm::decode(word).operation;
        !matches!(opcode, imo_vm::Operation::Illegal | imo_vm::Operation::Ecall)
    };
    let mut words = Vec::new();
    for index in 0..WORDS {
        words.push(std::iter::repeat_with(|| instruction(random, index)).find(|it| known(*it)));
    }
    words.into_iter().flatten().flat_map(u32::to_le_bytes).collect()
}

#[test]
fn another_simulator_does_the_same_after_every_instruction() {
    let (mut compared, mut faults) = (0, 0);
    for case in 0_u64.. {
        if compared >= INSTRUCTIONS * soak() {
            break;
        }
        let mut random = Random(case);
        let code = program(&mut random);
        let machine = Machine {
            code_base: CODE_BASE,
            code_depth: 1,
            memory_depth: MEMORY_DEPTH,
            input_depth: 0,
            model_depth: 0,
            trace_depth: 0,
            trace_limit: 0,
        };
        let mut state = State::new(CODE_BASE, [0; 3]);
        let mut hart = HartState::new();
        hart.pc = CODE_BASE;
        for index in 1..32 {
            let value = value(&mut random, CODE_BASE);
            state.set_register(index, value);
            hart.registers[index] = value;
        }
        let trace = EmptyTrace { slot_log2: 7 };
        let segments = Segments::new(machine, &code, &[], (&[], None), (&trace, 7));
        let run = Run::new(segments, state, Memory::new(MEMORY_DEPTH), MOST_STEPS);
        let memory = vec![0; 128 << MEMORY_DEPTH];
        let mut theirs = Bytes { memory, code: code.clone(), zeros: [0; 128], root: None };
        for step in 1..=run.steps() {
            let (state, root) = State::decode(&run.state_at(step)).expect("a state");
            let at = format!("program {case}, step {step}");
            let before = hart.pc;
            let mut executor = InstructionExecutor { mem: &mut theirs, hart_state: &mut hart };
            let outcome = executor.step();
            compared += 1;
            if state.status == Status::Fault {
                // The other simulator jumps to a misaligned address and would fail there. Ours does
                // not jump.
                assert!(
                    outcome.is_err() || !hart.pc.is_multiple_of(4),
                    "{at}: ours faults, theirs does not"
                );
                assert_eq!(state.pc, before, "{at}");
                faults += 1;
                break;
            }
            assert_eq!(outcome, Ok(()), "{at}: theirs fails, ours does not");
            assert_eq!(state.pc, hart.pc, "{at}");
            for index in 1..32 {
                assert_eq!(state.register(index), hart.registers[index], "{at}: x{index}");
            }
            assert_eq!(root, theirs.root(), "{at}: memory");
        }
        assert!(!matches!(run.stopped(), Stopped::Halted { .. }), "there are no system calls");
    }
    assert!(faults > 100, "{faults} faults among {compared} instructions");
}
