//! `imo vm` as people and programs use it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::asm::{
    DATA, ECALL, EXECUTE, READ, Segment, TEXT, WRITE, addi, elf, exit, i_type, jal, program,
    s_type, u_type,
};
use crate::random::Random;

/// An empty folder for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine").join(test);
    // An earlier run may have left it.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A path as an argument.
pub(crate) fn at(path: &Path) -> &str {
    path.to_str().expect("the target folder's name is UTF-8")
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    /// The object of `--json`.
    pub(crate) fn object(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn imo(args: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imo"));
    let output = command.args(args).stdin(Stdio::null()).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("words are UTF-8");
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a file with both commands and checks how each ends.
fn check(name: &str, file: &[u8], more: &[&str], code: i32, expected: &[(&str, Value)]) {
    let path = folder(name).join("program.elf");
    fs::write(&path, file).expect("the folder can be written");
    for command in ["run", "check"] {
        let args = [&["vm", command, at(&path)], more].concat();
        let report = imo(&[&args[..], &["--json"]].concat());
        assert_eq!(report.code, Some(code), "{name}: {report:?}");
        let report = report.object();
        for (key, value) in expected {
            assert_eq!(report.pointer(key), Some(value), "{name}: {key}: {report}");
        }
        let words = imo(&args);
        assert_eq!(words.code, Some(code), "{name}: {words:?}");
        let hash = report["state_hash"].as_str().expect("a hash");
        assert!(words.stdout.contains(hash), "{name}: {words:?}");
    }
}

#[test]
fn programs_end_as_they_say() {
    let nothing = Value::Null;
    let exits = |code: i32| program(&[&[addi(10, 0, code)][..], &exit()].concat(), &[]);
    check("zero", &exits(0), &[], 0, &[("/exit_code", 0.into()), ("/steps", 3.into())]);
    let expected = [("/exit_code", 7.into()), ("/registers/10", 7.into())];
    check("seven", &exits(7), &[], 1, &expected);
    let fault = [addi(5, 0, 1), i_type(3, 2, [6, 5], 0)];
    let pc = Value::from(TEXT + 4);
    let expected = [("/status", "fault".into()), ("/exit_code", nothing.clone()), ("/pc", pc)];
    check("misaligned", &program(&fault, &[]), &[], 1, &expected);
    let other = [addi(17, 0, 64), ECALL];
    check("call", &program(&other, &[]), &[], 1, &[("/status", "fault".into())]);
    let expected = [("/status", "running".into()), ("/exit_code", nothing), ("/steps", 50.into())];
    check("loop", &program(&[jal(0, 0)], &[]), &["--max-steps", "50"], 1, &expected);
}

/// Data is at the address it was linked to. Bytes that the file does not have are zero. The stack
/// is at the end of memory and usable.
#[test]
fn programs_find_data_text_and_stack() {
    let words = [
        u_type(0x37, 5, DATA),
        // Load data, then what lies behind the file's bytes.
        i_type(3, 2, [10, 5], 0),
        i_type(3, 2, [11, 5], 4),
        // Load from the text.
        u_type(0x37, 6, TEXT),
        i_type(3, 2, [12, 6], 0),
        // Store to the stack and load again.
        s_type(2, [2, 10], -4),
        i_type(3, 2, [13, 2], -4),
        addi(10, 11, 0),
    ];
    let file = program(&[&words[..], &exit()].concat(), &[0x78, 0x56, 0x34, 0x12]);
    let expected = [
        ("/exit_code", 0.into()),
        ("/registers/12", words[0].into()),
        ("/registers/13", 0x1234_5678.into()),
        ("/registers/2", (2_u32 << 20).into()),
    ];
    check("data", &file, &[], 0, &expected);
}

/// Segments at addresses that work, then at addresses that do not.
#[test]
fn segments_have_their_places() {
    let text: Vec<u8> =
        [&[addi(10, 0, 0)][..], &exit()].concat().iter().flat_map(|it| it.to_le_bytes()).collect();
    let segment = |address, flags, bytes| Segment { address, flags, bytes, size: 12 };
    let code = |address| segment(address, READ | EXECUTE, &text[..]);
    // Code at a high address, code that begins inside a leaf, code at 0, a separate constant behind
    // high code.
    for (name, entry, segments) in [
        ("high", 0x4000_0000, vec![code(0x4000_0000)]),
        ("odd", 0x1_0074, vec![code(0x1_0074)]),
        ("first", 0, vec![code(0)]),
        ("rodata", 0x4000_0000, vec![code(0x4000_0000), segment(0x4000_1000, READ, &[1; 12])]),
        ("writable", 0x1_0000, vec![code(0x1_0000), segment(0x200_0000, READ | WRITE, &[1; 12])]),
    ] {
        check(name, &elf(entry, &segments), &[], 0, &[("/exit_code", 0.into())]);
    }
    let path = folder("misplaced").join("program.elf");
    let writable = |address| segment(address, READ | WRITE, &[1; 12]);
    for (file, why) in [
        (elf(0x1_0000, &[code(0x1_0000), writable(0x8000_0000)]), "0x80000000"),
        (elf(0x1_0000, &[code(0x1_0000), writable(0x3fff_fff0)]), "0x3ffffff0"),
        (elf(0x1_0000, &[code(0x1_0000), code(0x800_0000)]), "0x08000000"),
        (elf(0x1_0002, &[code(0x1_0000)]), "entry 0x00010002"),
        (elf(0x1_000c, &[code(0x1_0000)]), "entry 0x0001000c"),
        (elf(0xf000, &[code(0x1_0000)]), "entry 0x0000f000"),
        (elf(0x1_0000, &[writable(0x1_0000)]), "no segment is executable"),
        (elf(0x1_0000, &[]), "no segment is executable"),
        (b"\x7fELF".to_vec(), "not an ELF file"),
        (b"#!/bin/sh".to_vec(), "not an ELF file"),
        (vec![], "not an ELF file"),
    ] {
        fs::write(&path, file).expect("the folder can be written");
        for command in ["run", "check"] {
            let outcome = imo(&["vm", command, at(&path)]);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{outcome:?}");
            assert!(outcome.stderr.contains("program.elf: "), "{outcome:?}");
            assert!(outcome.stderr.contains(why), "{why}: {outcome:?}");
        }
    }
    let missing = imo(&["vm", "run", "no-such.elf"]);
    assert!(missing.code == Some(1) && missing.stderr.contains("no-such.elf: "), "{missing:?}");
}

/// No file makes the reader panic, and whatever the reader accepts can be loaded.
#[test]
fn damaged_files_are_programs_or_errors() {
    let whole = program(&[&[addi(10, 0, 0)][..], &exit()].concat(), &[1, 2, 3, 4]);
    let mut random = Random(1);
    let mut taken = 0;
    for case in 0..20_000_u32 {
        let mut file = whole.clone();
        for _ in 0..=random.below(3) {
            let place = random.below(u32::try_from(file.len()).expect("small")) as usize;
            let any = random.word().to_le_bytes()[0];
            file[place] = random.of(&[0, 1, 0x7f, 0x80, 0xff, any]);
        }
        if random.below(8) == 0 {
            file.truncate(random.below(u32::try_from(file.len()).expect("small")) as usize);
        }
        // Memory of at most 4 MiB is enough to try what was read.
        let depth = imo_vm::Elf::memory_depth(&file, 1 << 10).map(|depth| depth.min(15));
        if let Ok(elf) = depth.and_then(|depth| {
            imo_vm::Elf::parse(&file, depth).inspect(|elf| drop(elf.memory(depth)))
        }) {
            assert!(elf.entry % 4 == 0 && elf.code_depth() <= 17, "case {case}");
            taken += 1;
        }
    }
    assert!(taken > 1_000, "{taken} of the files can be loaded");
}
