//! Judges other people's claims.

use imo_chain::{ClaimView, Ending, RequestView, View};
use imo_dispute::Side;
use imo_player::{Difference, PlayerError, machine_differs, self_check};

use super::{Judge, Next};
use crate::agenda::{Action, claims_to_judge, my_challenges};
use crate::error::NodeError;
use crate::event::Event;
use crate::memory::Verdict;
use crate::treasury::{Purse, Shortage};

/// A silent server is asked again after this many seconds, a block, then after twice as many, and
/// so on.
const FIRST_PAUSE: u64 = 12;

impl Judge {
    /// The next challenge of a claim that is known to be wrong.
    pub(super) fn next_challenge(&mut self, view: &View, purse: &Purse) -> Option<Action> {
        self.tell_lost(view);
        for claim in claims_to_judge(view, &self.mine) {
            let Some(Verdict::Wrong(difference)) = self.memory.verdicts.get(&claim.id) else {
                continue;
            };
            let action = Action::Challenge { claim: claim.id, difference: difference.clone() };
            let Some(request) = self.judgeable(view, claim).filter(|_| !self.rests(&action)) else {
                continue;
            };
            let afforded = purse.for_challenge(view, &self.mine, request.input.len());
            // Where ether is short, the nearest end of a window has the first claim to it.
            return self.affords("a challenge is", afforded).then_some(action);
        }
        None
    }

    /// Judges one claim more: the one whose window ends next.
    pub(super) fn watch(&mut self, view: &View) -> Next {
        for claim in claims_to_judge(view, &self.mine) {
            let verdict = self.memory.verdicts.get(&claim.id);
            if verdict.is_none_or(|it| it.is_due(view.time))
                && let Some(request) = self.judgeable(view, claim)
                && self.judge(view, claim, request)
            {
                return Next::Again;
            }
        }
        Next::Wait
    }

    /// Judges a claim: runs the model as the claimant should have. Returns false if it cannot be
    /// judged now.
    pub(super) fn judge(&mut self, view: &View, claim: &ClaimView, request: &RequestView) -> bool {
        let task = ("judge", claim.id);
        if self.memory.rests(&task) {
            return false;
        }
        match self.verdict(view, claim, request) {
            Ok(verdict) => {
                self.memory.verdicts.insert(claim.id, verdict);
                true
            }
            Err(error) => {
                self.skip(task, format!("claim {}", claim.id), error);
                false
            }
        }
    }

    fn verdict(
        &mut self,
        view: &View,
        claim: &ClaimView,
        request: &RequestView,
    ) -> Result<Verdict, NodeError> {
        let content_id = claim.preimage.contentId;
        let solution = self.solve(view, content_id, request, claim.preimage.claimant)?;
        if solution.root() == claim.preimage.traceRoot.0 {
            return Ok(Verdict::Right);
        }
        let found = self.sources.difference(claim, &solution.trace);
        if found.is_none()
            && let Some(silent) = self.silence(view.time, claim)
        {
            return Ok(silent);
        }
        let model = self.model(content_id);
        let is_sure = match &found {
            _ if self.rehearsal.lies => Ok(true),
            Some(difference) => machine_differs(model, &solution, difference),
            // Nobody shows where it is wrong, so at least my own trace must be right.
            None => self_check(model, &solution, true).map(|()| true),
        };
        self.conclude(claim, found, is_sure)
    }

    /// What to think of a claim that differs from my answer, after the machine was asked.
    pub(super) fn conclude(
        &self,
        claim: &ClaimView,
        found: Option<Difference>,
        is_sure: Result<bool, PlayerError>,
    ) -> Result<Verdict, NodeError> {
        let claim = claim.id;
        let node = match is_sure {
            Ok(true) => return Ok(Verdict::Wrong(found)),
            Ok(false) => found.map(|it| it.node).unwrap_or_default(),
            Err(PlayerError::Disagreement { node }) => node.into(),
            Err(PlayerError::BeyondMachine { node }) => {
                self.report.tell(&Event::Beyond { claim, node });
                return Ok(Verdict::Beyond);
            }
            Err(error) => return Err(error.into()),
        };
        self.report.tell(&Event::Mistaken { claim, node });
        Ok(Verdict::MyMistake)
    }

    /// Whether to wait for the server of a trace: while the first three quarters last of the window
    /// that was left when it was asked first. A claim that names no server is withheld on purpose.
    fn silence(&self, time: u64, claim: &ClaimView) -> Option<Verdict> {
        let since = match self.memory.verdicts.get(&claim.id) {
            Some(Verdict::Silent { since, .. }) => *since,
            _ => time,
        };
        let until = since + claim.window_end.saturating_sub(since) / 4 * 3;
        let pause = time.saturating_sub(since).max(FIRST_PAUSE);
        let waits = self.sources.can_ask(claim) && time < until;
        waits.then(|| Verdict::Silent { since, again: (time + pause).min(until) })
    }

    /// The request of a claim. None if the model is not here, or the request is not known.
    fn judgeable<'v>(&self, view: &'v View, claim: &ClaimView) -> Option<&'v RequestView> {
        self.solver.model(&claim.preimage.contentId)?;
        view.requests.get(&claim.request?)
    }

    /// Whether something can be afforded. If not, says so once until it can.
    pub(super) fn affords(&mut self, what: &'static str, afforded: Result<(), Shortage>) -> bool {
        match afforded {
            Ok(()) => self.memory.unsay(what),
            Err(Shortage { has, needs }) => {
                if self.memory.says(what) {
                    self.report.tell(&Event::Short { what, has, needs });
                }
            }
        }
        afforded.is_ok()
    }

    /// Says once that a challenge of mine was lost by an instruction.
    fn tell_lost(&mut self, view: &View) {
        for claim in view.claims.values() {
            let lost = (Ending::Conviction, Some(Side::Claimant));
            if my_challenges(view, &self.mine, claim).any(|game| game.ending == Some(lost))
                && self.memory.says(&format!("lost {}", claim.id))
            {
                self.report.tell(&Event::Convicted { claim: claim.id });
            }
        }
    }
}
