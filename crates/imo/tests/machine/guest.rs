//! Steps of the real guest on nodes of a small model: run fast, from the witness, and in the
//! contract.

use imo::evm::Stepper;
use imo_engine::{Deviations, Means, Session};
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program};
use imo_vm::check;

use crate::games::sampled;
use crate::random::{Random, soak};

const STEPS_OF_A_NODE: u64 = 100;

#[test]
fn steps_of_every_kind_of_node_are_taken_by_the_contract_as_by_the_machine() {
    let (bytes, _) = pack_bytes(&gguf(5, &TinyShape::default()), |_, _| ()).expect("supported");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let program = Program::of(&image).expect("the text program");
    let limits = limits(&image).expect("the text program");
    let session = Session::new(&image, limits, Means::detect(2)).expect("a session");
    let request = sampled("and the end", 3);
    let (answer, trace) = answer(&session, &request, &Deviations::default());
    let (tree, input, claimed) = (image.tree(), request.encode(), ClaimedTrace::own(&trace));
    let shape = limits.shape;
    let position = u32::try_from(answer.prompt_tokens.len()).expect("a few");
    let mut nodes = vec![0, shape.sampler(position), shape.emit(), shape.emit() - 1];
    nodes.extend((0..image.header().layers).map(|layer| shape.layer(position, layer)));
    nodes.extend((0..image.header().head_parts).map(|part| shape.head(position, part)));

    let mut stepper = Stepper::new();
    let mut random = Random(1);
    for node in nodes {
        let kind = shape.kind(node);
        let run = program.run((&image, &tree), &input, &claimed, node);
        let (machine, roots) = (*run.segments().machine(), run.segments().roots());
        let code = run.segments().code();
        stepper.store(code, machine.code_depth).expect("sound pieces");
        let length = u32::try_from(run.steps()).expect("a small model");
        // The first step, the last, the halted state after it, and some steps between.
        let mut steps = vec![0, run.steps() - 1, run.steps()];
        steps.extend((0..STEPS_OF_A_NODE * soak()).map(|_| u64::from(random.below(length))));
        steps.sort_unstable();
        for step in steps {
            let fast = run.state_hashes(&[step, step + 1]);
            let pair = (fast[0], fast[1]);
            let witness = run.witness(step);
            assert_eq!(check(&machine, &roots, code, &witness), Ok(pair), "{kind:?}, step {step}");
            let stepped = stepper.step(&machine, &roots, &witness);
            let stepped = stepped.unwrap_or_else(|why| panic!("{kind:?}, step {step}: {why}"));
            assert_eq!((stepped.before, stepped.after), pair, "{kind:?}, step {step}");
        }
    }
}
