//! Actions to transactions, with a line for people about each.

use anyhow::Context;
use imo_chain::contracts::InferenceOracle::{
    ClaimedAnswer, Order, claimCall, deliverCall, dropClaimCall, expireCall,
    finalizeAndDeliverCall, finalizeCall, payReceiverCall,
};
use imo_chain::contracts::OpmlVerifier::{
    CHALLENGE_BONDCall, CLAIM_BONDCall, DEFENCE_GASCall, challengeCall, challengeWithheldCall,
    closeGameCall, settleClaimCall,
};
use imo_chain::primitives::{Address, B256, U256, keccak256};
use imo_chain::{ClaimView, Client, Receipt, Table, evidence};
use imo_dispute::Move;
use imo_trace::node_roots;
use tokio::task::block_in_place;

use crate::claimed::Difference;
use crate::node::agenda::{Action, PAY_GAS};
use crate::node::worker::{Worker, self_check};

impl Worker {
    /// Sends an action and says so.
    pub(crate) async fn send(&mut self, action: Action) -> anyhow::Result<()> {
        let mut words = self.describe(&action);
        let receipt = match action {
            Action::Play { game, action } => {
                let (receipt, made) = self.play(game, action).await?;
                words = self.describe(&Action::Play { game, action: made });
                receipt
            }
            Action::CloseGame { game } => {
                let game = self.view.games[&game].standing().clone();
                self.to_verifier(&closeGameCall { game }, U256::ZERO).await?
            }
            Action::Challenge { claim, difference } => self.challenge(claim, difference).await?,
            Action::Claim { request } => self.claim(request).await?,
            Action::Finalize { request, claim } => {
                let (receipt, delivered) = self.finalize(request, claim).await?;
                if delivered {
                    words.push_str(", delivered");
                }
                receipt
            }
            Action::Deliver { request, claim } => {
                let answer = self.view.claims[&claim].answer.clone();
                self.to_oracle(&deliverCall { order: self.order(request), answer }).await?
            }
            Action::SettleClaim { claim } => {
                let preimage = self.view.claims[&claim].preimage.clone();
                self.to_verifier(&settleClaimCall { preimage }, U256::ZERO).await?
            }
            Action::DropClaim { request, claim } => {
                let claimed = claimed_answer(&self.view.claims[&claim]);
                self.to_oracle(&dropClaimCall { order: self.order(request), claimed }).await?
            }
            Action::Expire { request } => {
                self.to_oracle(&expireCall { order: self.order(request) }).await?
            }
            Action::PayReceiver { receiver } => {
                let call = payReceiverCall { receiver };
                self.client.send_within(self.oracle(), &call, PAY_GAS).await?
            }
        };
        self.metrics.sent(receipt.gas);
        self.terminal.line(format!("{words} ({} gas)", receipt.gas));
        Ok(())
    }

    /// Makes a move, or concedes where only a liar can be; tells which.
    async fn play(&self, game: B256, action: Move) -> anyhow::Result<(Receipt, Move)> {
        let table = Table::new(&self.client, &self.view);
        let view = &self.view.games[&game];
        match table.play(view, action.clone()).await {
            Err(_) if self.gives_up(&action) => {
                Ok((table.play(view, Move::Concede).await?, Move::Concede))
            }
            other => Ok((other?, action)),
        }
    }

