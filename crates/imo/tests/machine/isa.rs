//! A program for each instruction of RV32I and M, run by `imo vm run` and, step by step, by `imo vm
//! check`.
//!
//! A program tries its instruction on many operands. It exits with the number of the first case
//! that went wrong, or 0. The expected results are computed here in wide integers, as the manual
//! defines them.

use std::fs;

use crate::asm::{
    DATA, TEXT, addi, b_type, exit, i_type, jal, jalr, li, program, r_type, s_type, u_type,
};
use crate::commands::{at, folder, imo};

const CORNERS: [u32; 10] =
    [0, 1, 2, 0x7f, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fff9, u32::MAX, 0x1234_5678];
const IMMEDIATES: [i32; 7] = [-2048, -1, 0, 1, 7, 0x555, 2047];

/// A program that checks its cases one after the other.
#[derive(Default)]
struct Cases {
    words: Vec<u32>,
    count: u32,
}

impl Cases {
    fn pc(&self) -> u32 {
        TEXT + 4 * u32::try_from(self.words.len()).expect("a small program")
    }

    /// Adds a case: instructions that set up the operands, the instruction under test, and the
    /// value that register `rd` must then hold.
    fn case(&mut self, setup: &[[u32; 2]], body: &[u32], rd: u32, expected: u32) {
        self.count += 1;
        self.words.extend(setup.as_flattened());
        self.words.extend(body);
        self.words.extend([li(10, self.count), li(31, expected)].concat());
        self.words.push(b_type(0, [rd, 31], 4 + 8));
        self.words.extend(exit());
    }

    fn finish(mut self) -> Vec<u32> {
        self.words.push(addi(10, 0, 0));
        self.words.extend(exit());
        self.words
    }
}

/// Runs a program, then has the contract check every step.
fn verify(name: &str, cases: Cases, data: &[u8]) {
    assert!(cases.count > 0, "{name}");
    let path = folder(&format!("isa-{name}")).join(name);
    fs::write(&path, program(&cases.finish(), data)).expect("the folder can be written");
    for command in ["run", "check"] {
        let outcome = imo(&["vm", command, at(&path), "--json"]);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        let report = outcome.object();
        assert_eq!(report["exit_code"], 0, "{name}");
        if command == "check" {
            assert_eq!(report["verified"]["steps"], report["steps"], "{name}");
        }
    }
}

fn low(value: i128) -> u32 {
    u32::try_from(value & 0xffff_ffff).expect("32 bits")
}

fn signed(value: u32) -> i128 {
    value.cast_signed().into()
}

