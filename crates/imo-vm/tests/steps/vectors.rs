//! Golden steps, in a file that Rust and Solidity both read: `UPDATE=1` writes it anew.

use std::fmt::Write;
use std::path::Path;

use arbtest::arbitrary::Unstructured;
use imo_commit::keccak256;
use imo_vm::{Machine, Roots};

use crate::scene::Scene;

const CASES: u32 = 250;

#[test]
fn golden_steps_are_those_of_the_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/step.json");
    let fresh = render();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).expect("the file can be written");
    }
    let kept =
        std::fs::read_to_string(&path).expect("vectors/step.json is there; UPDATE=1 writes it");
    assert!(
        kept == fresh,
        "vectors/step.json is not what the machine does; UPDATE=1 writes it anew"
    );
}

/// Parallel arrays of hexadecimal strings: the ABI-encoded machine, the code, the witness, and the
/// hashes before and after.
fn render() -> String {
    let mut columns = [const { String::new() }; 5];
    for case in 0..CASES {
        let entropy: Vec<u8> = (0..64_u32)
            .flat_map(|i| keccak256(&[case.to_be_bytes(), i.to_be_bytes()].concat()))
            .collect();
        let scene = Scene::random(&mut Unstructured::new(&entropy)).expect("enough bytes");
        let (witness, before, after) = scene.proven();
        let machine = encode(&scene.machine, &scene.segments().roots());
        let cells = [&machine[..], &scene.code, &witness, &before, &after];
        for (column, bytes) in columns.iter_mut().zip(cells) {
            let comma = if case + 1 == CASES { "" } else { "," };
            writeln!(column, "    \"0x{}\"{comma}", hex(bytes)).expect("a string takes everything");
        }
    }
    let [machine, code, witness, before, after] = columns;
    format!(
        "{{\n  \"machine\": [\n{machine}  ],\n  \"code\": [\n{code}  ],\n  \
         \"witness\": [\n{witness}  ],\n  \"before\": [\n{before}  ],\n  \
         \"after\": [\n{after}  ]\n}}\n"
    )
}

/// `abi.encode` of the contract's `Machine`.
fn encode(machine: &Machine, roots: &Roots) -> Vec<u8> {
    let numbers = [
        u64::from(machine.code_base),
        machine.code_depth.into(),
        machine.memory_depth.into(),
        machine.input_depth.into(),
        machine.model_depth.into(),
        machine.trace_depth.into(),
        machine.trace_limit,
    ];
    let mut bytes = [roots.code, roots.model, roots.input, roots.trace].concat();
    for number in numbers {
        bytes.extend([0; 24]);
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}
