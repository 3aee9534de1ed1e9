//! The gas of a step on chain, by instruction and by the segment it reads
//! (`contracts/snapshots/OneStep.json`; `UPDATE=1` writes it anew).
//!
//! The gas is that of a whole transaction to the stepper: 21,000, calldata and execution. Witnesses
//! are as expensive as they can be at these depths: no byte of a leaf, sibling or register is zero.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use imo::evm::Stepper;
use imo_commit::{Hash, dense_root, hash_leaf, root_from_opening};
use imo_engine::{Deviations, Means, Session};
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program, Request};
use imo_vm::map::{INPUT_BASE, MODEL_BASE, TRACE_BASE};
use imo_vm::{Machine, Region, Roots, State, check};

use crate::asm::{ECALL, addi, b_type, i_type, jal, jalr, r_type, s_type, u_type};
use crate::random::{Random, soak};

/// SmolLM2's depths: 128 KiB of code, 4 MiB of memory, 32 KiB of input, an image of 84 MB, 2^19
/// slots of 4 KiB.
const SMOLLM2: Machine = Machine {
    code_base: 0x4000_0000,
    code_depth: 10,
    memory_depth: 15,
    input_depth: 8,
    model_depth: 20,
    trace_depth: 24,
    trace_limit: 1 << 31,
};
/// Depth of the image of a model of 8 GiB.
const LARGE: u8 = 26;
/// The offset of an access in its segment. In the code, it is in another piece than the
/// instruction.
const OFFSET: u32 = 0x5104;

/// Random bytes, none of them zero.
fn bytes<const N: usize>(random: &mut Random) -> [u8; N] {
    std::array::from_fn(|_| 1 + u8::try_from(random.below(255)).expect("below 255"))
}

/// A leaf with its siblings, and the root that they lead to.
fn open(random: &mut Random, depth: u8, offset: u64) -> (Vec<u8>, Hash) {
    let leaf: [u8; 128] = bytes(random);
    let siblings: Vec<Hash> = (0..depth).map(|_| bytes(random)).collect();
    let root = root_from_opening(hash_leaf(&leaf), offset >> 7, &siblings);
    ([&leaf[..], siblings.as_flattened()].concat(), root)
}

/// Gas of the step that executes `word`, with x5 pointing into a segment.
fn gas(stepper: &mut Stepper, machine: &Machine, word: u32, access: Option<Region>) -> u64 {
    let mut random = Random(u64::from(word));
    let mut state = State::new(machine.code_base + 0x1234, [0; 3]);
    for index in 1..32 {
        state.set_register(index, u32::from_le_bytes(bytes(&mut random)));
    }
    state.set_register(17, 93);
    let base = match access {
        None | Some(Region::Memory) => 0,
        Some(Region::Code) => machine.code_base,
        Some(Region::Input) => INPUT_BASE,
        Some(Region::Model) => MODEL_BASE,
        Some(Region::Trace) => TRACE_BASE,
    };
    state.set_register(5, base + OFFSET);
    let code = [&[0; 0x1234][..], &word.to_le_bytes(), &[0; 0x6000]].concat();
    stepper.store(&code, machine.code_depth).expect("sound pieces");
    let mut roots = Roots {
        code: dense_root(&code, machine.code_depth),
        model: bytes(&mut random),
        input: bytes(&mut random),
        trace: bytes(&mut random),
    };
    let (mut root, mut opening) = (bytes(&mut random), Vec::new());
    if let Some(region) = access.filter(|region| *region != Region::Code) {
        let (bytes, found) = open(&mut random, machine.depth(region), OFFSET.into());
        opening = bytes;
        match region {
            Region::Memory => root = found,
            Region::Code => unreachable!("filtered"),
            Region::Input => roots.input = found,
            Region::Model => roots.model = found,
            Region::Trace => roots.trace = found,
        }
    }
    let witness = [&state.encode(root)[..], &opening].concat();
    let ours = check(machine, &roots, &code, &witness).expect("a sound witness");
    let stepped = stepper.step(machine, &roots, &witness).expect("a sound witness");
    assert_eq!((stepped.before, stepped.after), ours, "{word:#010x}");
    assert_ne!(ours.0, ours.1, "{word:#010x} is executed");
    stepped.gas
}

