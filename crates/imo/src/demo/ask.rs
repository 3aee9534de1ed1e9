//! Act 3: a contract written for ORA's oracle asks, an operator answers, and the window passes.

use anyhow::ensure;
use imo_chain::contracts::PromptConsumer;
use imo_chain::contracts::PromptConsumer::{answerOfCall, askCall, estimateFeeCall};
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, RequestState, SolConstructor};

use crate::amount::ether;
use crate::demo::people::Person;
use crate::demo::stage::{Launched, Stage};

/// The question of this act.
const PROMPT: &str = "What is the capital of France?";

/// A consumer contract that asks a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consumer {
    pub(crate) address: Address,
    model: U256,
}

impl Consumer {
    /// Deploys the contract.
    pub(crate) async fn create(stage: &Stage, launched: &Launched) -> anyhow::Result<Self> {
        let call = PromptConsumer::constructorCall { oracle: stage.deployment.oracle };
        let developer = stage.client(Person::Developer);
        let (address, receipt) = developer
            .deploy("PromptConsumer", &PromptConsumer::BYTECODE, &call.abi_encode())
            .await?;
        stage.deed(Person::Developer, "deploys a contract written for ORA's oracle", receipt.gas);
        Ok(Self { address, model: launched.model_id.into() })
    }

    /// Asks the model. Returns the request's id.
    pub(crate) async fn ask(&self, stage: &Stage, prompt: &str) -> anyhow::Result<U256> {
        let fee = stage.call(self.address, &estimateFeeCall { modelId: self.model }).await?;
        // The quote follows the base fee, which may rise until the next block. What is too much
        // comes back.
        let value = fee + fee / U256::from(8);
        let call = askCall { modelId: self.model, prompt: prompt.to_owned() };
        let deed = format!("asks for {}: \"{prompt}\"", ether(fee));
        let receipt = stage.send(Person::Developer, &deed, self.address, &call, value).await?;
        let asked = receipt.event::<PromptConsumer::PromptRequested>(self.address)?;
        Ok(asked.requestId)
    }

    /// The answer that the contract was given.
    pub(crate) async fn answer(&self, stage: &Stage, request: U256) -> anyhow::Result<String> {
        stage.call(self.address, &answerOfCall { requestId: request }).await
    }
}

/// Plays the act and returns the answer. The operator's node keeps running.
pub(crate) async fn play(stage: &mut Stage, consumer: Consumer) -> anyhow::Result<String> {
    let request = consumer.ask(stage, PROMPT).await?;
    claimed_by(stage, request, Person::Operator).await?;
    let answer = delivered(stage, consumer, request).await?;
    ensure!(answer.contains("Paris"), "the answer is {answer:?}");
    Ok(answer)
}

/// Waits for somebody's claim on a request.
pub(crate) async fn claimed_by(
    stage: &mut Stage,
    request: U256,
    who: Person,
) -> anyhow::Result<B256> {
    let claimant = stage.address(who);
    let claim = stage
        .until(&format!("the {who}'s claim"), |view| {
            let claims = view.requests.get(&request)?.claims.iter();
            claims.copied().find(|id| view.claims[id].preimage.claimant == claimant)
        })
        .await?;
    let claim = &stage.view.claims[&claim];
    let answer = String::from_utf8_lossy(&claim.answer);
    stage.say(format!("the {who} claims {answer:?}, bonded with {}", ether(claim.bond)));
    Ok(claim.id)
}

/// Lets the window pass, and waits until the consumer has the answer.
pub(crate) async fn delivered(
    stage: &mut Stage,
    consumer: Consumer,
    request: U256,
) -> anyhow::Result<String> {
    final_answer(stage, request).await?;
    let answer = consumer.answer(stage, request).await?;
    ensure!(!answer.is_empty(), "the consumer has no answer");
    stage.say(format!("the consumer contract has {answer:?}"));
    Ok(answer)
}

/// Lets the window pass, and waits until the node has finalized and delivered the answer and has
/// its bond back.
pub(crate) async fn final_answer(stage: &mut Stage, request: U256) -> anyhow::Result<()> {
    stage
        .until("the end of all games", |view| view.open_games().next().is_none().then_some(()))
        .await?;
    let claims = stage.view.requests[&request].claims.clone();
    let pending = claims.iter().map(|claim| &stage.view.claims[claim]);
    let pending = pending.filter(|claim| claim.state == ClaimState::Pending);
    let end = pending.map(|claim| claim.window_end).max().unwrap_or_default();
    let wait = (end + 1).saturating_sub(stage.view.time);
    stage.pass(wait, "the challenge window passes").await?;
    stage
        .until("delivery and the bond's return", |view| {
            let RequestState::Delivered(claim) = view.requests[&request].state else { return None };
            (view.claims[&claim].state == ClaimState::Settled).then_some(())
        })
        .await
}
