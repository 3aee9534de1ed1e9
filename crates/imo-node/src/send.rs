//! Turns actions into transactions.

use imo_chain::contracts::InferenceOracle::{
    ClaimedAnswer, Order, claimCall, deliverCall, dropClaimCall, expireCall,
    finalizeAndDeliverCall, finalizeCall, payReceiverCall,
};
use imo_chain::contracts::OpmlVerifier::{
    challengeCall, challengeWithheldCall, closeGameCall, settleClaimCall,
};
use imo_chain::primitives::{Address, B256, U256, keccak256};
use imo_chain::{ChainError, ClaimView, Client, Receipt, SolCall, Table, View, evidence};
use imo_dispute::Move;
use imo_player::{Difference, Solution};
use imo_trace::node_roots;

use crate::event::{Event, Report};
use crate::follow_ups::PAY_GAS;
use crate::funds::{challenge_bond, claim_bond};

/// Sends one account's transactions to a deployment.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) client: Client,
    pub(crate) verifier: Address,
    pub(crate) oracle: Address,
    /// The address posted with each claim; empty to withhold the trace.
    pub(crate) trace_uri: String,
    /// Whether claims carry the roots of their slots in blobs.
    pub(crate) blobs: bool,
    pub(crate) report: Report,
}

impl Sender {
    /// Makes a move and returns it. With `gives_up`, concedes if the contract refuses the move.
    pub(crate) async fn play(
        &self,
        view: &View,
        game: B256,
        action: Move,
        gives_up: bool,
    ) -> Result<(Receipt, Move), ChainError> {
        let table = Table::new(&self.client, view);
        let game = &view.games[&game];
        match table.play(game, action.clone()).await {
            Err(ChainError::Reverted { .. }) if gives_up => {
                Ok((table.play(game, Move::Concede).await?, Move::Concede))
            }
            other => Ok((other?, action)),
        }
    }

    /// Gets back bond and gas of a game that ended because another game rejected the claim.
    pub(crate) async fn close_game(&self, view: &View, game: B256) -> Result<Receipt, ChainError> {
        let game = view.games[&game].standing().clone();
        self.to_verifier(&closeGameCall { game }, U256::ZERO).await
    }

    /// Opens a game, on the node that differs or on a trace that is withheld.
    pub(crate) async fn challenge(
        &self,
        view: &View,
        claim: B256,
        difference: Option<Difference>,
    ) -> Result<Receipt, ChainError> {
        let (preimage, salt) = (view.claims[&claim].preimage.clone(), self.salt(view, claim));
        let bond = challenge_bond(&self.client, self.verifier).await?;
        match difference {
            Some(Difference { node, slot_root, siblings }) => {
                let call = challengeCall {
                    preimage,
                    salt,
                    node: u32::try_from(node).expect("a node of a trace"),
                    slotRoot: slot_root.into(),
                    siblings: siblings.into_iter().map(B256::from).collect(),
                };
                self.to_verifier(&call, bond).await
            }
            None => self.to_verifier(&challengeWithheldCall { preimage, salt }, bond).await,
        }
    }

    /// A number for the next game that this account has not used against the claim.
    fn salt(&self, view: &View, claim: B256) -> u64 {
        let games = view.claims[&claim].games.iter().map(|game| &view.games[game]);
        games.filter(|game| game.challenger == self.client.address()).count() as u64
    }

    /// Claims the answer to a request.
    pub(crate) async fn claim(
        &self,
        view: &View,
        request: U256,
        solution: &Solution,
    ) -> Result<Receipt, ChainError> {
        let (root, emit_siblings) = (solution.root(), solution.open_emit());
        let call = claimCall {
            order: order(view, request),
            answer: solution.answer.clone().into(),
            unitsUsed: solution.units_used,
            evidence: evidence(&root, &emit_siblings, &self.trace_uri),
        };
        let bond = claim_bond(&self.client, self.verifier).await?;
        if self.blobs {
            let roots = node_roots::encode(solution.trace.tree());
            if roots.len() <= Client::BLOB_BYTES {
                return self.client.send_with_blobs(self.oracle, &call, bond, &roots).await;
            }
            self.report.tell(&Event::WithoutBlobs { request });
        }
        self.client.send(self.oracle, &call, bond).await
    }