/// The gas of every instruction, by name.
fn table(machine: &Machine) -> BTreeMap<String, u64> {
    let registers = [7, 6, 5];
    let mut words = vec![
        ("lui", u_type(0x37, 7, 0x1234_5000)),
        ("auipc", u_type(0x17, 7, 0x1234_5000)),
        ("jal", jal(7, 0x124)),
        ("jalr", jalr(7, 5, 0)),
        ("fence", 0x0ff0_000f),
        ("ecall", ECALL),
        ("illegal", u32::MAX),
        ("slli", i_type(0x13, 1, [7, 5], 9)),
        ("srli", i_type(0x13, 5, [7, 5], 9)),
        ("srai", i_type(0x13, 5, [7, 5], 0x409)),
        ("addi", addi(7, 5, 9)),
        ("sub", r_type(0x20, 0, registers)),
        ("sra", r_type(0x20, 5, registers)),
    ];
    let numbered = |names: [&'static str; 8], make: &dyn Fn(u32) -> u32| {
        let named = names.into_iter().zip(0..).filter(|(name, _)| !name.is_empty());
        named.map(|(name, funct3)| (name, make(funct3))).collect::<Vec<_>>()
    };
    let immediates = ["", "", "slti", "sltiu", "xori", "", "ori", "andi"];
    words.extend(numbered(immediates, &|funct3| i_type(0x13, funct3, [7, 5], 0x123)));
    let arithmetic = ["add", "sll", "slt", "sltu", "xor", "srl", "or", "and"];
    words.extend(numbered(arithmetic, &|funct3| r_type(0, funct3, registers)));
    let products = ["mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"];
    words.extend(numbered(products, &|funct3| r_type(1, funct3, registers)));
    let branches = ["beq", "bne", "", "", "blt", "bge", "bltu", "bgeu"];
    words.extend(numbered(branches, &|funct3| b_type(funct3, [5, 6], 0x124)));

    let mut stepper = Stepper::new();
    let mut table: BTreeMap<String, u64> = BTreeMap::new();
    for (name, word) in words {
        table.insert(name.to_owned(), gas(&mut stepper, machine, word, None));
    }
    let loads = numbered(["lb", "lh", "lw", "", "lbu", "lhu", "", ""], &|funct3| {
        i_type(3, funct3, [7, 5], 0)
    });
    for (region, place) in [
        (Region::Memory, "memory"),
        (Region::Code, "code"),
        (Region::Input, "input"),
        (Region::Model, "model"),
        (Region::Trace, "trace"),
    ] {
        for (name, word) in &loads {
            let gas = gas(&mut stepper, machine, *word, Some(region));
            table.insert(format!("{name} of {place}"), gas);
        }
    }
    for (name, word) in
        numbered(["sb", "sh", "sw", "", "", "", "", ""], &|funct3| s_type(funct3, [5, 6], 0))
    {
        table.insert(name.to_owned(), gas(&mut stepper, machine, word, Some(Region::Memory)));
    }
    table
}

/// The gas at SmolLM2's depths, and of loads from a larger model.
fn whole_table() -> BTreeMap<String, u64> {
    let mut gas = table(&SMOLLM2);
    let large = Machine { model_depth: LARGE, ..SMOLLM2 };
    let of_large = table(&large).into_iter().filter(|(name, _)| name.ends_with("model"));
    gas.extend(of_large.map(|(name, gas)| (format!("{name} of 8 GiB"), gas)));
    gas
}

#[test]
fn a_step_costs_what_is_recorded() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/snapshots/OneStep.json");
    let fresh = serde_json::to_string_pretty(&whole_table()).expect("a map of numbers") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).expect("the file can be written");
    }
    let kept = fs::read_to_string(&path).expect("OneStep.json is there; UPDATE=1 writes it");
    assert!(kept == fresh, "OneStep.json has other numbers; UPDATE=1 writes it anew:\n{fresh}");
}

/// At the real model's depths the contract agrees on steps of its nodes, and none costs more than
/// the table says for its kind.
#[test]
fn steps_of_the_real_model_cost_no_more_than_recorded() {
    let path = std::env::var_os("IMO_MODEL")
        .expect("IMO_MODEL names the demo model's GGUF file; `make test` fetches it and sets it");
    let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (bytes, _) = pack_bytes(&file, |_, _| ()).expect("the demo model packs");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let program = Program::of(&image).expect("the text program");
    let limits = limits(&image).expect("the text program");
    let session = Session::new(&image, limits, Means::detect(2)).expect("a session");
    let request = Request::local("What is the capital of France?", 4);
    let (answer, trace) = answer(&session, &request, &Deviations::default());
    let (tree, input, claimed) = (image.tree(), request.encode(), ClaimedTrace::own(&trace));
    let (shape, position) = (limits.shape, answer.prompt_tokens.len().try_into().expect("few"));

    let table = whole_table();
    let mut random = Random(7);
    let mut stepper = Stepper::new();
    let mut dearest: BTreeMap<&str, u64> = BTreeMap::new();
    for node in [0, shape.layer(position, 17), shape.head(position, 5), shape.sampler(position)] {
        let run = program.run((&image, &tree), &input, &claimed, node);
        let (machine, roots) = (*run.segments().machine(), run.segments().roots());
        stepper.store(run.segments().code(), machine.code_depth).expect("sound pieces");
        assert_eq!(Machine { trace_limit: SMOLLM2.trace_limit, ..machine }, SMOLLM2);
        let length = run.steps().try_into().expect("below the cap");
        let mut steps: Vec<u64> = (0..100 * soak()).map(|_| random.below(length).into()).collect();
        steps.sort_unstable();
        for step in steps {
            let fast = run.state_hashes(&[step, step + 1]);
            let witness = run.witness(step);
            let stepped = stepper.step(&machine, &roots, &witness).expect("an honest witness");
            assert_eq!((stepped.before, stepped.after), (fast[0], fast[1]), "node {node}, {step}");
            // The length of the witness tells which segment the step reads.
            let opened = (witness.len() - 177) / 32;
            let depths = [
                (0, "lw of code"),
                (machine.memory_depth, "lw of memory"),
                (machine.input_depth, "lw of input"),
                (machine.model_depth, "lw of model"),
                (machine.trace_depth, "lw of trace"),
            ];
            let depth = opened.saturating_sub(4);
            let kind = depths.iter().find(|it| usize::from(it.0) == depth).expect("a segment").1;
            assert!(stepped.gas <= table[kind], "node {node}, {step}: {} for {kind}", stepped.gas);
            let dearest = dearest.entry(kind).or_default();
            *dearest = stepped.gas.max(*dearest);
        }
    }
    assert!(dearest.len() >= 4, "all segments are read: {dearest:?}");
}
