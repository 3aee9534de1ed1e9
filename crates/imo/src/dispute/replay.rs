//! The disputed node, run again here.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use imo_chain::primitives::B256;
use imo_chain::{ClaimView, GameView, RequestView};
use imo_commit::{LEAF_LOG2, dense_root};
use imo_dispute::Side;
use imo_engine::Means;
use imo_vm::{Run, TraceBytes};
use serde::Serialize;
use tokio::task::block_in_place;

use crate::claimed::{ClaimedTrace, Difference};
use crate::dispute::step::Step;
use crate::dispute::{RunArgs, Scene, kind, side};
use crate::exit::Exit;
use crate::model::{hex, table};
use crate::node::models::{Model, Solution, Solver};
use crate::terminal::Terminal;

/// A model to run answers again with.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// The model that answered: a packed image or a GGUF file
    #[arg(long, env = "IMO_MODEL", value_name = "FILE")]
    model: PathBuf,
    /// Folder for images packed on first use [default: the GGUF file's own]
    #[arg(long, env = "IMO_CACHE", value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

impl ModelArgs {
    /// A solver with this model alone.
    pub(crate) fn solver(&self, chain_id: u64, terminal: Terminal) -> anyhow::Result<Solver> {
        let model = Model::open(&self.model, self.cache.as_deref(), terminal)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Solver::new(vec![model], Means::detect(threads), None, chain_id))
    }
}

/// The object of `imo dispute replay --json`.
#[derive(Debug, Serialize)]
struct Report {
    game: B256,
    node: u64,
    kind: String,
    steps: u64,
    claimed_slot: String,
    own_slot: String,
    right: &'static str,
    winner: Option<&'static str>,
    /// First step that is false in the last dissection, and who stated it.
    false_step: Option<(u64, &'static str)>,
}

/// Says who is right.
pub(crate) async fn replay(args: RunArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    block_in_place(|| {
        on_run(&scene, &args, terminal, |model, run| {
            let (node, slot_root, _) = game.slot().expect("there is a run");
            let slot = model.program.slot(run).ok().context("the node does not halt here")?;
            let own = dense_root(&slot, model.program.program().slot_log2 - LEAF_LOG2);
            let right = if own == slot_root { Side::Claimant } else { Side::Challenger };
            let false_step = false_step(game, scene.k_log2, run);
            let report = Report {
                game: game.id,
                node,
                kind: kind(model.program.shape().kind(u32::try_from(node)?)),
                steps: run.steps(),
                claimed_slot: hex(&slot_root),
                own_slot: hex(&own),
                right: side(right),
                winner: game.ending.and_then(|(_, winner)| winner).map(side),
                false_step: false_step.map(|(step, author)| (step, side(author))),
            };
            report.print(terminal);
            terminal.object(&report);
            if let Some((step, _)) = false_step.filter(|_| !terminal.is_json()) {
                Step::of(run, step)?.print(terminal);
            }
            Ok(Exit::Success)
        })
    })
}

/// Shows a step.
pub(crate) async fn step(
    args: RunArgs,
    at: Option<u64>,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    block_in_place(|| {
        on_run(&scene, &args, terminal, |_, run| {
            let disputed = || false_step(game, scene.k_log2, run).map(|(step, _)| step);
            let step = at
                .or_else(disputed)
                .context("no single step of the last dissection is false; name one with --at")?;
            let last = run.steps().saturating_sub(1);
            ensure!(step <= last, "the run has {} steps; the last is {last}", run.steps());
            let step = Step::of(run, step)?;
            step.print(terminal);
            terminal.object(&step);
            Ok(Exit::Success)
        })
    })
}

impl Report {
    fn print(&self, terminal: Terminal) {
        let mut rows = vec![
            ("node", format!("{}, {}", self.node, self.kind)),
            ("run", format!("{} steps", indicatif::HumanCount(self.steps))),
            ("claimed slot", self.claimed_slot.clone()),
            ("slot here", self.own_slot.clone()),
            ("right", format!("the {}", self.right)),
        ];
        rows.push(match self.winner {
            Some(winner) if winner == self.right => ("won", format!("the {winner}, as it should")),
            Some(winner) => ("won", format!("the {winner}, who was wrong")),
            None => ("won", "nobody yet".to_owned()),
        });
        if let Some((step, author)) = self.false_step {
            rows.push(("false step", format!("{step}, stated by the {author}")));
        }
        table(terminal, &rows);
    }
}

/// Runs the node that a game is about over the claimed trace.
fn on_run<R>(
    scene: &Scene,
    args: &RunArgs,
    terminal: Terminal,
    look: impl FnOnce(&Model, &Run<'_, ClaimedTrace<'_>>) -> anyhow::Result<R>,
) -> anyhow::Result<R> {
    let (game, claim) = scene.game(&args.game)?;
    let mut solver = args.model.solver(scene.view.deployment().chain_id, terminal)?;
    let request = scene.request(claim)?;
    let (content, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
    let solution = solver.solve(content, request, claimant)?;
    let model = solver.model(content).expect("it was just run");
    let difference = disputed(game, &solution)?;
    let node = u32::try_from(difference.node)?;
    let trace = ClaimedTrace::with(&solution.trace, difference);
    look(model, &model.run_node(&solution, &trace, node))
}

impl Scene {
    /// The request that a claim answers.
    pub(crate) fn request(&self, claim: &ClaimView) -> anyhow::Result<&RequestView> {
        let request = claim.request.and_then(|id| self.view.requests.get(&id));
        request
            .context("the claim was posted through another host, whose request is not known here")
    }
}

/// The slot that a game is about, where the trace before it is as here.
fn disputed(game: &GameView, solution: &Solution) -> anyhow::Result<Difference> {
    let (node, slot_root, siblings) =
        game.slot().context("the disputed node is not known yet: the trace is being revealed")?;
    let own = ClaimedTrace::own(&solution.trace);
    let left = (0_u8..).zip(siblings).filter(|(level, _)| node >> level & 1 == 1);
    let agrees =
        left.into_iter().all(|(level, sibling)| own.subtree(level, node >> level ^ 1) == *sibling);
    ensure!(
        agrees,
        "an earlier node of this trace differs too, so what node {node} reads is not known; \
         `imo verify` names the first"
    );
    Ok(Difference { node, slot_root, siblings: siblings.to_vec() })
}

/// The first step that is false in the last dissection, if its sections are single steps, and who stated it.
fn false_step(
    game: &GameView,
    k_log2: u32,
    run: &Run<'_, ClaimedTrace<'_>>,
) -> Option<(u64, Side)> {
    let (range, author, dissection) = game.dissection()?;
    if range.length_log2 > k_log2 {
        return None;
    }
    let points: Vec<u64> = range.split_points(k_log2).collect();
    let mine = run.state_hashes(&points);
    let end = dissection.states().iter().zip(&mine).position(|(theirs, mine)| theirs != mine)?;
    Some((points[end.checked_sub(1)?], author))
}
