//! Decides what to do next, from a view of the chain and from running the models again.

use std::sync::Arc;

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView, RequestView, View};
use imo_dispute::Move;
use imo_player::{Model, NodeKind, Rehearsal, Solution, Solver, next_move, self_check};
use imo_trace::Fault;

use crate::agenda::{Action, Task, my_games, requests_to_answer, requests_to_reopen};
use crate::error::NodeError;
use crate::event::{Event, Report};
use crate::fees::{Pay, pay};
use crate::fetch::Sources;
use crate::follow_ups::follow_ups;
use crate::memory::Memory;
use crate::mine::Mine;
use crate::on_chain::{request_of, shown_slot};
use crate::role::Role;
use crate::traces::Traces;
use crate::treasury::Purse;

mod watch;

/// What a node does in its next turn.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send this.
    Do(Action),
    /// Look at the chain and ask again: something was computed, and a clock may run by now.
    Again,
    /// There is nothing to do.
    Wait,
}

/// A kind of work beside moves.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// Judge claims.
    Watch,
    /// Answer requests.
    Answer,
    /// Finalize, deliver, take bonds back.
    FollowUp,
}

/// Decides, but sends nothing. It computes and asks other people's servers, so it blocks.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) mine: Mine,
    pub(crate) roles: Vec<Role>,
    /// Models whose requests are answered whatever they pay.
    pub(crate) serves: Vec<B256>,
    pub(crate) rehearsal: Rehearsal,
    /// Sections of a dissection, as a power of two.
    pub(crate) k_log2: u32,
    pub(crate) solver: Solver,
    /// Where to look for other people's traces.
    pub(crate) sources: Sources,
    /// My own traces, for others to look into.
    pub(crate) traces: Traces,
    pub(crate) report: Report,
    /// What was found out so far.
    pub(crate) memory: Memory,
}

impl Judge {
    /// The most urgent thing to do. Moves come first, as their clocks run; then challenges of what
    /// is known to be wrong. Of the rest, claims to judge usually come before requests to answer,
    /// and both before what can wait. But one turn in four is for an answer first and one for a
    /// follow-up, so that no backlog starves another.
    ///
    /// At most one claim is judged in a turn, so that no backlog holds up a move either.
    pub(crate) fn next(&mut self, view: &View, purse: &Purse) -> Next {
        if let Some(action) = self.next_move(view) {
            return Next::Do(action);
        }
        if self.plays(Role::Challenger)
            && let Some(action) = self.next_challenge(view, purse)
        {
            return Next::Do(action);
        }
        let order = match self.memory.count % 4 {
            1 => [Work::Answer, Work::Watch, Work::FollowUp],
            3 => [Work::FollowUp, Work::Watch, Work::Answer],
            _ => [Work::Watch, Work::Answer, Work::FollowUp],
        };
        for work in order {
            let next = match work {
                Work::Watch if self.plays(Role::Challenger) => self.watch(view),
                Work::Answer if self.plays(Role::Operator) => self.serve(view, purse),
                Work::FollowUp => self.follow_up(view, purse),
                Work::Watch | Work::Answer => Next::Wait,
            };
            if !matches!(next, Next::Wait) {
                self.memory.count += 1;
                return next;
            }
        }
        Next::Wait
    }

    /// Computes the answer to a request and checks it against the machine.
    pub(crate) fn answer(
        &mut self,
        view: &View,
        request: U256,
    ) -> Result<Arc<Solution>, NodeError> {
        let id = request;
        let request = &view.requests[&request];
        let content_id = self.content_of(view, request).ok_or(NodeError::NoModel)?;
        let is_new = !self.memory.checked.contains(&content_id);
        let solution = self.solve(view, content_id, request, self.mine.account)?;
        self.check_fault(id, &solution);
        if !self.rehearsal.lies {
            self_check(self.model(content_id), &solution, is_new)?;
        }
        if is_new {
            self.memory.checked.push(content_id);
        }
        Ok(solution)
    }

    /// Lets a failed action rest.
    pub(crate) fn shelve(&mut self, task: Task) {
        self.memory.shelve(task);
    }

