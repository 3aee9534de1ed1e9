//! Runs an answer again.

use anyhow::{Context, ensure};
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView};
use imo_node::{Sources, request_of};
use imo_player::{Difference, Model, Solution};
use serde::Serialize;
use tokio::task::block_in_place;

use crate::asking::{Asked, asked};
use crate::dispute::{ModelArgs, Scene, disputed};
use crate::exit::Exit;
use crate::keys::{BeaconArgs, Endpoint};
use crate::terminal::Terminal;

/// Which answer to verify.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Number of the request
    request: U256,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    beacon: BeaconArgs,
    #[command(flatten)]
    chain: Endpoint,
}

/// The object of `--json`, one for each claim.
#[derive(Debug, Serialize)]
struct Report {
    claim: B256,
    claimant: Address,
    /// What was asked, part by part. None if the program cannot read it.
    asked: Option<Vec<Asked>>,
    state: &'static str,
    answer: String,
    is_right: bool,
    /// The first byte of the answer that differs.
    first_byte: Option<usize>,
    /// The first node of the trace that differs, and its kind. None if the trace cannot be had.
    first_node: Option<(u64, String)>,
}

/// Runs the answers of a request again. Fails if one that was not rejected is wrong.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(verify(args, terminal))
}

async fn verify(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let request = scene.view.requests.get(&args.request);
    let request = request.with_context(|| format!("there is no request {}", args.request))?;
    ensure!(!request.claims.is_empty(), "request {} has no answer yet", args.request);
    let mut solver = args.model.solver(terminal)?;
    let chain_id = scene.view.deployment().chain_id;
    let beacon = args.beacon.node(&args.chain, chain_id, terminal).await;
    let sources = Sources::new(scene.client.clone(), beacon, chain_id);
    let mut reports = Vec::new();
    let mut question = None;
    for claim in request.claims.iter().filter_map(|id| scene.view.claims.get(id)) {
        let (content, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
        let request = request_of(request, claimant, chain_id);
        let solution = block_in_place(|| solver.solve(content.0, &request))?;
        let model = solver.model(&content).expect("it was just run");
        let asked = asked(&request, model.program().guest().input_limit);
        let shown = shown(&scene, claim, &solution);
        let mut report = Report::of(claim, model, &solution, (&sources, shown));
        report.asked = asked.as_ref().ok().cloned();
        reports.push(report);
        // All claims answer the same.
        question.get_or_insert(asked);
    }
    if let Some(asked) = question {
        print_asked(&asked, terminal);
    }
    for report in &reports {
        report.print(terminal);
    }
    terminal.object(&reports);
    let stands = |report: &&Report| report.state != "rejected";
    let all_right = reports.iter().filter(stands).all(|report| report.is_right);
    Ok(if all_right { Exit::Success } else { Exit::Failure })
}

impl Report {
    fn of(
        claim: &ClaimView,
        model: &Model,
        solution: &Solution,
        (sources, shown): (&Sources, Option<Difference>),
    ) -> Self {
        let is_right = claim.preimage.traceRoot.0 == solution.root();
        let served = || block_in_place(|| sources.difference(claim, &solution.trace));
        let difference = if is_right { None } else { shown.or_else(served) };
        let first_node = difference
            .and_then(|it| Some((it.node, model.kind(u32::try_from(it.node).ok()?).words)));
        Self {
            claim: claim.id,
            claimant: claim.preimage.claimant,
            asked: None,
            state: match claim.state {
                ClaimState::Pending => "may be challenged",
                ClaimState::Rejected => "rejected",
                ClaimState::Settled => "settled",
            },
            answer: String::from_utf8_lossy(&claim.answer).into_owned(),
            is_right,
            first_byte: first_byte(&claim.answer, &solution.answer),
            first_node,
        }
    }

    fn print(&self, terminal: Terminal) {
        let verdict = match (self.is_right, &self.first_node) {
            (true, _) => "right: the same trace, to the byte".to_owned(),
            (false, Some((node, kind))) => format!("wrong: first at node {node}, {kind}"),
            (false, None) => "wrong: another trace, which is not served".to_owned(),
        };
        let mut rows = vec![
            ("claim", format!("{} ({})", self.claim, self.state)),
            ("claimant", self.claimant.to_string()),
            ("answer", format!("{:?}", self.answer)),
            ("verdict", verdict),
        ];
        if !self.is_right {
            rows.push(match self.first_byte {
                Some(byte) => ("text", format!("differs first at byte {byte}")),
                None => ("text", "the same; what led to it differs".to_owned()),
            });
        }
        terminal.table(&rows);
    }
}

fn print_asked(asked: &Result<Vec<Asked>, &'static str>, terminal: Terminal) {
    let rows = match asked {
        Ok(parts) => parts.iter().map(|part| (part.role, part.line())).collect(),
        Err(why) => vec![("asked", format!("nothing that can be answered: {why}"))],
    };
    terminal.table(&rows);
}

/// The first node in which a claimed trace differs, taken from a game that has already named it.
fn shown(scene: &Scene, claim: &ClaimView, solution: &Solution) -> Option<Difference> {
    let games = claim.games.iter().filter_map(|game| scene.view.games.get(game));
    let differs = |it: &Difference| {
        let node = u32::try_from(it.node).expect("a node of the trace");
        it.slot_root != solution.trace.tree().subtree(0, node)
    };
    games.filter_map(|game| disputed(game, solution).ok()).find(differs)
}

/// The first byte in which two texts differ.
fn first_byte(a: &[u8], b: &[u8]) -> Option<usize> {
    let within = a.iter().zip(b).position(|(a, b)| a != b);
    within.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))
}

#[cfg(test)]
mod tests {
    use super::first_byte;

    #[test]
    fn texts_differ_where_one_ends_too() {
        assert_eq!(first_byte(b"red", b"red"), None);
        assert_eq!(first_byte(b"red", b"rod"), Some(1));
        assert_eq!(first_byte(b"red", b"reddish"), Some(3));
    }
}
