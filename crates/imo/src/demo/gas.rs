//! What each action cost, read from the blocks.

use anyhow::Context;
use imo_chain::contracts::{
    AigcCollection, InferenceOracle, ModelOffering, ModelToken, OpmlVerifier, PromptConsumer,
};
use imo_chain::{Ledger, SolCall};
use serde::Serialize;

use crate::terminal::Terminal;

/// Gas of whole transactions; of several of a kind, the most expensive. `finalize` includes the
/// call of the consumer.
#[derive(Debug, Serialize)]
pub(crate) struct Gas {
    transfer: u64,
    transfer_after_deposit: u64,
    claim_revenue: u64,
    bid: u64,
    settle: u64,
    claim_sale: u64,
    request: u64,
    claim_answer: u64,
    challenge: u64,
    dissect: u64,
    one_step: u64,
    finalize: u64,
    mint: u64,
}

impl Gas {
    pub(crate) fn of(ledger: &Ledger, [after_deposit, ordinary]: [u64; 2]) -> anyhow::Result<Self> {
        Ok(Self {
            transfer: ordinary,
            transfer_after_deposit: after_deposit,
            claim_revenue: dearest::<ModelToken::claimAllCall>(ledger)?,
            bid: dearest::<ModelOffering::bidCall>(ledger)?,
            settle: dearest::<ModelOffering::settleCall>(ledger)?,
            claim_sale: dearest::<ModelOffering::claimCall>(ledger)?,
            request: dearest::<PromptConsumer::askCall>(ledger)?,
            claim_answer: dearest::<InferenceOracle::claimCall>(ledger)?,
            challenge: dearest::<OpmlVerifier::challengeCall>(ledger)?,
            dissect: dearest::<OpmlVerifier::dissectCall>(ledger)?,
            one_step: dearest::<OpmlVerifier::convictCall>(ledger)?,
            finalize: dearest::<InferenceOracle::finalizeAndDeliverCall>(ledger)?,
            mint: dearest::<AigcCollection::mintCall>(ledger)?,
        })
    }

    pub(crate) fn print(&self, terminal: Terminal) {
        let rows = [
            ("transfer", self.transfer),
            ("transfer after a deposit", self.transfer_after_deposit),
            ("claim of revenue", self.claim_revenue),
            ("bid", self.bid),
            ("settle a sale", self.settle),
            ("claim of a sale", self.claim_sale),
            ("request, through a consumer", self.request),
            ("claim of an answer", self.claim_answer),
            ("challenge", self.challenge),
            ("dissect", self.dissect),
            ("one step", self.one_step),
            ("finalize, the call of the consumer included", self.finalize),
            ("mint", self.mint),
        ];
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, gas)| (*name, format!("{:>12}", indicatif::HumanCount(*gas).to_string())))
            .collect();
        terminal.table(&rows);
    }
}

/// The most gas that a transaction of this kind used.
fn dearest<C: SolCall>(ledger: &Ledger) -> anyhow::Result<u64> {
    let calls = ledger.calls.iter().filter(|call| call.selector == C::SELECTOR);
    calls.map(|call| call.gas).max().with_context(|| format!("nobody called {}", C::SIGNATURE))
}
