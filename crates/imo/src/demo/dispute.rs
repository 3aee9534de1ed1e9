//! Acts 4 and 5: one instruction convicts a liar, and a false accuser loses.

use std::time::Instant;

use anyhow::{Context, ensure};
use imo_chain::contracts::OpmlVerifier::{
    challengeCall, challengeWithheldCall, concedeCall, convictCall, dissectCall, pickCall,
    proveInputCall, revealCall, stateCall, timeoutCall,
};
use imo_chain::primitives::B256;
use imo_chain::{Ending, GameView, Ledger, RequestState, SolCall};
use imo_dispute::Side;
use imo_model::Part;
use imo_player::Model;
use imo_text::layout::TraceShape;
use serde::Serialize;

use crate::amount::ether;
use crate::demo::ask::{Consumer, claimed_by, delivered};
use crate::demo::nodes::Node;
use crate::demo::people::Person;
use crate::demo::stage::Stage;

/// The question while liars and accusers are about.
const PROMPT: &str = "Name three colours.";
/// The layer in which the liar changes a bit, and the number of that bit in the slot.
const LAYER: u32 = 17;
const BIT: u32 = 8 * 400 + 5;
/// A number of steps, as a power of two, that gives the liar the last move.
const OTHER_PARITY: &str = "29";

/// A move in the middle of that game: the trace is revealed and the run is stated.
const MIDDLE: u16 = 13;

/// What a dispute cost.
#[derive(Debug, Serialize)]
pub(crate) struct Dispute {
    /// The node that was wrong.
    node: u64,
    /// What kind of node it is.
    kind: String,
    /// Steps that the claimant stated.
    steps: u64,
    /// Transactions of the game, from the challenge to its end.
    transactions: usize,
    /// Gas of both sides' transactions.
    gas: u64,
    /// The part of the gas that the claimant paid for.
    claimant_gas: u64,
    /// Gas of the transaction that executed the instruction. None if the game ended in another way.
    one_step_gas: Option<u64>,
    /// Seconds from the challenger's first look at the claim to the verdict.
    seconds: f64,
}

/// The nodes that acts 4 and 5 falsify.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// A node in the middle of the answer.
    generated: u32,
    /// A node in the middle of the prompt.
    prompt: u32,
}

impl Faults {
    pub(crate) fn choose(model: &Model) -> anyhow::Result<Self> {
        let image = model.image();
        let tokens = image.tokenizer().encode_parts(&[Part::of_user(PROMPT.as_bytes())])?.len();
        let tokens = u32::try_from(tokens).context("a short prompt")?;
        let layer = LAYER.min(image.header().layers - 1);
        let node = |position| TraceShape::smallest(image.header()).layer(position, layer);
        Ok(Self { generated: node(tokens + 1), prompt: node(tokens / 2) })
    }

    fn inject(node: u32) -> String {
        format!("node={node},bit={BIT}")
    }
}

/// Act 4: the liar changes one bit in one node of its claim. The operator's node was not running
/// when the liar claimed. It starts, and notices.
pub(crate) async fn convict(
    stage: &mut Stage,
    (model, consumer): (&Model, Consumer),
    operator: Node,
    faults: Faults,
) -> anyhow::Result<(Node, Dispute)> {
    operator.kill();
    stage.say("the operator's node is killed, so that the liar is alone for a while");
    let inject = Faults::inject(faults.generated);
    let liar = stage.node(Person::Liar, &["--roles", "operator", "--inject", &inject])?;
    let request = consumer.ask(stage, PROMPT).await?;
    let claim = claimed_by(stage, request, Person::Liar).await?;

    let from = stage.client(Person::Deployer).block_number().await? + 1;
    let noticed = Instant::now();
    let operator = stage.node(Person::Operator, &[])?;
    let game = game_over(stage, claim).await?;
    let seconds = noticed.elapsed().as_secs_f64();
    ensure!(ended(&game) == Some((Ending::Conviction, Side::Challenger)), "{:?}", game.ending);
    ensure!(game.slot().map(|it| it.0) == Some(faults.generated.into()), "another node was named");
    stage.say("one instruction, executed on chain, convicts the liar: its bond is slashed");

    claimed_by(stage, request, Person::Operator).await?;
    liar.kill();
    let dispute = measure(stage, &game, (from, model, seconds)).await?;
    ensure!(dispute.one_step_gas.is_some(), "no instruction was executed");
    delivered(stage, consumer, request).await?;
    Ok((operator, dispute))
}

