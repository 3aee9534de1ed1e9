//! The loop of a node: read all, decide, send one thing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::ensure;
use imo_chain::primitives::{Address, B256};
use imo_chain::{ChainError, ClaimView, Client, RequestState, RequestView, View};
use imo_dispute::Move;
use tokio::task::block_in_place;

use crate::claimed::ClaimedTrace;
use crate::model::hex;
use crate::node::Role;
use crate::node::agenda::{
    Action, Task, claims_to_judge, follow_ups, my_games, requests_to_answer,
};
use crate::node::fetch::Sources;
use crate::node::judge::Verdict;
use crate::node::metrics::Metrics;
use crate::node::models::{Model, Solution, Solver};
use crate::node::player::{Rehearsal, next_move};
use crate::node::serve::Traces;
use crate::terminal::Terminal;

/// How long an action rests that failed.
const REST: Duration = Duration::from_secs(5);
/// Bits of a request's flags that have a meaning.
const KNOWN_FLAGS: u8 = 1;

/// A node at work.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) view: View,
    pub(crate) solver: Solver,
    pub(crate) roles: Vec<Role>,
    pub(crate) rehearsal: Rehearsal,
    /// Where other people's traces are looked for.
    pub(crate) sources: Sources,
    /// Whether claims carry the roots of their slots in blobs.
    pub(crate) blobs: bool,
    /// Told with each claim; empty to withhold the trace.
    pub(crate) trace_uri: String,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) terminal: Terminal,
    pub(crate) k_log2: u32,
    /// Of claims, once judged.
    pub(crate) verdicts: BTreeMap<B256, Verdict>,
    /// Contents of which every kind of node was compared with the machine.
    pub(crate) checked: Vec<B256>,
    /// Since when a failed action rests.
    pub(crate) shelved: BTreeMap<Task, Instant>,
}

impl Worker {
    /// Looks once and does the most urgent thing, if there is one. Says whether there was.
    pub(crate) async fn turn(&mut self) -> anyhow::Result<bool> {
        self.view.update(&self.client).await?;
        self.watch();
        let Some(action) = self.next().await? else { return Ok(false) };
        let task = action.task();
        if let Err(error) = self.send(action).await {
            // Where the chain answers, it is this action that fails, and others need not wait for it.
            let is_silence = matches!(error.downcast_ref(), Some(ChainError::Transport(_)));
            ensure!(!is_silence, error);
            self.metrics.refused();
            self.terminal.note(format!("{}: {error:#}", task.0));
            self.shelved.insert(task, Instant::now());
        }
        Ok(true)
    }

    pub(crate) const fn me(&self) -> Address {
        self.client.address()
    }

    fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn rests(&self, action: &Action) -> bool {
        self.shelved.get(&action.task()).is_some_and(|since| since.elapsed() < REST)
    }

    fn watch(&self) {
        let open = self.view.requests.values().filter(|it| it.state == RequestState::Open);
        self.metrics.sees(open.count() as u64, self.view.open_games().count() as u64);
        let live: Vec<String> = self
            .view
            .claims
            .values()
            .filter(|claim| claim.state == imo_chain::ClaimState::Pending)
            .map(|claim| hex(claim.preimage.traceRoot.as_slice()))
            .collect();
        self.traces.retain(|root| live.iter().any(|it| it == root));
    }

    /// The most urgent thing to do: clocks first, then claims to dispute, then requests to answer, then what only waits.
    async fn next(&mut self) -> anyhow::Result<Option<Action>> {
        if let Some(action) = self.next_move()? {
            return Ok(Some(action));
        }
        if self.plays(Role::Challenger)
            && let Some(action) = self.next_challenge().await?
        {
            return Ok(Some(action));
        }
        if self.plays(Role::Operator) {
            self.serve_my_traces()?;
            if let Some(action) = self.next_claim().await? {
                return Ok(Some(action));
            }
        }
        Ok(follow_ups(&self.view, self.me()).find(|action| !self.rests(action)))
    }

