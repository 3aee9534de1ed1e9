//! Asks a model that others run, through the oracle.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use imo_chain::contracts::InferenceOracle::{
    Callback, Question, Requested, dropClaimCall, expireCall, finalizeCall, quoteCall, requestCall,
};
use imo_chain::contracts::ModelRegistry::modelOfCall;
use imo_chain::contracts::OpmlVerifier::limitsCall;
use imo_chain::primitives::{Address, B256, Bytes, U256};
use imo_chain::{ChainError, ClaimState, ClaimView, Client, RequestState, View};
use imo_node::claimed_answer;
use imo_text::layout::TextRequest;
use serde::Serialize;

use crate::amount::{duration, ether};
use crate::asking::{Options, Wanted, advice};
use crate::exit::{Exit, Misused};
use crate::keys::ChainArgs;
use crate::outage::Outage;
use crate::registered::choose;
use crate::terminal::Terminal;

/// Pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);
/// How long the end of a request is left to others, who normally bring it about.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(15);

/// What to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    /// Id of a registered model; needed if there are several
    #[arg(long, value_name = "ID")]
    model: Option<B256>,
    /// Wait until the answer is final; without this, stop as soon as one is claimed
    #[arg(long)]
    until_final: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    request: U256,
    model_id: B256,
    claim: B256,
    claimant: Address,
    answer: String,
    units_used: u32,
    fee_wei: U256,
    gas: u64,
    is_final: bool,
    /// Whether the answer is not the model's, but an error text that says why there is none.
    is_refusal: bool,
}

/// Pays for a request, waits for its answer and prints it.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ask(args, terminal))
}

async fn ask(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let text = args.text(terminal)?;
    let (client, deployment) = args.chain.connect().await?;
    let model_id = choose(&client, &deployment, args.model).await?;
    let model = client.call(deployment.registry, &modelOfCall { modelId: model_id }).await?;
    ensure!(
        model.verifier == deployment.verifier,
        "claims on model {model_id} are judged by {}, not by this deployment's verifier; an answer \
         could not be checked here",
        model.verifier
    );
    let question = args.question(model_id, &text);
    let input = Bytes::from(text.input());
    let length = U256::from(input.len());
    let limits = limitsCall { contentId: model.contentId };
    let most = client.call(deployment.verifier, &limits).await?._0;
    ensure!(
        length <= U256::from(most),
        "it is too long: {length} bytes, and the model's program takes {most}"
    );
    let quote = quoteCall {
        question: question.clone(),
        inputLength: length,
        callbackGas: 0,
        baseFee: client.base_fee().await?,
    };
    let fee = client.call(deployment.oracle, &quote).await?;
    // The base fee may rise by an eighth until the next block. What is paid too much becomes
    // credit.
    let value = fee + fee / U256::from(8);
    let callback = Callback { target: Address::ZERO, gasLimit: 0, data: Bytes::new() };
    let call = requestCall { question, input, callback };
    let receipt = client.send(deployment.oracle, &call, value).await?;
    let request = receipt.event::<Requested>(deployment.oracle)?.id;
    let fee = U256::from(receipt.event::<Requested>(deployment.oracle)?.order.terms.fee);
    terminal
        .note(format!("request {request}, for at most {}; waiting for an operator", ether(fee)));

    let mut view = View::new(deployment);
    let (mut told, mut due_since) = (None, Instant::now());
    // The request is paid for: whatever happens to the chain's node, go on waiting.
    let mut outage = Outage::new(terminal);
    let (claim, is_final) = loop {
        if outage.survive(view.update(&client).await)?.is_none() {
            tokio::time::sleep(POLL).await;
            continue;
        }
        match answered(&view, request) {
            Answered::Expired => {
                bail!("request {request} expired without an answer; its fee is credit again")
            }
            Answered::Final(claim) => break (claim, true),
            Answered::Claimed(claim) => {
                if told.replace(claim) != Some(claim) {
                    terminal.note(claimed(&view, claim));
                }
                if !args.until_final {
                    break (claim, false);
                }
            }
            Answered::NotYet => {}
        }
        match due(&view, request) {
            Some(step) if due_since.elapsed() > LEFT_TO_OTHERS => {
                finish(&client, &mut view, request, step, terminal).await;
                due_since = Instant::now();
            }
            Some(_) => {}
            None => due_since = Instant::now(),
        }
        tokio::time::sleep(POLL).await;
    };
    let claim = &view.claims[&claim];
    let answer = String::from_utf8_lossy(&claim.answer).into_owned();
    terminal.line(&answer);
    // An answer of the model has at least one unit.
    let is_refusal = claim.units_used == 0;
    if is_refusal {
        terminal
            .note("this is not the model's answer: it says why there is none; units are refunded");
        if let Some(advice) = advice(&claim.answer) {
            terminal.note(advice);
        }
    }
    terminal.object(&Report {
        request,
        model_id,
        claim: claim.id,
        claimant: claim.preimage.claimant,
        answer,
        units_used: claim.units_used,
        fee_wei: fee,
        gas: receipt.gas,
        is_final,
        is_refusal,
    });
    Ok(if is_refusal { Exit::Failure } else { Exit::Success })
}

