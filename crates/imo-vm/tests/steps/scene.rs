//! A random machine about to execute one instruction, which is random too. Other crates' tests
//! include this file.

use arbtest::arbitrary::{Result, Unstructured};
use imo_commit::{Hash, LEAF_LOG2, hash_branch, keccak256};
use imo_vm::{Machine, Memory, Run, Segments, State, Status, TraceBytes, check, witness};

/// Bytes of a slot of the random trace, as a power of two.
const SLOT_LOG2: u8 = 8;
const NODES_LOG2: u8 = 3;

/// A small trace, with all its slots in memory.
#[derive(Debug)]
pub(crate) struct Slots(Vec<Vec<u8>>);

impl TraceBytes for Slots {
    fn slot(&self, node: u64) -> &[u8] {
        &self.0[usize::try_from(node).expect("a small index")]
    }

    fn subtree(&self, levels: u8, index: u64) -> Hash {
        match levels {
            0 => imo_commit::dense_root(self.slot(index), SLOT_LOG2 - LEAF_LOG2),
            _ => hash_branch(
                self.subtree(levels - 1, 2 * index),
                self.subtree(levels - 1, 2 * index + 1),
            ),
        }
    }
}

/// Everything that decides one step.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) machine: Machine,
    pub(crate) code: Vec<u8>,
    input: Vec<u8>,
    model: Vec<u8>,
    trace: Slots,
    pub(crate) memory: Memory,
    pub(crate) state: State,
}

impl Scene {
    pub(crate) fn segments(&self) -> Segments<'_, Slots> {
        Segments::new(
            self.machine,
            &self.code,
            &self.input,
            (&self.model, None),
            (&self.trace, SLOT_LOG2),
        )
    }

    /// The witness, and the hashes of the states before and after, from code and witness alone.
    pub(crate) fn proven(&self) -> (Vec<u8>, Hash, Hash) {
        let segments = self.segments();
        let witness = witness(&segments, &self.state, &mut self.memory.clone());
        let (before, after) = check(&self.machine, &segments.roots(), &self.code, &witness)
            .expect("an honest witness");
        (witness, before, after)
    }

    /// The same two hashes from the fast run.
    pub(crate) fn fast(&self) -> (Hash, Hash) {
        let run = Run::new(self.segments(), self.state, self.memory.clone(), 1);
        let hashes = run.state_hashes(&[0, 1]);
        (hashes[0], hashes[1])
    }

    pub(crate) fn random(u: &mut Unstructured<'_>) -> Result<Self> {
        let machine = Machine {
            code_base: *u.choose(&[0x4000_0000, 0x0000_0200, 0x1_0000])?,
            code_depth: 1,
            memory_depth: 3,
            input_depth: 1,
            model_depth: 2,
            trace_depth: NODES_LOG2 + SLOT_LOG2 - LEAF_LOG2,
            trace_limit: u.int_in_range(0..=7_u64)? << SLOT_LOG2,
        };
        let mut code = bytes(u, 256)?;
        let slot = u.choose_index(64)?;
        code[4 * slot..4 * slot + 4].copy_from_slice(&instruction(u)?.to_le_bytes());
        let mut state = State::new(0, [0; 3]);
        state.pc = machine.code_base + u32::try_from(4 * slot).expect("small");
        if u.ratio(1, 20)? {
            state.pc = state.pc.wrapping_add(*u.choose(&[2, 1, 256, 0x8000_0000])?);
        }
        for index in 1..32 {
            state.set_register(index, word(u)?);
        }
        if u.ratio(1, 3)? {
            state.set_register(17, *u.choose(&[93, 1024, 1025, 64])?);
            state.set_register(10, u.int_in_range(0..=16)? << 7);
            state.set_register(11, *u.choose(&[0, 0, 1, u32::MAX])?);
        }
        let windows = [0, 128, 256, 1 << 30, u64::MAX - 127];
        state.model_window = *u.choose(&windows)?;
        state.trace_window = *u.choose(&windows)?;
        state.status = Status::from(*u.choose(&[0_u8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 7])?);
        let mut memory = Memory::new(machine.memory_depth);
        memory.write(0, &bytes(u, 1024)?);
        let trace = Slots((0..1 << NODES_LOG2).map(|_| bytes(u, 200)).collect::<Result<_>>()?);
        let (input, model) = (bytes(u, 200)?, bytes(u, 400)?);
        Ok(Self { machine, code, input, model, trace, memory, state })
    }
}

/// Random bytes that take only one word from the generator.
fn bytes(u: &mut Unstructured<'_>, count: usize) -> Result<Vec<u8>> {
    let seed: u32 = u.arbitrary()?;
    let blocks = (0_u32..).flat_map(|i| keccak256(&[seed.to_be_bytes(), i.to_be_bytes()].concat()));
    Ok(blocks.take(count).collect())
}

/// A word that is often a corner case: small, extreme, or an address near the end of a segment.
fn word(u: &mut Unstructured<'_>) -> Result<u32> {
    let corners = [
        0,
        1,
        2,
        3,
        4,
        31,
        32,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
        u32::MAX - 1,
        0x4000_0000,
        0x4000_00fc,
        0x200,
        0x1_0000,
        1020,
        1023,
        1024,
        0x6000_0000,
        0x6000_00fc,
        0x6000_0100,
        0x8000_0000,
        0x8000_01fc,
        0x8000_0200,
        0xbfff_fffc,
        0xc000_0000,
        0xc000_00fc,
        0xc000_0100,
        0xffff_fffc,
    ];
    if u.ratio(2, 3)? { Ok(*u.choose(&corners)?) } else { u.arbitrary() }
}

/// An instruction word, mostly a valid one.
fn instruction(u: &mut Unstructured<'_>) -> Result<u32> {
    let opcodes = [
        0x37, 0x17, 0x6f, 0x67, 0x63, 0x63, 0x03, 0x03, 0x03, 0x23, 0x23, 0x13, 0x13, 0x33, 0x33,
        0x33, 0x0f, 0x73,
    ];
    let opcode = *u.choose(&opcodes)?;
    if opcode == 0x73 && u.ratio(3, 4)? {
        return Ok(0x73);
    }
    let word: u32 = u.arbitrary()?;
    let funct7 = *u.choose(&[0_u32, 0, 0x20, 1, 1, 1, word >> 25])?;
    let small_immediate = u.ratio(1, 2)?;
    let mut word = word & !0x7f | opcode;
    if opcode == 0x33 || (opcode == 0x13 && word & 0x3000 == 0x1000) {
        word = word & 0x01ff_ffff | funct7 << 25;
    } else if small_immediate && matches!(opcode, 0x03 | 0x23 | 0x67) {
        word &= if opcode == 0x23 { 0x01ff_f07f } else { 0x000f_ffff };
    }
    Ok(word)
}