    /// Whether to concede the game if a contract refuses this move. Only a player who lies on
    /// purpose gives up.
    pub(crate) const fn gives_up(&self, action: &Move) -> bool {
        matches!(action, Move::Convict { .. }) && self.rehearsal.lies
    }

    /// What a node of a claim's trace computes. None if the model is not here.
    pub(crate) fn kind(&self, claim: &ClaimView, node: u64) -> Option<NodeKind> {
        let model = self.solver.model(&claim.preimage.contentId)?;
        Some(model.kind(u32::try_from(node).ok()?))
    }

    fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn rests(&self, action: &Action) -> bool {
        self.memory.rests(&action.task())
    }

    /// Lets something rest that failed, and says so once.
    fn skip(&mut self, task: Task, what: String, error: NodeError) {
        self.memory.shelve(task);
        if self.memory.says(&what) {
            self.report.tell(&Event::Skipped { what, error });
        }
    }

    fn next_move(&mut self, view: &View) -> Option<Action> {
        for (game_view, claim, side) in my_games(view, &self.mine) {
            let game = game_view.at(self.k_log2, view.time);
            let to_move = if game.expired { Some(side.other()) } else { Some(side) };
            let request = claim.request.and_then(|id| view.requests.get(&id));
            let Some(request) = request.filter(|_| game.to_move() == to_move) else { continue };
            let task = ("move", game_view.id);
            if self.memory.rests(&task) {
                continue;
            }
            let (content_id, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
            let solution = match self.solve(view, content_id, request, claimant) {
                Ok(solution) => solution,
                Err(error) => {
                    self.skip(task, format!("game {}", game_view.id), error);
                    continue;
                }
            };
            let mine = (self.model(content_id), &*solution);
            let action = next_move(&game, shown_slot(game_view), side, mine, self.rehearsal);
            if let Some(action) = action {
                return Some(Action::Play { game: game_view.id, action });
            }
        }
        None
    }

    /// Serves the traces of my claims, and answers requests.
    fn serve(&mut self, view: &View, purse: &Purse) -> Next {
        if self.serve_my_traces(view) { Next::Again } else { self.next_claim(view, purse) }
    }

    fn next_claim(&mut self, view: &View, purse: &Purse) -> Next {
        for (id, request, live) in requests_to_answer(view, &self.mine) {
            let action = Action::Claim { request: id };
            if self.rests(&action)
                || self.content_of(view, request).is_none()
                || !self.is_paid(request, purse)
            {
                continue;
            }
            // One answer is normally enough: answer again only if all the others are wrong, or if a
            // right one was lost. Whoever did that on purpose may do it again.
            let mut is_needed = true;
            for claim in live {
                let Some(verdict) = self.memory.verdicts.get(&claim.id) else {
                    if self.judge(view, claim, request) {
                        return Next::Again;
                    }
                    is_needed = false;
                    continue;
                };
                is_needed &= verdict.is_wrong();
            }
            if !is_needed {
                match self.is_right_one_lost(view, request) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Next::Again,
                }
            }
            let watches = self.plays(Role::Challenger);
            let afforded = purse.for_claim(view, &self.mine, request.input.len(), watches);
            if self.affords("an answer is", afforded) {
                return Next::Do(action);
            }
        }
        self.reopen(view, purse)
    }

    /// Tells the oracle that the last claim on a request was lost, so that it can be answered.
    fn reopen(&mut self, view: &View, purse: &Purse) -> Next {
        for (id, request, claim) in requests_to_reopen(view, &self.mine) {
            let action = Action::DropClaim { request: id, claim };
            let is_mine = self.content_of(view, request).is_some() && !self.rests(&action);
            if is_mine && self.is_paid(request, purse) {
                return Next::Do(action);
            }
        }
        Next::Wait
    }

