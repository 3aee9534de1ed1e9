//! Each instruction on corner operands, against its definition in wide integers.

use imo_vm::{EmptyTrace, Machine, Memory, Run, Segments, State, Stopped};

const CORNERS: [u32; 12] = [
    0,
    1,
    2,
    3,
    0x7f,
    0x80,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
    0x1234_5678,
];

fn machine() -> Machine {
    Machine {
        code_base: 0x4000_0000,
        code_depth: 0,
        memory_depth: 1,
        input_depth: 0,
        model_depth: 0,
        trace_depth: 1,
        trace_limit: 0,
    }
}

/// Runs one instruction with x1 = a and x2 = b, and returns x3.
fn execute(word: u32, a: u32, b: u32) -> u32 {
    let trace = EmptyTrace { slot_log2: 7 };
    let code = word.to_le_bytes();
    let segments = Segments::new(machine(), &code, &[], (&[], None), (&trace, 7));
    let mut state = State::new(0x4000_0000, [0; 3]);
    state.set_register(1, a);
    state.set_register(2, b);
    let run = Run::new(segments, state, Memory::new(1), 1);
    assert_eq!(run.stopped(), Stopped::OutOfSteps, "{word:#010x} does not fault");
    let (after, _) = State::decode(&run.state_at(1)).expect("a state");
    assert_eq!(after.pc, 0x4000_0004);
    after.register(3)
}

const fn register(funct7: u32, funct3: u32) -> u32 {
    funct7 << 25 | 2 << 20 | 1 << 15 | funct3 << 12 | 3 << 7 | 0x33
}

/// The low half of a wide result.
fn low(value: i128) -> u32 {
    u32::try_from(value & 0xffff_ffff).expect("32 bits")
}

fn check(name: &str, word: u32, define: impl Fn(u32, u32) -> u32) {
    for a in CORNERS {
        for b in CORNERS {
            assert_eq!(execute(word, a, b), define(a, b), "{name} {a:#x} {b:#x}");
        }
    }
}

#[test]
fn register_operations_follow_the_manual() {
    let s = |x: u32| i128::from(x.cast_signed());
    let u = |x: u32| i128::from(x);
    check("add", register(0, 0), |a, b| low(s(a) + s(b)));
    check("sub", register(0x20, 0), |a, b| low(s(a) - s(b)));
    check("sll", register(0, 1), |a, b| low(u(a) << (b % 32)));
    check("slt", register(0, 2), |a, b| u32::from(s(a) < s(b)));
    check("sltu", register(0, 3), |a, b| u32::from(u(a) < u(b)));
    check("xor", register(0, 4), |a, b| a ^ b);
    check("srl", register(0, 5), |a, b| low(u(a) >> (b % 32)));
    check("sra", register(0x20, 5), |a, b| low(s(a) >> (b % 32)));
    check("or", register(0, 6), |a, b| a | b);
    check("and", register(0, 7), |a, b| a & b);
    check("mul", register(1, 0), |a, b| low(s(a) * s(b)));
    check("mulh", register(1, 1), |a, b| low((s(a) * s(b)) >> 32));
    check("mulhsu", register(1, 2), |a, b| low((s(a) * u(b)) >> 32));
    check("mulhu", register(1, 3), |a, b| low((u(a) * u(b)) >> 32));
    check("div", register(1, 4), |a, b| if b == 0 { u32::MAX } else { low(s(a) / s(b)) });
    check("divu", register(1, 5), |a, b| if b == 0 { u32::MAX } else { low(u(a) / u(b)) });
    check("rem", register(1, 6), |a, b| if b == 0 { a } else { low(s(a) % s(b)) });
    check("remu", register(1, 7), |a, b| if b == 0 { a } else { low(u(a) % u(b)) });
}

#[test]
fn immediate_operations_follow_the_manual() {
    for immediate in [-2048_i32, -1, 0, 1, 2047] {
        let s = |x: u32| i128::from(x.cast_signed());
        let word = |funct3: u32| {
            (immediate.cast_unsigned() << 20) | 1 << 15 | funct3 << 12 | 3 << 7 | 0x13
        };
        let wide = i128::from(immediate);
        check("addi", word(0), |a, _| low(s(a) + wide));
        check("slti", word(2), |a, _| u32::from(s(a) < wide));
        check("sltiu", word(3), |a, _| u32::from(a < immediate.cast_unsigned()));
        check("xori", word(4), |a, _| a ^ immediate.cast_unsigned());
        check("ori", word(6), |a, _| a | immediate.cast_unsigned());
        check("andi", word(7), |a, _| a & immediate.cast_unsigned());
    }
    for amount in [0_u32, 1, 31] {
        let word = |funct7: u32, funct3: u32| {
            funct7 << 25 | amount << 20 | 1 << 15 | funct3 << 12 | 3 << 7 | 0x13
        };
        check("slli", word(0, 1), |a, _| low(i128::from(a) << amount));
        check("srli", word(0, 5), |a, _| low(i128::from(a) >> amount));
        check("srai", word(0x20, 5), |a, _| low(i128::from(a.cast_signed()) >> amount));
    }
    check("lui", 0xfffff << 12 | 3 << 7 | 0x37, |_, _| 0xffff_f000);
    check("auipc", 0x80000 << 12 | 3 << 7 | 0x17, |_, _| 0xc000_0000);
}