    fn next_move(&mut self) -> anyhow::Result<Option<Action>> {
        for (view, claim, side) in my_games(&self.view, self.client.address()) {
            let game = view.at(self.k_log2, self.view.time);
            let is_mine = if game.expired { Some(side.other()) } else { Some(side) };
            let request = claim.request.and_then(|id| self.view.requests.get(&id));
            let Some(request) = request.filter(|_| game.to_move() == is_mine) else { continue };
            let (content_id, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
            let rehearsal = self.rehearsal;
            let action = block_in_place(|| {
                let solution = self.solver.solve(content_id, request, claimant)?;
                let model = self.solver.model(content_id).expect("it was just run");
                anyhow::Ok(next_move(&game, view, side, (model, &solution), rehearsal))
            })?;
            let action = action.map(|action| Action::Play { game: view.id, action });
            if let Some(action) = action.filter(|action| !self.rests(action)) {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    async fn next_challenge(&mut self) -> anyhow::Result<Option<Action>> {
        let claims: Vec<ClaimView> = claims_to_judge(&self.view, self.me()).cloned().collect();
        for claim in claims {
            let Some(request) = self.judgeable(&claim) else { continue };
            let difference = match self.judge(&claim, &request).await? {
                Verdict::Wrong(difference) => Some(difference),
                Verdict::Withheld => None,
                Verdict::Right | Verdict::MyMistake => continue,
            };
            let action = Action::Challenge { claim: claim.id, difference };
            if !self.rests(&action) {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    /// The request of a claim whose model is here.
    fn judgeable(&self, claim: &ClaimView) -> Option<RequestView> {
        self.solver.model(claim.preimage.contentId)?;
        let request = self.view.requests.get(&claim.request?)?;
        is_known(request).then(|| request.clone())
    }

    async fn next_claim(&mut self) -> anyhow::Result<Option<Action>> {
        let open: Vec<_> = requests_to_answer(&self.view, self.me())
            .map(|(id, request, live)| {
                (id, request.clone(), live.into_iter().cloned().collect::<Vec<_>>())
            })
            .collect();
        for (id, request, live) in open {
            let action = Action::Claim { request: id };
            if self.rests(&action) || self.content_of(&request).is_none() {
                continue;
            }
            // One execution is the normal case: answered again only where the answer is wrong.
            let mut is_needed = true;
            for claim in &live {
                is_needed &= self.judge(claim, &request).await?.is_wrong();
            }
            if is_needed {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    /// The content to run for a request; none where this node cannot, or its verifier is another.
    pub(crate) fn content_of(&self, request: &RequestView) -> Option<B256> {
        let terms = &request.order.terms;
        let is_judged = terms.verifier == self.view.deployment().verifier;
        let is_here = is_judged && self.solver.model(terms.contentId).is_some();
        (is_known(request) && is_here).then_some(terms.contentId)
    }

    /// What was claimed can be asked for until it is final; after a restart it is computed again.
    fn serve_my_traces(&mut self) -> anyhow::Result<()> {
        let mine = self.view.claims.values().filter(|claim| {
            claim.preimage.claimant == self.client.address() && !self.view.is_proven(claim)
        });
        for claim in mine.filter(|claim| claim.state == imo_chain::ClaimState::Pending) {
            let request = claim.request.and_then(|id| self.view.requests.get(&id));
            let content_id = claim.preimage.contentId;
            let Some(request) = request.filter(|_| self.solver.model(content_id).is_some()) else {
                continue;
            };
            if self.traces.serves(&hex(claim.preimage.traceRoot.as_slice())) {
                continue;
            }
            let claimant = claim.preimage.claimant;
            let solution = block_in_place(|| self.solver.solve(content_id, request, claimant))?;
            self.traces.add(solution.trace.tree());
        }
        Ok(())
    }

    /// Whether a move that a contract refused means that the game is lost: only for who plays with a fault.
    pub(crate) const fn gives_up(&self, action: &Move) -> bool {
        matches!(action, Move::Convict { .. }) && self.rehearsal.lies
    }
}

/// A request that the engine can be given as it is.
const fn is_known(request: &RequestView) -> bool {
    request.order.request.flags & !KNOWN_FLAGS == 0
}

/// Compares the engine with the machine on some nodes of a solution: one of each kind when the model is new, then one.
pub(crate) fn self_check(
    model: &Model,
    solution: &Solution,
    every_kind: bool,
) -> anyhow::Result<()> {
    let trace = ClaimedTrace::own(&solution.trace);
    let live: Vec<u32> = solution.trace.nodes().collect();
    let kind = |node| std::mem::discriminant(&model.program.shape().kind(node));
    let mut nodes = vec![live[usize::from(solution.trace.tree().root()[0]) * live.len() / 256]];
    if every_kind {
        for node in live.iter().rev() {
            if nodes.iter().all(|it| kind(*it) != kind(*node)) {
                nodes.push(*node);
            }
        }
    }
    for node in nodes {
        let run = model.run_node(solution, &trace, node);
        let is_same = model.program.slot(&run).is_ok_and(|slot| slot == solution.trace.slot(node));
        ensure!(is_same, "my engine and my machine disagree about node {node}: not claimed");
    }
    Ok(())
}