/// Who answered, and when the answer becomes final.
fn claimed(view: &View, claim: B256) -> String {
    let claim = &view.claims[&claim];
    let (who, left) = (claim.preimage.claimant, claim.window_end.saturating_sub(view.time));
    let left = duration(left);
    format!("claimed by {who}; final in {left}, unless somebody proves it wrong")
}

/// How far a request has come.
enum Answered {
    NotYet,
    Claimed(B256),
    Final(B256),
    Expired,
}

fn answered(view: &View, request: U256) -> Answered {
    // A reorganisation of the chain may have removed it for a while.
    let Some(request) = view.requests.get(&request) else { return Answered::NotYet };
    match request.state {
        RequestState::Final(claim) | RequestState::Delivered(claim)
            if view.claims.contains_key(&claim) =>
        {
            Answered::Final(claim)
        }
        // The endpoint has left out the claim's block, and may tell it later.
        RequestState::Final(_) | RequestState::Delivered(_) => Answered::NotYet,
        RequestState::Expired => Answered::Expired,
        RequestState::Open => {
            let stands = |id: &&B256| view.claims[*id].state != ClaimState::Rejected;
            request.claims.iter().find(stands).map_or(Answered::NotYet, |id| Answered::Claimed(*id))
        }
    }
}

/// What ends a request, and what anyone may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Make this claim, which is proven, the answer.
    Finalize(B256),
    /// Tell the oracle of this claim, which was rejected.
    Drop(B256),
    /// Refund the fee.
    Expire,
}

/// The step that would bring a request nearer to its end now.
fn due(view: &View, request: U256) -> Option<Step> {
    let request = view.requests.get(&request).filter(|it| it.state == RequestState::Open)?;
    let claims = || request.claims.iter().filter_map(|claim| view.claims.get(claim));
    if let Some(claim) = claims().find(|claim| view.is_proven(claim)) {
        return Some(Step::Finalize(claim.id));
    }
    if view.time <= request.deadline {
        return None;
    }
    let is_left = |claim: &&ClaimView| claim.state == ClaimState::Rejected && !claim.dropped;
    match claims().find(is_left) {
        Some(claim) => Some(Step::Drop(claim.id)),
        None => claims().all(|claim| claim.dropped).then_some(Step::Expire),
    }
}

/// Takes a step. If somebody else was first, that is just as well; after any other trouble it is
/// tried again.
async fn finish(client: &Client, view: &mut View, request: U256, step: Step, terminal: Terminal) {
    let (order, oracle) = (view.requests[&request].order.clone(), view.deployment().oracle);
    let claimed = |claim: B256| claimed_answer(&view.claims[&claim]);
    let sent = match step {
        Step::Finalize(claim) => {
            let call = finalizeCall { order, claimed: claimed(claim) };
            client.send(oracle, &call, U256::ZERO).await
        }
        Step::Drop(claim) => {
            let call = dropClaimCall { order, claimed: claimed(claim) };
            client.send(oracle, &call, U256::ZERO).await
        }
        Step::Expire => client.send(oracle, &expireCall { order }, U256::ZERO).await,
    };
    match sent {
        Ok(_) | Err(ChainError::Reverted { .. }) => {}
        // If somebody else was first, the next look at the chain shows it.
        Err(ChainError::Outdated { .. }) => view.doubt(),
        Err(error) => terminal.note(error.to_string()),
    }
}

impl Args {
    /// What to ask.
    fn text(&self, terminal: Terminal) -> anyhow::Result<TextRequest<Vec<u8>>> {
        match self.options.wanted(terminal)? {
            Wanted::Answer(prompt) => self.options.request(&prompt),
            Wanted::Chat(_) => Err(Misused("there is no PROMPT").into()),
        }
    }

    fn question(&self, model_id: B256, text: &TextRequest<Vec<u8>>) -> Question {
        let sampling = &self.options.sampling;
        Question {
            modelId: model_id,
            seed: sampling.seed,
            maxUnits: sampling.tokens,
            parameters: text.parameters().encode().into(),
        }
    }
}
