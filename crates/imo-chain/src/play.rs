//! Moves to transactions.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use imo_commit::Hash;
use imo_dispute::Move;

use crate::client::{ChainError, Client, Receipt};
use crate::contracts::OpmlVerifier::{
    Conviction, Narrowing, Pair, Request, Statement, concedeCall, convictCall, dissectCall,
    pickCall, proveInputCall, revealCall, stateCall, timeoutCall,
};
use crate::game::{GameView, siblings_among};
use crate::view::{ClaimView, RequestView, View};

/// What the verifier wants with a claim: the trace's root, the siblings of its emit slot, where the trace is served.
pub fn evidence(trace_root: &Hash, emit_siblings: &[Hash], trace_uri: &str) -> Bytes {
    let (root, delegate) = (B256::from(*trace_root), Address::ZERO);
    (root, delegate, words(emit_siblings), trace_uri.to_owned()).abi_encode_params().into()
}

/// Sends moves of one account to the verifier of a view.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    client: &'a Client,
    view: &'a View,
}

impl<'a> Table<'a> {
    /// The table where the view's games are played.
    pub const fn new(client: &'a Client, view: &'a View) -> Self {
        Self { client, view }
    }

    /// Makes a move in a game, which must be its player's: the contract checks the sender.
    pub async fn play(&self, game: &GameView, action: Move) -> Result<Receipt, ChainError> {
        let (id, position, signature) = (game.id, game.position, Bytes::new());
        match action {
            Move::Reveal { children } => {
                self.send(revealCall { game: id, position, children: words(&children) }).await
            }
            Move::Pick { index } => {
                let (child, siblings) = picked(game, index);
                let index = U256::from(index);
                self.send(pickCall { game: id, position, index, child, siblings, signature }).await
            }
            Move::State { steps_log2, final_state, opening, states } => {
                let statement = Statement {
                    stepsLog2: u8::try_from(steps_log2).expect("at most 63"),
                    finalState: final_state.into(),
                    opening: words(&opening),
                    states: words(&states),
                };
                let preimage = self.claim(game).preimage.clone();
                self.send(stateCall { game: id, position, preimage, statement, signature }).await
            }
            Move::Dissect { index, pair, proof, states, last } => {
                let narrowing = Narrowing {
                    index: U256::from(index),
                    pair: pair_of(pair),
                    proof: words(&proof),
                    states: words(&states),
                    last: last.into(),
                };
                self.send(dissectCall { game: id, position, narrowing, signature }).await
            }
            Move::Convict { index, pair, proof, witness } => {
                let conviction = Conviction {
                    index: U256::from(index),
                    pair: pair_of(pair),
                    proof: words(&proof),
                    witness: witness.into(),
                };
                self.convict(game, conviction).await
            }
            Move::Concede => self.send(concedeCall { game: id, position, signature }).await,
            Move::Timeout => self.send(timeoutCall { game: id }).await,
        }
    }

    /// A step that loads the request can be executed only after the request was shown.
    async fn convict(
        &self,
        game: &GameView,
        conviction: Conviction,
    ) -> Result<Receipt, ChainError> {
        let claim = self.claim(game);
        let preimage = claim.preimage.clone();
        let call = convictCall { game: game.id, position: game.position, preimage, conviction };
        if !claim.input_proven
            && self.client.call(self.verifier(), &call).await.is_err()
            && let Some(request) = claim.request.and_then(|id| self.view.requests.get(&id))
        {
            self.prove_input(claim, request).await?;
        }
        self.send(call).await
    }

    async fn prove_input(
        &self,
        claim: &ClaimView,
        request: &RequestView,
    ) -> Result<Receipt, ChainError> {
        let it = &request.order.request;
        let proof = proveInputCall {
            preimage: claim.preimage.clone(),
            request: Request {
                host: it.host,
                id: it.id,
                modelId: it.modelId,
                seed: it.seed,
                maxTokens: it.maxTokens,
                sampling: it.sampling,
                flags: it.flags,
                textHash: it.textHash,
            },
            text: request.text.clone(),
        };
        self.send(proof).await
    }

    async fn send<C: SolCall>(&self, call: C) -> Result<Receipt, ChainError> {
        self.client.send(self.verifier(), &call, U256::ZERO).await
    }

    fn claim(&self, game: &GameView) -> &'a ClaimView {
        &self.view.claims[&game.claim]
    }

    const fn verifier(&self) -> Address {
        self.view.deployment().verifier
    }
}

/// A revealed child with its siblings.
fn picked(game: &GameView, index: u64) -> (B256, Vec<B256>) {
    let children = game.children().to_vec();
    let index = usize::try_from(index).expect("a child has a small index");
    let child = children[index].into();
    (child, words(&siblings_among(children, index)))
}

fn pair_of((start, end): (Hash, Hash)) -> Pair {
    Pair { start: start.into(), end: end.into() }
}

fn words(hashes: &[Hash]) -> Vec<B256> {
    hashes.iter().map(|hash| B256::from(*hash)).collect()
}