    /// Makes a claim the answer. With `deliver`, delivers it in the same transaction if possible.
    /// Returns whether it was delivered.
    pub(crate) async fn finalize(
        &self,
        view: &View,
        request: U256,
        claim: B256,
        deliver: bool,
    ) -> Result<(Receipt, bool), ChainError> {
        let order = order(view, request);
        let claim = &view.claims[&claim];
        let claimed = claimed_answer(claim);
        if deliver && !order.callback.target.is_zero() {
            let call = finalizeAndDeliverCall {
                order: order.clone(),
                claimed: claimed.clone(),
                answer: claim.answer.clone(),
            };
            match self.deliver_for(&order, &call).await {
                Ok(receipt) => return Ok((receipt, true)),
                // Nothing was sent, since the delivery does not work.
                Err(ChainError::Reverted { .. } | ChainError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // A claim becomes final whether or not its delivery works.
        Ok((self.to_oracle(&finalizeCall { order, claimed }).await?, false))
    }

    /// Calls the requester's contract with the answer.
    pub(crate) async fn deliver(
        &self,
        view: &View,
        request: U256,
        claim: B256,
    ) -> Result<Receipt, ChainError> {
        let answer = view.claims[&claim].answer.clone();
        let order = order(view, request);
        self.deliver_for(&order, &deliverCall { order: order.clone(), answer }).await
    }

    /// Sends a delivery, whose gas is paid at the order's price at most.
    async fn deliver_for<C: SolCall>(
        &self,
        order: &Order,
        call: &C,
    ) -> Result<Receipt, ChainError> {
        self.client.send_for(self.oracle, call, order.terms.gasPrice.into()).await
    }

    /// Gets back the bond of a proven claim.
    pub(crate) async fn settle_claim(
        &self,
        view: &View,
        claim: B256,
    ) -> Result<Receipt, ChainError> {
        let preimage = view.claims[&claim].preimage.clone();
        self.to_verifier(&settleClaimCall { preimage }, U256::ZERO).await
    }

    /// Tells the oracle of a rejected claim.
    pub(crate) async fn drop_claim(
        &self,
        view: &View,
        request: U256,
        claim: B256,
    ) -> Result<Receipt, ChainError> {
        let claimed = claimed_answer(&view.claims[&claim]);
        self.to_oracle(&dropClaimCall { order: order(view, request), claimed }).await
    }

    /// Refunds a request that nobody answered in time.
    pub(crate) async fn expire(&self, view: &View, request: U256) -> Result<Receipt, ChainError> {
        self.to_oracle(&expireCall { order: order(view, request) }).await
    }

    /// Makes the oracle pay a model's receiver what it owes.
    pub(crate) async fn pay_receiver(&self, receiver: Address) -> Result<Receipt, ChainError> {
        self.client.send_within(self.oracle, &payReceiverCall { receiver }, PAY_GAS).await
    }

    async fn to_verifier<C: SolCall>(&self, call: &C, value: U256) -> Result<Receipt, ChainError> {
        self.client.send(self.verifier, call, value).await
    }

    async fn to_oracle<C: SolCall>(&self, call: &C) -> Result<Receipt, ChainError> {
        self.client.send(self.oracle, call, U256::ZERO).await
    }
}

fn order(view: &View, request: U256) -> Order {
    view.requests[&request].order.clone()
}

/// A claim's answer, in the form that `finalize` takes.
///
/// # Panics
///
/// Never: an answer came in a transaction, which is shorter than 4 GiB.
pub fn claimed_answer(claim: &ClaimView) -> ClaimedAnswer {
    ClaimedAnswer {
        claimant: claim.preimage.claimant,
        answerHash: keccak256(&claim.answer),
        answerLength: u32::try_from(claim.answer.len()).expect("it came in a transaction"),
        unitsUsed: claim.units_used,
        details: claim.details(),
    }
}
