//! An image of more than 4 GiB: a small model whose weights lie on both sides of that boundary. The
//! file has a hole before them.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use imo::evm::Stepper;
use imo_commit::depth;
use imo_engine::{Deviations, Means, Session};
use imo_model::{HEADER_BYTES, LAYER_BYTES, ModelImage};
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program, Request};
use imo_tensor::Sampling;
use imo_text::layout::{Kind, TextRequest};
use imo_vm::{Operation, Region, Run, State, TraceBytes, check, decode};

use crate::random::Random;

/// Offsets from here on do not fit in 32 bits.
const BOUNDARY: u64 = 1 << 32;

/// Writes an image with its body `shift` bytes later, and everything else as it is.
fn write_far(image: &ModelImage, shift: u64, path: &Path) -> std::io::Result<()> {
    let head = HEADER_BYTES + image.layers().len() * LAYER_BYTES;
    let (head, body) = image.bytes().split_at(head);
    let mut head = head.to_vec();
    let offsets_of_layer = |layer: usize| {
        let start = HEADER_BYTES + layer * LAYER_BYTES;
        [0, 8].into_iter().chain((0..8).map(|index| 16 + 24 * index)).map(move |at| start + at)
    };
    let offsets = [64, 88, 112, 120, 128, 160].into_iter();
    for at in offsets.chain((0..image.layers().len()).flat_map(offsets_of_layer)) {
        let place = head[at..].first_chunk_mut::<8>().expect("a field of the head");
        *place = (u64::from_le_bytes(*place) + shift).to_le_bytes();
    }
    let mut file = File::create(path)?;
    file.write_all(&head)?;
    file.seek(SeekFrom::Start(head.len() as u64 + shift))?;
    file.write_all(body)
}

/// The offset in the model that the step from this state loads from, if it does.
fn model_offset<T: TraceBytes>(run: &Run<'_, T>, state: &State) -> Option<u64> {
    let machine = run.segments().machine();
    let at = usize::try_from(machine.fetch(state.pc)?).expect("code is small");
    let word = run.segments().code().get(at..)?.first_chunk()?;
    let instruction = decode(u32::from_le_bytes(*word));
    let size = match instruction.operation {
        Operation::Lb | Operation::Lbu => 1,
        Operation::Lh | Operation::Lhu => 2,
        Operation::Lw => 4,
        _ => return None,
    };
    let address = state.register(instruction.rs1.into()).wrapping_add(instruction.immediate);
    match machine.load(address, size, state.model_window, state.trace_window)? {
        (Region::Model, offset) => Some(offset),
        _ => None,
    }
}

#[test]
fn weights_beyond_4_gib_are_those_of_the_trace_and_of_the_contract() {
    let shape = TinyShape { architecture: "qwen2", ..TinyShape::default() };
    let (near, _) = pack_bytes(&gguf(5, &shape), |_, _| ()).expect("supported");
    let near = ModelImage::from_bytes(near).expect("sound");
    // The boundary lies inside a matrix of the first layer.
    let shift = BOUNDARY - (near.layers()[0].gate.offset + 15 * 128);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("far.imo");
    write_far(&near, shift, &path).expect("written");
    let far = ModelImage::open(&path).expect("sound");
    let gate = far.layers()[0].gate;
    assert!(gate.offset < BOUNDARY && gate.offset + gate.bytes() as u64 > BOUNDARY);
    assert_eq!(depth(far.header().length), 26, "the tree of 8 GiB");
    let tree = far.tree();
    assert_eq!(tree.root(), far.root());

    let program = Program::of(&far).expect("the text program");
    let limits = limits(&far).expect("the text program");
    let sampling = Sampling { temperature: 80_000, ..Sampling::default() };
    let text = TextRequest { sampling, prompt: "and the end", ..TextRequest::default() };
    let request = Request { seed: 3, ..text.local(3) };
    let run = |image| {
        let session = Session::new(image, limits, Means::detect(2)).expect("a session");
        answer(&session, &request, &Deviations::default())
    };
    let ((answer, trace), (near_answer, near_trace)) = (run(&far), run(&near));
    assert_eq!(answer, near_answer);
    assert_eq!(trace.tree().root(), near_trace.tree().root(), "where weights lie changes no slot");

    let (shape, header) = (limits.shape, far.header());
    let position = u32::try_from(answer.prompt_tokens.len()).expect("a few");
    let nodes = [0, shape.head(position, 0), shape.sampler(position), shape.emit()].into_iter();
    let layers = (0..header.layers).map(|layer| shape.layer(position, layer));
    let (input, claimed) = (request.encode(), ClaimedTrace::own(&trace));
    let (mut stepper, mut random) = (Stepper::new(), Random(1));
    for node in nodes.chain(layers) {
        let kind = shape.kind(node);
        let run = program.run((&far, &tree), &input, &claimed, node);
        assert_eq!(program.slot(&run).as_ref(), Ok(&trace.slot(node)), "{kind:?}");
        let (machine, roots) = (*run.segments().machine(), run.segments().roots());
        let code = run.segments().code();
        stepper.store(code, machine.code_depth).expect("sound pieces");
        let length = u32::try_from(run.steps()).expect("a small model");
        let steps = (0..2000).map(|_| u64::from(random.below(length)));
        let beyond = |step: &u64| {
            let (state, _) = State::decode(&run.state_at(*step)).expect("a state");
            model_offset(&run, &state).is_some_and(|offset| offset >= BOUNDARY)
        };
        let steps: Vec<_> = steps.filter(beyond).take(3).collect();
        let reads_often = matches!(kind, Kind::Tokens { .. } | Kind::Layer { .. });
        assert!(!reads_often || steps.len() == 3, "{kind:?}: {steps:?}");
        for step in steps {
            let states = run.state_hashes(&[step, step + 1]);
            let pair = (states[0], states[1]);
            let witness = run.witness(step);
            assert_eq!(check(&machine, &roots, code, &witness), Ok(pair), "{kind:?}, step {step}");
            let stepped = stepper.step(&machine, &roots, &witness).expect("a step");
            assert_eq!((stepped.before, stepped.after), pair, "{kind:?}, step {step}");
        }
    }
}
