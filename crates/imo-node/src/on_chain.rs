//! Translates between the structures of the player and those of the chain.

use imo_chain::contracts::OpmlVerifier::{self, registerContentCall, registerProgramCall};
use imo_chain::primitives::Address;
use imo_chain::{GameView, RequestView};
use imo_commit::Hash;
use imo_player::{Difference, Origin, Program, Request};

/// The two calls that make a model known to the verifier: first its program, then its image, by
/// root and length. Both succeed even if somebody has made them before.
pub fn registration(
    program: &Program,
    image_root: Hash,
    image_length: u64,
) -> (registerProgramCall, registerContentCall) {
    let it = program.parameters();
    let program = OpmlVerifier::Program {
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
        inputLimit: it.input_limit,
        outputLimit: it.output_limit,
        vmVersion: Program::VM_VERSION,
    };
    let (root, id) = (image_root.into(), it.id().into());
    let content = registerContentCall { imageRoot: root, imageLength: image_length, programId: id };
    (registerProgramCall { program }, content)
}

/// A request as the engine takes it, answered in the name of a claimant.
pub fn request_of(view: &RequestView, claimant: Address, chain_id: u64) -> Request<Vec<u8>> {
    let it = &view.order.request;
    let origin = Origin {
        chain_id,
        host: it.host.into_array(),
        id: it.id.to_be_bytes(),
        model_id: it.modelId.0,
        claimant: claimant.into_array(),
    };
    Request {
        origin,
        seed: it.seed,
        max_units: it.maxUnits,
        parameters: it.parameters.0,
        input: view.input.to_vec(),
    }
}

/// The slot that a game is about, as its claimant has shown it. None while the trace is being
/// revealed.
pub fn shown_slot(game: &GameView) -> Option<Difference> {
    let (node, slot_root, siblings) = game.slot()?;
    Some(Difference { node, slot_root, siblings: siblings.to_vec() })
}
