//! How many steps it takes to find the states that a dissection asks for.

use arbtest::arbitrary::Result;
use imo_vm::{EmptyTrace, Machine, Memory, Run, Segments, State};

/// Sections of each dissection.
const SECTIONS: u64 = 16;

/// A loop that stores its counter all over its memory.
const LOOP: [u32; 6] = [
    0x0012_8293, // addi x5, x5, 1
    0x0fc2_f313, // andi x6, x5, 0xfc
    0x0053_2023, // sw x5, 0(x6)
    0xfea2_9ae3, // bne x5, x10, -12
    0x05d0_0893, // addi x17, x0, 93
    0x0000_0073, // ecall
];

#[test]
fn a_whole_dissection_costs_one_and_a_half_runs() {
    let trace = EmptyTrace { slot_log2: 7 };
    let code: Vec<u8> = LOOP.iter().flat_map(|word| word.to_le_bytes()).collect();
    let machine = Machine {
        code_base: 0x4000_0000,
        code_depth: 0,
        memory_depth: 1,
        input_depth: 0,
        model_depth: 0,
        trace_depth: 0,
        trace_limit: 0,
    };
    let check = |rounds: u32, mut choose: Box<dyn FnMut() -> Result<u64> + '_>| -> Result<()> {
        let segments = Segments::new(machine, &code, &[], (&[], None), (&trace, 7));
        let state = State::new(machine.code_base, [rounds, 0, 0]);
        let run = Run::new(segments, state, Memory::new(1), 1 << 32);
        assert_eq!(run.steps(), 4 * u64::from(rounds) + 2);
        let mut range = (0, run.steps().next_power_of_two());
        let mut hashes = Vec::new();
        while range.1 > 1 {
            let sections = range.1.min(SECTIONS);
            let size = range.1 / sections;
            let splits: Vec<u64> = (0..=sections).map(|index| range.0 + index * size).collect();
            hashes.extend(splits.iter().copied().zip(run.state_hashes(&splits)));
            range = (range.0 + choose()? % sections * size, size);
        }
        let work = run.work() as f64 / run.steps() as f64;
        assert!(work < 1.5, "{work} runs of {} steps", run.steps());
        // A fresh run gives the same states, asked for one by one.
        let segments = Segments::new(machine, &code, &[], (&[], None), (&trace, 7));
        let again = Run::new(segments, state, Memory::new(1), range.0 + 1);
        for (step, hash) in hashes.iter().filter(|(step, _)| *step <= range.0 + 1) {
            assert_eq!(again.state_hashes(&[*step]), [*hash], "step {step}");
        }
        Ok(())
    };
    arbtest::arbtest(|u| {
        // Runs as long as a layer's. Short ones keep every snapshot, long ones have to drop some.
        let rounds = u.int_in_range(4 << 20..=12 << 20)?;
        check(rounds, Box::new(|| u.int_in_range(0..=SECTIONS - 1)))
    })
    .budget_ms(3_000);
}
