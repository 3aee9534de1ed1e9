//! Decides what to do next, from a view of the chain and from running the models again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView, RequestView, View};
use imo_dispute::Move;
use imo_player::{
    Difference, MachineVerdict, Model, NodeKind, Rehearsal, Solution, Solver, judge_difference,
    next_move, self_check,
};

use crate::agenda::{Action, Task, claims_to_judge, follow_ups, my_games, requests_to_answer};
use crate::error::NodeError;
use crate::event::{Event, Report};
use crate::fetch::Sources;
use crate::on_chain::{request_of, shown_slot};
use crate::role::Role;
use crate::traces::Traces;

/// How long an action rests after it failed.
const REST: Duration = Duration::from_secs(5);
/// The bits of a request's flags that have a meaning.
const KNOWN_FLAGS: u8 = 1;

/// What the judge found out about a claim.
#[derive(Clone, Debug)]
enum Verdict {
    /// My own trace has the same root.
    Right,
    /// It differs from mine at this node first, and my machine agrees with my engine.
    Wrong(Difference),
    /// It differs from mine, but its trace cannot be had.
    Withheld,
    /// It differs from mine, but my engine and my machine disagree: the mistake may be mine.
    MyMistake,
}

impl Verdict {
    /// Whether the request still needs a correct answer.
    const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Withheld)
    }
}

/// Decides, but sends nothing. It computes and asks other people's servers, so it blocks.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) me: Address,
    pub(crate) roles: Vec<Role>,
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

/// What a judge has found out. After a restart it would find out the same again.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Verdicts on claims, by claim id.
    verdicts: BTreeMap<B256, Verdict>,
    /// Models of which a node of every kind was compared with the machine.
    checked: Vec<B256>,
    /// Actions that rest, and since when.
    shelved: BTreeMap<Task, Instant>,
}

impl Judge {
    /// The most urgent thing to do, if there is one: first games, whose clocks run; then claims to
    /// challenge; then requests to answer; then what can wait.
    pub(crate) fn next(&mut self, view: &View) -> Result<Option<Action>, NodeError> {
        if let Some(action) = self.next_move(view)? {
            return Ok(Some(action));
        }
        if self.plays(Role::Challenger)
            && let Some(action) = self.next_challenge(view)?
        {
            return Ok(Some(action));
        }
        if self.plays(Role::Operator) {
            self.serve_my_traces(view)?;
            if let Some(action) = self.next_claim(view)? {
                return Ok(Some(action));
            }
        }
        let can_serve = |request: &RequestView| self.content_of(view, request).is_some();
        Ok(follow_ups(view, self.me, can_serve).find(|action| !self.rests(action)))
    }

    /// Computes the answer to a request and checks it against the machine. Its trace is served from
    /// now on, so that anyone who doubts the claim finds it at once.
    pub(crate) fn answer(
        &mut self,
        view: &View,
        request: U256,
    ) -> Result<Arc<Solution>, NodeError> {
        let request = &view.requests[&request];
        let content_id = self.content_of(view, request).ok_or(NodeError::NoModel)?;
        let is_new = !self.memory.checked.contains(&content_id);
        let solution = self.solve(view, content_id, request, self.me)?;
        if !self.rehearsal.lies {
            self_check(self.model(content_id), &solution, is_new)?;
        }
        if is_new {
            self.memory.checked.push(content_id);
        }
        self.traces.add(solution.trace.tree());
        Ok(solution)
    }

    /// Lets a failed action rest.
    pub(crate) fn shelve(&mut self, task: Task) {
        self.memory.shelved.insert(task, Instant::now());
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
        self.memory.shelved.get(&action.task()).is_some_and(|since| since.elapsed() < REST)
    }

