//! Runs the disputed node again.

use anyhow::{Context, ensure};
use imo_chain::GameView;
use imo_chain::primitives::B256;
use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_commit::{Hash, LEAF_LOG2, dense_root};
use imo_dispute::Side;
use imo_node::{request_of, shown_slot};
use imo_player::{ClaimedTrace, Difference, Model, Solution};
use imo_vm::Run;
use serde::Serialize;
use tokio::task::block_in_place;

use crate::dispute::args::RunArgs;
use crate::dispute::scene::Scene;
use crate::dispute::step::Step;
use crate::dispute::words::side;
use crate::exit::Exit;
use crate::terminal::Terminal;

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
    /// The first false step of the last dissection, and who stated it.
    false_step: Option<(u64, &'static str)>,
}

/// Runs the disputed node and says who is right.
pub(crate) async fn replay(args: RunArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    block_in_place(|| {
        on_run(&scene, &args, terminal, |model, run| {
            let (node, slot_root, _) = game.slot().expect("there is a run");
            let program = model.program();
            let slot = program.slot(run).ok().context("the node does not halt here")?;
            let own = dense_root(&slot, program.parameters().slot_log2 - LEAF_LOG2);
            let right = if own == slot_root { Side::Claimant } else { Side::Challenger };
            let false_step = false_step(game, scene.k_log2, run);
            let report = Report {
                game: game.id,
                node,
                kind: model.kind(u32::try_from(node)?).words,
                steps: run.steps(),
                claimed_slot: hex(slot_root),
                own_slot: hex(own),
                right: side(right),
                winner: game.ending.and_then(|(_, winner)| winner).map(side),
                false_step: false_step.map(|(step, author)| (step, side(author))),
            };
            report.print(terminal);
            terminal.object(&report);
            if let Some((step, _)) = false_step.filter(|_| !terminal.is_json()) {
                Step::of(program.guest(), run, step)?.print(terminal);
            }
            Ok(Exit::Success)
        })
    })
}

/// Shows one step of the disputed node's run.
pub(crate) async fn step(
    args: RunArgs,
    at: Option<u64>,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    block_in_place(|| {
        on_run(&scene, &args, terminal, |model, run| {
            let last = run.steps().saturating_sub(1);
            let disputed =
                || disputed_step(game, scene.k_log2, run).map_or(last, |it| it.min(last));
            let step = at.unwrap_or_else(disputed);
            ensure!(step <= last, "the run has {} steps; the last is {last}", run.steps());
            let step = Step::of(model.program().guest(), run, step)?;
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
            Some(winner) if winner == self.right => {
                ("won", format!("the {winner}, as it should be"))
            }
            Some(winner) => ("won", format!("the {winner}, who was wrong")),
            None => ("won", "nobody yet".to_owned()),
        });
        if let Some((step, author)) = self.false_step {
            rows.push(("false step", format!("{step}, stated by the {author}")));
        }
        terminal.table(&rows);
    }
}

/// Runs the disputed node over the claimed trace.
fn on_run<R>(
    scene: &Scene,
    args: &RunArgs,
    terminal: Terminal,
    look: impl FnOnce(&Model, &Run<'_, ClaimedTrace<'_>>) -> anyhow::Result<R>,
) -> anyhow::Result<R> {
    let (game, claim) = scene.game(&args.game)?;
    let mut solver = args.model.solver(terminal)?;
    let (content, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
    let chain_id = scene.view.deployment().chain_id;
    let request = request_of(scene.request(claim)?, claimant, chain_id);
    let solution = solver.solve(content.0, &request)?;
    let model = solver.model(&content).expect("it was just run");
    let difference = disputed(game, &solution)?;
    let node = u32::try_from(difference.node)?;
    let trace = ClaimedTrace::with(&solution.trace, difference);
    look(model, &model.run_node(&solution, &trace, node))
}

/// The disputed slot. Fails if an earlier part of the trace differs from mine.
pub(crate) fn disputed(game: &GameView, solution: &Solution) -> anyhow::Result<Difference> {
    let shown = shown_slot(game)
        .context("the disputed node is not known yet: the trace is being revealed")?;
    ensure!(
        solution.agrees_before(&shown),
        "an earlier node of this trace differs too, so it is not known what node {} reads; \
         `imo verify` names the first",
        shown.node
    );
    Ok(shown)
}

/// The step that the game has come down to so far. None before the first dissection.
fn disputed_step(game: &GameView, k_log2: u32, run: &Run<'_, ClaimedTrace<'_>>) -> Option<u64> {
    let (range, _, dissection) = game.dissection()?;
    let points: Vec<u64> = range.split_points(k_log2).collect();
    let mine = run.state_hashes(&points);
    Some(step_apart(&points, dissection.states(), &mine))
}

/// The step that leads to the first stated state that is not mine. If all states are mine, it is
/// the step to the last one: the opponent has stated another end.
fn step_apart(points: &[u64], stated: &[Hash], mine: &[Hash]) -> u64 {
    let apart = stated.iter().zip(mine).position(|(stated, mine)| stated != mine);
    points[apart.unwrap_or(points.len() - 1)].saturating_sub(1)
}

/// The first false step of the last dissection, and who stated it. None if the sections are longer
/// than a step.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disputed_step_is_found_however_a_game_ended() {
        let points = [64, 80, 96, 112, 128];
        let mine: [Hash; 5] = std::array::from_fn(|index| [index.to_le_bytes()[0]; 32]);
        assert_eq!(step_apart(&points, &mine, &mine), 127, "the opponent's end is another");
        let mut stated = mine;
        stated[4] = [9; 32];
        assert_eq!(step_apart(&points, &stated, &mine), 127);
        stated[2] = [9; 32];
        assert_eq!(step_apart(&points, &stated, &mine), 95, "the first that differs");
        let single = [6, 7, 8, 9, 10];
        assert_eq!(step_apart(&single, &stated, &mine), 7, "the step itself");
    }
}