/// Act 4 again, with the other parity: the liar states more steps. Now the last move is the liar's:
/// it would have to convict, and cannot. It also withholds its trace, so the trace has to be
/// revealed on chain. The operator's node is killed in the middle of the game, and goes on from
/// what the chain says.
pub(crate) async fn concede(
    stage: &mut Stage,
    (model, consumer): (&Model, Consumer),
    operator: Node,
    faults: Faults,
) -> anyhow::Result<(Node, Dispute)> {
    operator.kill();
    let inject = Faults::inject(faults.generated);
    let mut arguments = vec!["--roles", "operator", "--inject", &inject];
    arguments.extend(["--withhold", "--state-steps", OTHER_PARITY]);
    let liar = stage.node(Person::Liar, &arguments)?;
    let request = consumer.ask(stage, PROMPT).await?;
    let claim = claimed_by(stage, request, Person::Liar).await?;

    let from = stage.client(Person::Deployer).block_number().await? + 1;
    let noticed = Instant::now();
    let operator = stage.node(Person::Operator, &[])?;
    stage
        .until("the middle of the game", |view| {
            view.claims[&claim]
                .games
                .iter()
                .find(|game| view.games[*game].turn.ply >= MIDDLE)
                .map(drop)
        })
        .await?;
    operator.kill();
    stage.say("the operator's node is killed in the middle of the game, and started again");
    let operator = stage.node(Person::Operator, &[])?;
    let game = game_over(stage, claim).await?;
    let seconds = noticed.elapsed().as_secs_f64();
    ensure!(ended(&game) == Some((Ending::Concession, Side::Challenger)), "{:?}", game.ending);
    stage.say("now the last move is the liar's: it has no false step to show, and concedes");
    claimed_by(stage, request, Person::Operator).await?;
    liar.kill();
    let dispute = measure(stage, &game, (from, model, seconds)).await?;
    delivered(stage, consumer, request).await?;
    Ok((operator, dispute))
}

/// Act 5: somebody challenges a correct claim.
pub(crate) async fn accuse(
    stage: &mut Stage,
    consumer: Consumer,
    faults: Faults,
) -> anyhow::Result<()> {
    let request = consumer.ask(stage, PROMPT).await?;
    let claim = claimed_by(stage, request, Person::Operator).await?;
    let inject = Faults::inject(faults.prompt);
    let accuser = stage.node(Person::Accuser, &["--roles", "challenger", "--inject", &inject])?;
    let game = game_over(stage, claim).await?;
    accuser.kill();
    ensure!(ended(&game).map(|it| it.1) == Some(Side::Claimant), "{:?}", game.ending);
    stage.say(format!("the accuser loses its bond of {}", ether(game.bond)));
    delivered(stage, consumer, request).await?;
    let state = stage.view.requests[&request].state;
    ensure!(state == RequestState::Delivered(claim), "the right claim is not the answer");
    Ok(())
}

/// Waits for the end of the first game against a claim.
async fn game_over(stage: &mut Stage, claim: B256) -> anyhow::Result<GameView> {
    stage
        .until("the end of the game", |view| {
            let games = view.claims[&claim].games.iter().map(|game| &view.games[game]);
            games.into_iter().find(|game| ended(game).is_some()).cloned()
        })
        .await
}

fn ended(game: &GameView) -> Option<(Ending, Side)> {
    let (ending, winner) = game.ending?;
    Some((ending, winner?))
}

/// Measures the game since a block. There must be only one.
async fn measure(
    stage: &Stage,
    game: &GameView,
    (from, model, seconds): (u64, &Model, f64),
) -> anyhow::Result<Dispute> {
    let client = stage.client(Person::Deployer);
    let ledger = Ledger::read(client, from, client.block_number().await?).await?;
    let moves = [
        challengeCall::SELECTOR,
        challengeWithheldCall::SELECTOR,
        revealCall::SELECTOR,
        pickCall::SELECTOR,
        stateCall::SELECTOR,
        dissectCall::SELECTOR,
        proveInputCall::SELECTOR,
        convictCall::SELECTOR,
        concedeCall::SELECTOR,
        timeoutCall::SELECTOR,
    ];
    let is_move = |call: &&imo_chain::Call| moves.contains(&call.selector);
    let calls: Vec<_> = ledger.calls.iter().filter(is_move).collect();
    let claimant = game.standing().claimant;
    let one_step = calls.iter().find(|call| call.selector == convictCall::SELECTOR);
    let (node, ..) = game.slot().context("the game was about a node")?;
    let kind = u32::try_from(node).map(|node| model.kind(node).words)?;
    let dispute = Dispute {
        node,
        kind,
        steps: 1 << game.stated_log2().context("the run was stated")?,
        transactions: calls.len(),
        gas: calls.iter().map(|call| call.gas).sum(),
        claimant_gas: calls.iter().filter(|call| call.from == claimant).map(|call| call.gas).sum(),
        one_step_gas: one_step.map(|call| call.gas),
        seconds,
    };
    let Dispute { transactions, gas, claimant_gas, one_step_gas, .. } = dispute;
    let instruction = one_step_gas.map(|gas| format!(", {gas} for the instruction"));
    let instruction = instruction.unwrap_or_default();
    stage.say(format!(
        "{transactions} transactions, {gas} gas, of which {claimant_gas} the liar's{instruction}; \
         {seconds:.1} s"
    ));
    Ok(dispute)
}