    fn next_move(&mut self, view: &View) -> Result<Option<Action>, NodeError> {
        for (game_view, claim, side) in my_games(view, self.me) {
            let game = game_view.at(self.k_log2, view.time);
            let is_mine = if game.expired { Some(side.other()) } else { Some(side) };
            let request = claim.request.and_then(|id| view.requests.get(&id));
            let Some(request) = request.filter(|_| game.to_move() == is_mine) else { continue };
            let (content_id, claimant) = (claim.preimage.contentId, claim.preimage.claimant);
            let solution = self.solve(view, content_id, request, claimant)?;
            let mine = (self.model(content_id), &*solution);
            let action = next_move(&game, shown_slot(game_view), side, mine, self.rehearsal);
            let action = action.map(|action| Action::Play { game: game_view.id, action });
            if let Some(action) = action.filter(|action| !self.rests(action)) {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    fn next_challenge(&mut self, view: &View) -> Result<Option<Action>, NodeError> {
        for claim in claims_to_judge(view, self.me) {
            let Some(request) = self.judgeable(view, claim) else { continue };
            let difference = match self.judge(view, claim, request)? {
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

    /// The request of a claim. None if the model is not here, or the request is not known or has
    /// unknown flags.
    fn judgeable<'v>(&self, view: &'v View, claim: &ClaimView) -> Option<&'v RequestView> {
        self.solver.model(&claim.preimage.contentId)?;
        let request = view.requests.get(&claim.request?)?;
        is_known(request).then_some(request)
    }

    fn next_claim(&mut self, view: &View) -> Result<Option<Action>, NodeError> {
        for (id, request, live) in requests_to_answer(view, self.me) {
            let action = Action::Claim { request: id };
            if self.rests(&action) || self.content_of(view, request).is_none() {
                continue;
            }
            // One answer is normally enough: answer again only if all the others are wrong.
            let mut is_needed = true;
            for claim in live {
                is_needed &= self.judge(view, claim, request)?.is_wrong();
            }
            if is_needed {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    /// The model to run for a request. None if it is not here or another verifier judges it.
    fn content_of(&self, view: &View, request: &RequestView) -> Option<B256> {
        let terms = &request.order.terms;
        let is_judged = terms.verifier == view.deployment().verifier;
        let is_here = is_judged && self.solver.model(&terms.contentId).is_some();
        (is_known(request) && is_here).then_some(terms.contentId)
    }

    /// Serves the traces of my claims until they are final. After a restart it computes them again.
    fn serve_my_traces(&mut self, view: &View) -> Result<(), NodeError> {
        let mine = view
            .claims
            .values()
            .filter(|claim| claim.preimage.claimant == self.me && !view.is_proven(claim));
        let pending: Vec<_> = mine.filter(|claim| claim.state == ClaimState::Pending).collect();
        for claim in pending {
            let request = claim.request.and_then(|id| view.requests.get(&id));
            let content_id = claim.preimage.contentId;
            let Some(request) = request.filter(|_| self.solver.model(&content_id).is_some()) else {
                continue;
            };
            if self.traces.has(&claim.preimage.traceRoot) {
                continue;
            }
            let solution = self.solve(view, content_id, request, claim.preimage.claimant)?;
            self.traces.add(solution.trace.tree());
        }
        Ok(())
    }

    /// Judges a claim: runs the model as the claimant should have.
    fn judge(
        &mut self,
        view: &View,
        claim: &ClaimView,
        request: &RequestView,
    ) -> Result<Verdict, NodeError> {
        if let Some(verdict) = self.memory.verdicts.get(&claim.id) {
            return Ok(verdict.clone());
        }
        let content_id = claim.preimage.contentId;
        let solution = self.solve(view, content_id, request, claim.preimage.claimant)?;
        let verdict = self.compare(claim, self.model(content_id), &solution);
        self.memory.verdicts.insert(claim.id, verdict.clone());
        Ok(verdict)
    }

    fn compare(&self, claim: &ClaimView, model: &Model, solution: &Solution) -> Verdict {
        if solution.root() == claim.preimage.traceRoot.0 {
            return Verdict::Right;
        }
        let found = self.sources.difference(claim, &solution.trace);
        let Some(difference) = found else { return Verdict::Withheld };
        let differs = || judge_difference(model, solution, &difference) == MachineVerdict::Differs;
        if self.rehearsal.lies || differs() {
            Verdict::Wrong(difference)
        } else {
            self.report.tell(&Event::Mistaken { claim: claim.id, node: difference.node });
            Verdict::MyMistake
        }
    }

    fn solve(
        &mut self,
        view: &View,
        content_id: B256,
        request: &RequestView,
        claimant: Address,
    ) -> Result<Arc<Solution>, NodeError> {
        let request = request_of(request, claimant, view.deployment().chain_id)?;
        Ok(self.solver.solve(content_id.0, &request)?)
    }

    /// The model of this content id, which was just run.
    fn model(&self, content_id: B256) -> &Model {
        self.solver.model(&content_id).expect("it was just run")
    }
}

/// Whether this version knows all flags of a request.
const fn is_known(request: &RequestView) -> bool {
    request.order.request.flags & !KNOWN_FLAGS == 0
}

#[cfg(test)]
mod tests {
    use imo_chain::contracts::InferenceOracle::Order;
    use imo_chain::contracts::OpmlVerifier::ClaimPreimage;
    use imo_chain::{Client, Deployment, RequestState, Signer};
    use imo_engine::Means;
    use imo_model::ModelImage;
    use imo_pack::pack_bytes;
    use imo_pack::tiny::{TinyShape, gguf};

    use super::*;

    const ME: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);
    const VERIFIER: Address = Address::repeat_byte(3);
    const REQUEST: U256 = U256::ONE;
    const CLAIM: B256 = B256::repeat_byte(4);

    /// A judge with a tiny model, and that model's content id.
    fn judge(roles: &[Role]) -> (Judge, B256) {
        let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
        let model = Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program");
        let content_id = model.content_id().into();
        let signer = Signer::development(0).expect("a development account");
        // No claim names an address, so nobody is asked.
        let client = Client::connect("http://127.0.0.1:1", signer).expect("an address");
        let judge = Judge {
            me: ME,
            roles: roles.to_vec(),
            rehearsal: Rehearsal::default(),
            k_log2: 4,
            solver: Solver::new(vec![model], Means::detect(1), None),
            sources: Sources::new(client, None),
            traces: Traces::default(),
            report: Report::new(|_| ()),
            memory: Memory::default(),
        };
        (judge, content_id)
    }

    /// A chain with one open request for a model.
    fn view(content_id: B256) -> View {
        let nobody = Address::ZERO;
        let mut view = View::new(Deployment {
            chain_id: 1,
            block: 0,
            stepper: nobody,
            verifier: VERIFIER,
            registry: nobody,
            oracle: nobody,
            factory: nobody,
            offering: nobody,
        });
        let mut order = Order::default();
        (order.terms.contentId, order.terms.verifier) = (content_id, VERIFIER);
        (order.request.id, order.request.maxTokens) = (REQUEST, 2);
        let text = b"the end".to_vec().into();
        let request = RequestView { order, text, state: RequestState::Open, claims: Vec::new() };
        view.requests.insert(REQUEST, request);
        view
    }

    /// Adds a claim on the request.
    fn claim(view: &mut View, claimant: Address, content_id: B256, trace_root: B256) {
        let preimage = ClaimPreimage {
            host: Address::ZERO,
            requestDigest: B256::ZERO,
            contentId: content_id,
            claimant,
            outputDigest: B256::ZERO,
            delegate: Address::ZERO,
            traceRoot: trace_root,
        };
        let claim = ClaimView {
            id: CLAIM,
            request: Some(REQUEST),
            transaction: B256::ZERO,
            preimage,
            trace_uri: String::new(),
            bond: U256::ZERO,
            window_end: 10,
            answer: Default::default(),
            tokens_used: 1,
            state: ClaimState::Pending,
            input_root: None,
            dropped: false,
            games: Vec::new(),
        };
        view.claims.insert(CLAIM, claim);
        view.requests.get_mut(&REQUEST).expect("it was added").claims.push(CLAIM);
    }

    fn next(judge: &mut Judge, view: &View) -> Option<Action> {
        judge.next(view).expect("the model can be run")
    }

    /// The root that a claimant should claim.
    fn true_root(judge: &mut Judge, view: &View, content_id: B256, claimant: Address) -> B256 {
        let solution = judge.solve(view, content_id, &view.requests[&REQUEST], claimant);
        solution.expect("the model can be run").root().into()
    }

    #[test]
    fn an_operator_answers_and_then_serves_the_trace() {
        let (mut judge, content_id) = judge(&[Role::Operator]);
        let mut view = view(content_id);
        let action = next(&mut judge, &view).expect("a request is open");
        assert!(matches!(action, Action::Claim { request: REQUEST }), "{action:?}");
        let root = judge.answer(&view, REQUEST).expect("it can be answered").root();
        assert!(judge.traces.has(&root));

        // After a restart the trace is computed again.
        judge.traces.retain(|_| false);
        claim(&mut view, ME, content_id, root.into());
        assert!(next(&mut judge, &view).is_none(), "the answer is claimed");
        assert!(judge.traces.has(&root));
    }

    #[test]
    fn an_action_that_failed_rests() {
        let (mut judge, content_id) = judge(&[Role::Operator]);
        let view = view(content_id);
        let action = next(&mut judge, &view).expect("a request is open");
        judge.shelve(action.task());
        assert!(next(&mut judge, &view).is_none());
    }

    #[test]
    fn a_right_claim_is_left_alone_and_a_wrong_one_challenged_before_it_is_answered() {
        let (mut judge, content_id) = judge(&[Role::Operator, Role::Challenger]);
        let open = view(content_id);
        let root = true_root(&mut judge, &open, content_id, OTHER);

        let mut right = open.clone();
        claim(&mut right, OTHER, content_id, root);
        assert!(next(&mut judge, &right).is_none());

        judge.memory = Memory::default();
        let mut wrong = open;
        claim(&mut wrong, OTHER, content_id, B256::repeat_byte(9));
        let challenge = next(&mut judge, &wrong).expect("the claim is wrong");
        let is_withheld = matches!(challenge, Action::Challenge { claim: CLAIM, difference: None });
        assert!(is_withheld, "{challenge:?}");
        judge.shelve(challenge.task());
        let answer = next(&mut judge, &wrong).expect("a right answer is still to be given");
        assert!(matches!(answer, Action::Claim { request: REQUEST }), "{answer:?}");
    }

    #[test]
    fn requests_of_other_verifiers_and_unknown_models_are_not_answered() {
        let (mut judge, content_id) = judge(&[Role::Operator]);
        let mut foreign = view(content_id);
        let request = foreign.requests.get_mut(&REQUEST).expect("it was added");
        request.order.terms.verifier = OTHER;
        assert!(next(&mut judge, &foreign).is_none());
        assert!(next(&mut judge, &view(B256::ZERO)).is_none());
        let mut future = view(content_id);
        let request = future.requests.get_mut(&REQUEST).expect("it was added");
        request.order.request.flags = 2;
        assert!(next(&mut judge, &future).is_none());
    }
}