/// A register operation: name, funct7, funct3, and the result of its two operands.
type Register = (&'static str, u32, u32, fn(u32, u32) -> u32);

const REGISTER: [Register; 18] = [
    ("add", 0, 0, |a, b| low(signed(a) + signed(b))),
    ("sub", 0x20, 0, |a, b| low(signed(a) - signed(b))),
    ("sll", 0, 1, |a, b| low(i128::from(a) << (b % 32))),
    ("slt", 0, 2, |a, b| u32::from(signed(a) < signed(b))),
    ("sltu", 0, 3, |a, b| u32::from(a < b)),
    ("xor", 0, 4, |a, b| (a | b) - (a & b)),
    ("srl", 0, 5, |a, b| low(i128::from(a) >> (b % 32))),
    ("sra", 0x20, 5, |a, b| low(signed(a) >> (b % 32))),
    ("or", 0, 6, |a, b| !(!a & !b)),
    ("and", 0, 7, |a, b| !(!a | !b)),
    ("mul", 1, 0, |a, b| low(signed(a) * signed(b))),
    ("mulh", 1, 1, |a, b| low((signed(a) * signed(b)) >> 32)),
    ("mulhsu", 1, 2, |a, b| low((signed(a) * i128::from(b)) >> 32)),
    ("mulhu", 1, 3, |a, b| low((i128::from(a) * i128::from(b)) >> 32)),
    ("div", 1, 4, |a, b| if b == 0 { u32::MAX } else { low(signed(a) / signed(b)) }),
    ("divu", 1, 5, |a, b| if b == 0 { u32::MAX } else { low(i128::from(a) / i128::from(b)) }),
    ("rem", 1, 6, |a, b| if b == 0 { a } else { low(signed(a) % signed(b)) }),
    ("remu", 1, 7, |a, b| if b == 0 { a } else { low(i128::from(a) % i128::from(b)) }),
];

#[test]
fn isa_register_operations() {
    for (name, funct7, funct3, define) in REGISTER {
        let mut cases = Cases::default();
        let word = |registers| [r_type(funct7, funct3, registers)];
        for a in CORNERS {
            for b in CORNERS {
                cases.case(&[li(5, a), li(6, b)], &word([7, 5, 6]), 7, define(a, b));
            }
            // One register may be result and operand, or both operands.
            cases.case(&[li(5, a), li(6, 9)], &word([5, 5, 6]), 5, define(a, 9));
            cases.case(&[li(5, 9), li(6, a)], &word([6, 5, 6]), 6, define(9, a));
            cases.case(&[li(5, a)], &word([5, 5, 5]), 5, define(a, a));
            cases.case(&[li(5, a)], &word([7, 0, 5]), 7, define(0, a));
            cases.case(&[li(5, a)], &word([7, 5, 0]), 7, define(a, 0));
            cases.case(&[li(5, a)], &word([0, 5, 5]), 0, 0);
        }
        verify(name, cases, &[]);
    }
}

/// An immediate operation: name, funct3, and the result of operand and immediate.
type Immediate = (&'static str, u32, fn(u32, i128) -> u32);

const IMMEDIATE: [Immediate; 6] = [
    ("addi", 0, |a, b| low(signed(a) + b)),
    ("slti", 2, |a, b| u32::from(signed(a) < b)),
    ("sltiu", 3, |a, b| u32::from(a < low(b))),
    ("xori", 4, |a, b| (a | low(b)) - (a & low(b))),
    ("ori", 6, |a, b| low(signed(a) | b)),
    ("andi", 7, |a, b| low(signed(a) & b)),
];

/// A shift by an immediate: name, funct3, high bits, and the result of operand and amount.
type Shift = (&'static str, u32, i32, fn(u32, i32) -> u32);

const SHIFT: [Shift; 3] = [
    ("slli", 1, 0, |a, by| low(i128::from(a) << by)),
    ("srli", 5, 0, |a, by| low(i128::from(a) >> by)),
    ("srai", 5, 0x400, |a, by| low(signed(a) >> by)),
];

#[test]
fn isa_immediate_operations() {
    for (name, funct3, define) in IMMEDIATE {
        let mut cases = Cases::default();
        for a in CORNERS {
            for immediate in IMMEDIATES {
                let expected = define(a, immediate.into());
                let word = |rd| [i_type(0x13, funct3, [rd, 5], immediate)];
                cases.case(&[li(5, a)], &word(7), 7, expected);
                cases.case(&[li(5, a)], &word(5), 5, expected);
                cases.case(&[li(5, a)], &word(0), 0, 0);
            }
        }
        verify(name, cases, &[]);
    }
    for (name, funct3, high, define) in SHIFT {
        let mut cases = Cases::default();
        for a in CORNERS {
            for amount in [0, 1, 4, 15, 16, 30, 31] {
                let word = |rd| [i_type(0x13, funct3, [rd, 5], high | amount)];
                cases.case(&[li(5, a)], &word(7), 7, define(a, amount));
                cases.case(&[li(5, a)], &word(5), 5, define(a, amount));
            }
        }
        verify(name, cases, &[]);
    }
}

#[test]
fn isa_upper_immediates() {
    let (mut lui, mut auipc) = (Cases::default(), Cases::default());
    for upper in [0, 0x1000, 0x7fff_f000, 0x8000_0000, 0xffff_f000, 0x1234_5000] {
        lui.case(&[], &[u_type(0x37, 7, upper)], 7, upper);
        lui.case(&[], &[u_type(0x37, 0, upper)], 0, 0);
        let expected = low(i128::from(auipc.pc()) + i128::from(upper));
        auipc.case(&[], &[u_type(0x17, 7, upper)], 7, expected);
    }
    verify("lui", lui, &[]);
    verify("auipc", auipc, &[]);
}

/// A branch: name, funct3, and when it is taken.
type Branch = (&'static str, u32, fn(u32, u32) -> bool);

const BRANCH: [Branch; 6] = [
    ("beq", 0, |a, b| signed(a) - signed(b) == 0),
    ("bne", 1, |a, b| signed(a) - signed(b) != 0),
    ("blt", 4, |a, b| signed(a) < signed(b)),
    ("bge", 5, |a, b| signed(a) >= signed(b)),
    ("bltu", 6, |a, b| i128::from(a) < i128::from(b)),
    ("bgeu", 7, |a, b| i128::from(a) >= i128::from(b)),
];

#[test]
fn isa_branches() {
    for (name, funct3, define) in BRANCH {
        let mut cases = Cases::default();
        for a in CORNERS {
            for b in CORNERS {
                let setup = [li(5, a), li(6, b), li(7, 0)];
                let forward = [b_type(funct3, [5, 6], 8), addi(7, 7, 1)];
                cases.case(&setup, &forward, 7, u32::from(!define(a, b)));
                let backward = [jal(0, 12), addi(7, 7, 1), jal(0, 8), b_type(funct3, [5, 6], -8)];
                cases.case(&setup, &backward, 7, u32::from(define(a, b)));
            }
        }
        verify(name, cases, &[]);
    }
}

#[test]
fn isa_jumps() {
    let mut cases = Cases::default();
    for _ in 0..4 {
        let after = cases.pc() + 4;
        cases.case(&[], &[jal(7, 8), addi(7, 0, 0)], 7, after);
        let back = [jal(0, 12), addi(8, 7, 0), jal(0, 8), jal(7, -8)];
        let after = cases.pc() + 16;
        cases.case(&[], &back, 8, after);
        cases.case(&[], &[jal(0, 8), addi(0, 0, 0)], 0, 0);
    }
    verify("jal", cases, &[]);

    let mut cases = Cases::default();
    for offset in [-2048, -1, 0, 1, 2047] {
        // Jump past the next instruction. The lowest bit of the target is dropped.
        for odd in [0, 1] {
            let after = cases.pc() + 8 + 4;
            let base = (after + 4 + odd).wrapping_sub(i32::cast_unsigned(offset));
            let odd_dropped = (base.wrapping_add(offset.cast_unsigned())) & 1 == odd;
            assert!(odd_dropped, "the case is what it is meant to be");
            cases.case(&[li(5, base)], &[jalr(7, 5, offset), addi(7, 0, 0)], 7, after);
            // The link register may be the base register.
            let after = cases.pc() + 8 + 4;
            let base = (after + 4 + odd).wrapping_sub(offset.cast_unsigned());
            cases.case(&[li(5, base)], &[jalr(5, 5, offset), addi(5, 0, 0)], 5, after);
        }
    }
    verify("jalr", cases, &[]);
}

const BYTES: [u8; 16] = [
    0x00, 0xff, 0x80, 0x7f, 0x01, 0x81, 0xfe, 0x00, 0xff, 0xff, 0x00, 0x80, 0x78, 0x56, 0x34, 0x12,
];

/// A load or store: name, funct3 and width; for a load, also whether the number is signed.
const LOAD: [(&str, u32, usize, bool); 5] = [
    ("lb", 0, 1, true),
    ("lh", 1, 2, true),
    ("lw", 2, 4, true),
    ("lbu", 4, 1, false),
    ("lhu", 5, 2, false),
];
const STORE: [(&str, u32, usize); 3] = [("sb", 0, 1), ("sh", 1, 2), ("sw", 2, 4)];

#[test]
fn isa_loads() {
    for (name, funct3, width, is_signed) in LOAD {
        let mut cases = Cases::default();
        for place in (0..BYTES.len()).step_by(width) {
            let number = BYTES[place..place + width].iter().rev();
            let number = number.fold(0_i128, |number, byte| number << 8 | i128::from(*byte));
            let top = 1_i128 << (8 * width - 1);
            let expected = low(if is_signed { (number ^ top) - top } else { number });
            for offset in [-2048, -4, 0, 4, 2044] {
                let address = DATA + u32::try_from(place).expect("small");
                let base = address.wrapping_sub(i32::cast_unsigned(offset));
                let word = |rd| [i_type(3, funct3, [rd, 5], offset)];
                cases.case(&[li(5, base)], &word(7), 7, expected);
                cases.case(&[li(5, base)], &word(5), 5, expected);
                cases.case(&[li(5, base)], &word(0), 0, 0);
            }
        }
        verify(name, cases, &BYTES);
    }
}

#[test]
fn isa_stores() {
    for (name, funct3, width) in STORE {
        let mut cases = Cases::default();
        let mut memory = BYTES;
        for (index, value) in CORNERS.iter().cycle().take(40).enumerate() {
            let place = index * width % BYTES.len();
            memory[place..place + width].copy_from_slice(&value.to_le_bytes()[..width]);
            let at = |place: usize| DATA + u32::try_from(place).expect("small");
            let offset = IMMEDIATES[index % IMMEDIATES.len()];
            let base = at(place).wrapping_sub(offset.cast_unsigned());
            let whole = place & !3;
            let word = memory[whole..].first_chunk().expect("a word");
            let setup = [li(5, base), li(6, *value), li(7, at(whole))];
            let body = [s_type(funct3, [5, 6], offset), i_type(3, 2, [7, 7], 0)];
            cases.case(&setup, &body, 7, u32::from_le_bytes(*word));
        }
        // The bytes around it do not change.
        for (place, word) in memory.chunks(4).enumerate() {
            let address = DATA + 4 * u32::try_from(place).expect("small");
            let word = u32::from_le_bytes(*word.first_chunk().expect("a word"));
            cases.case(&[li(7, address)], &[i_type(3, 2, [7, 7], 0)], 7, word);
        }
        verify(name, cases, &BYTES);
    }
}

#[test]
fn isa_fence() {
    let mut cases = Cases::default();
    for operands in [0x0ff0_0000, 0x0330_0000, 0x8330_0000, 0] {
        cases.case(&[li(7, 5)], &[operands | 0x0f, operands | 0x0f | 3 << 7], 7, 5);
    }
    verify("fence", cases, &[]);
}

/// Every instruction that the machine knows has a program here, except the system call that ends
/// each program.
#[test]
fn isa_is_covered() {
    let names = REGISTER.len() + IMMEDIATE.len() + SHIFT.len() + BRANCH.len() + LOAD.len();
    let others = STORE.len() + ["lui", "auipc", "jal", "jalr", "fence"].len();
    let known = imo_vm::Operation::Ecall as usize;
    assert_eq!(names + others, known, "instructions before ECALL in the list of operations");
}
