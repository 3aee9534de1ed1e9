//! Random programs, state by state, run in three ways: fast, with witnesses, and in the contract.

use imo::evm::Stepper;
use imo_vm::{EmptyTrace, Machine, Memory, Run, Segments, State, Stopped, WitnessRun, check};

use crate::asm::{ECALL, addi, b_type, i_type, jal, jalr, r_type, s_type, u_type};
use crate::random::{Random, soak};

const PROGRAMS: u64 = 400;
const MOST_STEPS: u64 = 100;
const WORDS: u32 = 64;
const MEMORY_DEPTH: u8 = 3;

/// A random instruction. Most jumps stay in the program, and most accesses in memory.
pub(crate) fn instruction(random: &mut Random, index: u32) -> u32 {
    let mut register = || random.of(&[0, 1, 2, 5, 6, 7, 8, 10, 11, 15]);
    let (rd, rs1, rs2) = (register(), register(), register());
    // The target is an instruction of the program, mostly a near one.
    let target = if random.below(2) == 0 {
        random.below(WORDS)
    } else {
        (index + 1 + random.below(6)) % WORDS
    };
    let jump = 4 * (target.cast_signed() - index.cast_signed());
    let immediate = random.word().cast_signed() >> 20;
    let (width, place) = (random.below(3), random.below(1 << 10).cast_signed());
    let place = place >> width << width;
    match random.below(20) {
        0 => u_type(random.of(&[0x37, 0x17]), rd, random.word()),
        1 => jal(rd, jump),
        2..=4 => b_type(random.of(&[0, 1, 4, 5, 6, 7]), [rs1, rs2], jump),
        // Loads and stores at a fixed place in memory. A program linked low finds itself there.
        5 | 6 => {
            i_type(3, width | if width < 2 { random.below(2) << 2 } else { 0 }, [rd, 0], place)
        }
        7 | 8 => s_type(width, [0, rs2], place),
        // Loads and stores anywhere; most of them fault.
        9 if random.below(3) == 0 => i_type(3, random.below(6), [rd, rs1], immediate),
        10 if random.below(3) == 0 => s_type(random.below(3), [rs1, rs2], immediate),
        11 if random.below(3) == 0 => jalr(rd, rs1, immediate),
        // A system call, or an instruction that sets its number.
        12 if random.below(3) == 0 => ECALL,
        12 if random.below(2) == 0 => addi(17, 0, random.of(&[93, 1024, 1025, 64])),
        13 if random.below(9) == 0 => random.word(),
        9..=13 => match random.of(&[0, 1, 2, 3, 4, 5, 6, 7]) {
            1 => i_type(0x13, 1, [rd, rs1], immediate & 31),
            5 => i_type(0x13, 5, [rd, rs1], immediate & 31 | random.of(&[0, 0x400])),
            funct3 => i_type(0x13, funct3, [rd, rs1], immediate),
        },
        14..=16 => r_type(1, random.below(8), [rd, rs1, rs2]),
        17 => r_type(0x20, random.of(&[0, 5]), [rd, rs1, rs2]),
        _ => r_type(0, random.below(8), [rd, rs1, rs2]),
    }
}

/// A register's first value: a small number, an extreme, an address near the end of a segment, or
/// the number of a system call.
pub(crate) fn value(random: &mut Random, code_base: u32) -> u32 {
    let corner = random.of(&[
        0,
        1,
        4,
        93,
        128,
        1020,
        1023,
        1024,
        1025,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
        code_base,
        code_base + 4 * (WORDS - 1),
        0x6000_007c,
        0x8000_007c,
        0xc000_0000,
    ]);
    if random.below(2) == 0 { corner } else { random.word() }
}

#[test]
fn random_programs_run_alike_fast_with_witnesses_and_in_the_contract() {
    let mut stepper = Stepper::new();
    let (mut ends, mut steps) = ([0_u64; 3], 0);
    for case in 0..PROGRAMS * soak() {
        let mut random = Random(case);
        // A program linked low may overwrite itself with its own stores, but the machine still
        // fetches the old code.
        let code_base = random.of(&[0, 0x200, 0x4000_0000]);
        let machine = Machine {
            code_base,
            code_depth: 1,
            memory_depth: MEMORY_DEPTH,
            input_depth: 0,
            model_depth: 0,
            trace_depth: 0,
            trace_limit: 0,
        };
        let words = (0..WORDS).map(|index| instruction(&mut random, index));
        let code: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        let mut memory = Memory::new(MEMORY_DEPTH);
        if u64::from(code_base) < machine.memory_size() {
            memory.write(code_base as usize, &code);
        }
        let mut state = State::new(code_base, [0; 3]);
        for index in 1..32 {
            state.set_register(index, value(&mut random, code_base));
        }
        state.set_register(17, random.of(&[93, 1024, 1025, 64]));
        let trace = EmptyTrace { slot_log2: 7 };
        let segments = || Segments::new(machine, &code, &[], (&[], None), (&trace, 7));
        let run = Run::new(segments(), state, memory.clone(), MOST_STEPS);

        // Check one step more than the run has: the end is a fixed point.
        let last = if run.stopped() == Stopped::OutOfSteps { run.steps() } else { run.steps() + 1 };
        let (segments, fast) = (segments(), run.state_hashes(&(0..=last).collect::<Vec<_>>()));
        let roots = segments.roots();
        stepper.store(&code, machine.code_depth).expect("sound pieces");
        let mut witnessed = WitnessRun::new(&segments, state, memory);
        for (step, pair) in fast.windows(2).enumerate() {
            let pair = (pair[0], pair[1]);
            let at = format!("program {case}, step {step}");
            let before = witnessed.hash();
            let witness = witnessed.step();
            assert_eq!((before, witnessed.hash()), pair, "{at}: with witnesses");
            assert_eq!(
                check(&machine, &roots, &code, &witness),
                Ok(pair),
                "{at}: from the witness"
            );
            let stepped = stepper.step(&machine, &roots, &witness);
            let stepped = stepped.unwrap_or_else(|refused| panic!("{at}: {refused}"));
            assert_eq!((stepped.before, stepped.after), pair, "{at}: in the contract");
        }
        steps += last;
        ends[match run.stopped() {
            Stopped::Halted { .. } => 0,
            Stopped::Fault { .. } => 1,
            Stopped::OutOfSteps => 2,
        }] += 1;
    }
    assert!(ends.iter().all(|count| *count > PROGRAMS / 30), "all kinds of end: {ends:?}");
    assert!(steps > 20 * PROGRAMS, "programs worth the name: {steps} steps in {PROGRAMS}");
}