    async fn challenge(
        &self,
        claim: B256,
        difference: Option<Difference>,
    ) -> anyhow::Result<Receipt> {
        let preimage = self.view.claims[&claim].preimage.clone();
        let salt = self.salt(claim);
        let least = self.client.call(self.verifier(), &CHALLENGE_BONDCall {}).await?;
        let bond = self.bond(2, least).await?;
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
            None => {
                let call = challengeWithheldCall { preimage, salt };
                self.to_verifier(&call, bond).await
            }
        }
    }

    /// A bond that is enough in the next block: a multiple of what a defence costs, by a base fee that may rise by an eighth until then, or
    /// the least. What is over is sent back, which costs gas.
    async fn bond(&self, defences: u64, least: U256) -> anyhow::Result<U256> {
        let gas = self.client.call(self.verifier(), &DEFENCE_GASCall {}).await?;
        let price = self.client.base_fee().await?;
        Ok(least.max(U256::from(defences) * gas * (price + price / U256::from(4))))
    }

    /// Tells the next game from those that this account has or had against the claim.
    fn salt(&self, claim: B256) -> u64 {
        let games = self.view.claims[&claim].games.iter().map(|game| &self.view.games[game]);
        games.filter(|game| game.challenger == self.me()).count() as u64
    }

    async fn claim(&mut self, request: U256) -> anyhow::Result<Receipt> {
        let view = self.view.requests[&request].clone();
        let content_id = self.content_of(&view).context("the model is not here")?;
        let me = self.me();
        let is_new = !self.checked.contains(&content_id);
        let solution = block_in_place(|| self.solver.solve(content_id, &view, me))?;
        let model = self.solver.model(content_id).expect("it was just run");
        if !self.rehearsal.lies {
            block_in_place(|| self_check(model, &solution, is_new))?;
        }
        let (tree, emit) = (solution.trace.tree(), model.program.shape().emit());
        let call = claimCall {
            order: view.order,
            answer: solution.answer.bytes.clone().into(),
            tokensUsed: solution.tokens_used(),
            evidence: evidence(&tree.root(), &tree.open(emit), &self.trace_uri),
        };
        if is_new {
            self.checked.push(content_id);
        }
        // Served before it is claimed: who doubts it at once shall find it.
        self.traces.add(tree);
        let least = self.client.call(self.verifier(), &CLAIM_BONDCall {}).await?;
        let bond = self.bond(4, least).await?;
        if self.blobs {
            let roots = node_roots::encode(tree);
            if roots.len() <= Client::BLOB_BYTES {
                return Ok(self.client.send_with_blobs(self.oracle(), &call, bond, &roots).await?);
            }
            self.terminal.note(format!(
                "request {request}: its trace has too many nodes for the blobs of a transaction; claimed without"
            ));
        }
        Ok(self.client.send(self.oracle(), &call, bond).await?)
    }

    /// Makes a claim the answer, and delivers it in the same transaction if that goes; tells whether it did.
    async fn finalize(&self, request: U256, claim: B256) -> anyhow::Result<(Receipt, bool)> {
        let order = self.order(request);
        let view = &self.view.claims[&claim];
        let claimed = claimed_answer(view);
        if !order.callback.target.is_zero() {
            let call = finalizeAndDeliverCall {
                order: order.clone(),
                claimed: claimed.clone(),
                answer: view.answer.clone(),
            };
            if let Ok(receipt) = self.to_oracle(&call).await {
                return Ok((receipt, true));
            }
        }
        // Finality does not depend on a delivery.
        Ok((self.to_oracle(&finalizeCall { order, claimed }).await?, false))
    }

    async fn to_verifier<C: imo_chain::SolCall>(
        &self,
        call: &C,
        value: U256,
    ) -> anyhow::Result<Receipt> {
        Ok(self.client.send(self.verifier(), call, value).await?)
    }

    async fn to_oracle<C: imo_chain::SolCall>(&self, call: &C) -> anyhow::Result<Receipt> {
        Ok(self.client.send(self.oracle(), call, U256::ZERO).await?)
    }

    fn order(&self, request: U256) -> Order {
        self.view.requests[&request].order.clone()
    }

    const fn verifier(&self) -> Address {
        self.view.deployment().verifier
    }

    const fn oracle(&self) -> Address {
        self.view.deployment().oracle
    }

    fn describe(&self, action: &Action) -> String {
        match action {
            Action::Play { game, action } => {
                let what = match action {
                    Move::Reveal { .. } => "revealed a part of the trace",
                    Move::Pick { .. } => "picked the part that differs",
                    Move::State { .. } => "stated the run of the node",
                    Move::Dissect { .. } => "took a section apart",
                    Move::Convict { .. } => "had one instruction executed on chain",
                    Move::Concede => "conceded",
                    Move::Timeout => "called time",
                };
                format!("game {}: {what}", short(game))
            }
            Action::CloseGame { game } => format!("game {}: closed, bond back", short(game)),
            Action::Challenge { claim, difference: Some(it) } => {
                let kind = self.kind(claim, it.node);
                format!("claim {}: challenged at node {}{kind}", short(claim), it.node)
            }
            Action::Challenge { claim, difference: None } => {
                format!("claim {}: challenged, its trace is withheld", short(claim))
            }
            Action::Claim { request } => format!("request {request}: answered"),
            Action::Finalize { request, .. } => format!("request {request}: final"),
            Action::Deliver { request, .. } => format!("request {request}: delivered"),
            Action::SettleClaim { claim } => format!("claim {}: bond back", short(claim)),
            Action::DropClaim { claim, .. } => format!("claim {}: dropped", short(claim)),
            Action::Expire { request } => format!("request {request}: expired, refunded"),
            Action::PayReceiver { receiver } => format!("receiver {receiver}: paid"),
        }
    }

    /// What kind of node it is, for people.
    fn kind(&self, claim: &B256, node: u64) -> String {
        let content = self.view.claims[claim].preimage.contentId;
        let kind = self.solver.model(content).zip(u32::try_from(node).ok());
        kind.map(|(model, node)| format!(", {:?}", model.program.shape().kind(node)))
            .unwrap_or_default()
    }
}

/// A claim's answer, as finality commits to it.
pub(crate) fn claimed_answer(claim: &ClaimView) -> ClaimedAnswer {
    ClaimedAnswer {
        claimant: claim.preimage.claimant,
        answerHash: keccak256(&claim.answer),
        answerLength: u32::try_from(claim.answer.len()).expect("it came in a transaction"),
        tokensUsed: claim.tokens_used,
        details: claim.details(),
    }
}

fn short(id: &B256) -> String {
    format!("{:.10}", id.to_string())
}
