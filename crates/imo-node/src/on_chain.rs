//! What the player and the chain say to each other: one's structures as the other's.

use imo_chain::contracts::OpmlVerifier::{self, registerContentCall, registerProgramCall};
use imo_chain::primitives::Address;
use imo_chain::{GameView, RequestView};
use imo_engine::Request;
use imo_model::{ModelImage, Program as Parameters, SamplingWord, Stops};
use imo_player::{Difference, Program};

use crate::error::NodeError;

/// What makes a model known to the verifier: its program, and the image with that program. Neither
/// call is an error where somebody made it before.
pub fn registration(
    program: &Program,
    image: &ModelImage,
) -> (registerProgramCall, registerContentCall) {
    let parameters = program.parameters();
    let content = registerContentCall {
        imageRoot: image.root().into(),
        imageLength: image.bytes().len() as u64,
        programId: parameters.id().into(),
    };
    (registerProgramCall { program: program_on_chain(parameters) }, content)
}

/// The parameters of a program as the verifier takes them.
fn program_on_chain(it: &Parameters) -> OpmlVerifier::Program {
    OpmlVerifier::Program {
        codeRoot: it.code_root.into(),
        codeBase: it.code_base,
        entry: it.entry,
        codeDepth: it.code_depth,
        memoryDepth: it.memory_depth,
        inputDepth: it.input_depth,
        nodesLog2: it.nodes_log2,
        slotLog2: it.slot_log2,
        stepsLog2: it.steps_log2,
        outputAddress: it.output_address,
        promptLimit: it.prompt_limit,
        outputLimit: it.output_limit,
        vmVersion: Parameters::VM_VERSION,
    }
}

/// A request as the engine takes it, in the name of a claimant.
pub fn request_of(
    view: &RequestView,
    claimant: Address,
    chain_id: u64,
) -> Result<Request, NodeError> {
    let it = &view.order.request;
    let sampling = SamplingWord::parse(&it.sampling).ok_or(NodeError::MalformedSampling)?;
    let (prompt, stops) =
        Stops::split(&view.text, sampling.stop_lengths).ok_or(NodeError::MissingStops)?;
    Ok(Request {
        chain_id,
        host: it.host.into_array(),
        id: it.id.to_be_bytes(),
        model_id: it.modelId.0,
        claimant: claimant.into_array(),
        seed: it.seed,
        max_tokens: it.maxTokens,
        temperature: sampling.temperature,
        top_k: sampling.top_k,
        top_p: sampling.top_p,
        min_p: sampling.min_p,
        repeat_penalty: sampling.repeat_penalty,
        stops,
        raw: it.flags & 1 != 0,
        prompt: prompt.to_vec(),
    })
}

/// The slot that a game is about, as its claimant has shown it; none while the trace is revealed.
pub fn shown_slot(game: &GameView) -> Option<Difference> {
    let (node, slot_root, siblings) = game.slot()?;
    Some(Difference { node, slot_root, siblings: siblings.to_vec() })
}
