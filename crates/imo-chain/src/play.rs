//! A player's moves as transactions.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolInterface, SolValue};
use imo_commit::Hash;
use imo_dispute::Move;

use crate::client::{Client, Receipt};
use crate::contracts::OpmlVerifier::{
    Conviction, Game, InputProven, Narrowing, OpmlVerifierCalls, Request, Statement, concedeCall,
    convictCall, dissectCall, pickCall, proveInputCall, revealCall, stateCall, timeoutCall,
};
use crate::error::ChainError;
use crate::game::{GameView, siblings_among};
use crate::view::{ClaimView, View};

/// What the verifier needs with a claim: the trace's root, the siblings of the emit slot, and the
/// address that serves the trace.
pub fn evidence(trace_root: &Hash, emit_siblings: &[Hash], trace_uri: &str) -> Bytes {
    let (root, delegate) = (B256::from(*trace_root), Address::ZERO);
    (root, delegate, words(emit_siblings), trace_uri.to_owned()).abi_encode_params().into()
}

/// Sends one account's moves to the verifier of a view.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    client: &'a Client,
    view: &'a View,
}

impl<'a> Table<'a> {
    /// The table where the games of this view are played.
    pub const fn new(client: &'a Client, view: &'a View) -> Self {
        Self { client, view }
    }

    /// Makes a move in a game. The account must be the side to move: the contract checks the
    /// sender.
    pub async fn play(&self, game: &GameView, action: Move) -> Result<Receipt, ChainError> {
        match call_of(self.view, game, action) {
            OpmlVerifierCalls::convict(call) => self.convict(game, call).await,
            call => {
                let name = OpmlVerifierCalls::name_by_selector(call.selector()).unwrap_or("move");
                self.client.send_raw(name, self.verifier(), call.abi_encode()).await
            }
        }
    }

    /// Most steps can be executed without the input's root. A step that loads the request needs it,
    /// and then the request has to be shown first.
    async fn convict(&self, game: &GameView, mut call: convictCall) -> Result<Receipt, ChainError> {
        let tried = self.client.call(self.verifier(), &call).await;
        if let Err(error) = tried {
            if !matches!(error, ChainError::Reverted { .. }) {
                return Err(error);
            }
            let claim = &self.view.claims[&game.claim];
            call.conviction.inputRoot = match claim.input_root {
                Some(root) => root,
                None => self.prove_input(claim).await?,
            };
        }
        self.send(call).await
    }

    /// Shows the request of a claim to the verifier, and returns the root of its input memory; zero
    /// for the request of another host, which is not known here.
    async fn prove_input(&self, claim: &ClaimView) -> Result<B256, ChainError> {
        let Some(request) = claim.request.and_then(|id| self.view.requests.get(&id)) else {
            return Ok(B256::ZERO);
        };
        let it = &request.order.request;
        let proof = proveInputCall {
            preimage: claim.preimage.clone(),
            request: Request {
                host: it.host,
                id: it.id,
                modelId: it.modelId,
                seed: it.seed,
                maxUnits: it.maxUnits,
                parameters: it.parameters,
                inputHash: it.inputHash,
            },
            input: request.input.clone(),
        };
        let receipt = self.send(proof).await?;
        Ok(receipt.event::<InputProven>(self.verifier())?.inputRoot)
    }

    async fn send<C: SolCall>(&self, call: C) -> Result<Receipt, ChainError> {
        self.client.send(self.verifier(), &call, U256::ZERO).await
    }

    const fn verifier(&self) -> Address {
        self.view.deployment().verifier
    }
}

/// The call that makes a move in a game of a view. A conviction is called without the root of the
/// input, which only a step that loads the request needs.
///
/// # Panics
/// When the view lacks the game's claim.
pub fn call_of(view: &View, game: &GameView, action: Move) -> OpmlVerifierCalls {
    let (standing, signature) = (game.standing().clone(), Bytes::new());
    let preimage = || view.claims[&game.claim].preimage.clone();
    match action {
        Move::Reveal { children } => {
            OpmlVerifierCalls::reveal(revealCall { game: standing, children: words(&children) })
        }
        Move::Pick { index } => {
            let (child, siblings) = picked(game, index);
            let index = U256::from(index);
            OpmlVerifierCalls::pick(pickCall { game: standing, index, child, siblings, signature })
        }
        Move::State { steps_log2, final_state, opening, states } => {
            let statement = Statement {
                stepsLog2: u8::try_from(steps_log2).expect("at most 63"),
                finalState: final_state.into(),
                opening: words(&opening),
                states: words(&states),
            };
            let (game, preimage) = (beside_preimage(standing), preimage());
            OpmlVerifierCalls::state(stateCall { game, preimage, statement, signature })
        }
        Move::Dissect { index, pair, proof, states, last } => {
            let narrowing = Narrowing {
                index: U256::from(index),
                start: pair.0.into(),
                end: pair.1.into(),
                proof: words(&proof),
                states: words(&states),
                last: last.into(),
            };
            OpmlVerifierCalls::dissect(dissectCall { game: standing, narrowing, signature })
        }
        Move::Convict { index, pair, proof, witness } => {
            let conviction = Conviction {
                index: U256::from(index),
                end: pair.1.into(),
                proof: words(&proof),
                inputRoot: B256::ZERO,
                witness: witness.into(),
            };
            let (game, preimage) = (beside_preimage(standing), preimage());
            OpmlVerifierCalls::convict(convictCall { game, preimage, conviction })
        }
        Move::Concede => OpmlVerifierCalls::concede(concedeCall { game: standing, signature }),
        Move::Timeout => OpmlVerifierCalls::timeout(timeoutCall { game: standing }),
    }
}

/// Leaves out what the claim's preimage says already: a zero byte costs a quarter of another one.
fn beside_preimage(game: Game) -> Game {
    let nobody = Address::ZERO;
    Game { claim: B256::ZERO, claimant: nobody, delegate: nobody, ..game }
}

/// A revealed child, and its siblings.
fn picked(game: &GameView, index: u64) -> (B256, Vec<B256>) {
    let children = game.children().to_vec();
    let index = usize::try_from(index).expect("a child has a small index");
    let child = children[index].into();
    (child, words(&siblings_among(children, index)))
}

fn words(hashes: &[Hash]) -> Vec<B256> {
    hashes.iter().map(|hash| B256::from(*hash)).collect()
}