    /// Whether a claim on a request was rejected although it was right: its claimant was silent.
    /// None if a claim more was looked at, which may have taken an inference.
    fn is_right_one_lost(&mut self, view: &View, request: &RequestView) -> Option<bool> {
        let claims = request.claims.iter().filter_map(|id| view.claims.get(id));
        for claim in claims.filter(|claim| claim.state == ClaimState::Rejected) {
            match self.memory.lost.get(&claim.id) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => {
                    let (content_id, claimant) =
                        (claim.preimage.contentId, claim.preimage.claimant);
                    let solution = self.solve(view, content_id, request, claimant);
                    let is_right = solution.is_ok_and(|it| it.root() == claim.preimage.traceRoot.0);
                    self.memory.lost.insert(claim.id, is_right);
                    return None;
                }
            }
        }
        Some(false)
    }

    /// Whether a request pays for its answer.
    fn is_paid(&mut self, request: &RequestView, purse: &Purse) -> bool {
        let (model, id) = (request.order.request.modelId, request.order.request.id);
        let event = match pay(&request.order, purse.price) {
            _ if self.serves.contains(&model) => return true,
            Pay::Enough => return true,
            Pay::Nothing => Event::Unpaid { model },
            Pay::TooLittle => Event::TooDear { request: id },
        };
        if self.memory.says(&event.to_string()) {
            self.report.tell(&event);
        }
        false
    }

    fn follow_up(&self, view: &View, purse: &Purse) -> Next {
        let can_serve = |request: &RequestView| self.content_of(view, request).is_some();
        let mut chores = follow_ups(view, &self.mine, purse.price, can_serve);
        chores.find(|action| !self.rests(action)).map_or(Next::Wait, Next::Do)
    }

    /// The model to run for a request. None if it is not here or another verifier judges it.
    fn content_of(&self, view: &View, request: &RequestView) -> Option<B256> {
        let terms = &request.order.terms;
        let is_judged = terms.verifier == view.deployment().verifier;
        let is_here = is_judged && self.solver.model(&terms.contentId).is_some();
        is_here.then_some(terms.contentId)
    }

    /// Serves the trace of a claim of mine that is in a block, until it is final: before, whoever
    /// saw the claim on its way could have copied it. Returns whether a trace was not served yet.
    /// After a restart it is computed again.
    fn serve_my_traces(&mut self, view: &View) -> bool {
        for claim in view.claims.values() {
            let content_id = claim.preimage.contentId;
            let task = ("serve", claim.id);
            if !self.mine.posted(claim)
                || !view.is_undecided(claim)
                || self.solver.model(&content_id).is_none()
                || self.traces.has(&claim.preimage.traceRoot)
                || self.memory.rests(&task)
            {
                continue;
            }
            let request = claim.request.and_then(|id| view.requests.get(&id));
            let Some(request) = request else { continue };
            match self.solve(view, content_id, request, claim.preimage.claimant) {
                Ok(solution) if solution.root() == claim.preimage.traceRoot.0 => {
                    self.traces.add(solution.trace.tree());
                }
                Ok(_) => {
                    self.skip(task, format!("trace of claim {}", claim.id), NodeError::OtherTrace);
                }
                Err(error) => self.skip(task, format!("trace of claim {}", claim.id), error),
            }
            return true;
        }
        false
    }

    /// Says it if a fault that was asked for changes nothing.
    fn check_fault(&self, request: U256, solution: &Solution) {
        let Some(Fault::Node { index, bit }) = self.solver.fault() else { return };
        let tree = solution.trace.tree();
        let nodes: Vec<u32> = solution.trace.nodes().collect();
        if !nodes.contains(&index) || u64::from(bit) >= 8 << tree.slot_log2() {
            let emit = tree.last();
            let last = nodes.into_iter().rfind(|node| *node != emit).unwrap_or_default();
            self.report.tell(&Event::NoFault { request, last, emit });
        }
    }

    fn solve(
        &mut self,
        view: &View,
        content_id: B256,
        request: &RequestView,
        claimant: Address,
    ) -> Result<Arc<Solution>, NodeError> {
        let request = request_of(request, claimant, view.deployment().chain_id);
        Ok(self.solver.solve(content_id.0, &request)?)
    }

    /// The model of this content id, which was just run.
    fn model(&self, content_id: B256) -> &Model {
        self.solver.model(&content_id).expect("it was just run")
    }
}

#[cfg(test)]
mod tests;
