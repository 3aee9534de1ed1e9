//! Requests, claims and games, put together from the logs of the oracle and the verifier.

use std::collections::BTreeMap;
use std::time::Instant;

use alloy::primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy::sol_types::{SolEventInterface, SolValue};

use crate::contracts::InferenceOracle::{InferenceOracleEvents as OracleEvent, Order};
use crate::contracts::OpmlVerifier::{ClaimPreimage, OpmlVerifierEvents as VerifierEvent};
use crate::deployment::Deployment;
use crate::game::GameView;
use crate::recent::Recent;

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// No answer is final yet.
    Open,
    /// Answered by this claim, which is final.
    Final(B256),
    /// Answered by this claim, and the requester's contract was called.
    Delivered(B256),
    /// Its time ran out and it was refunded.
    Expired,
}

/// A request, with all that its answer and its escrow depend on.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// What later calls about the request must repeat.
    pub order: Order,
    /// The prompt, followed by the stop sequences.
    pub input: Bytes,
    /// What has become of it.
    pub state: RequestState,
    /// Last second in which a claim can be posted: the order's expiry, or later once a claim was
    /// dropped.
    pub deadline: u64,
    /// Its claims at the deployment's verifier, in order.
    pub claims: Vec<B256>,
}

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// It may still be challenged, or has open games.
    Pending,
    /// It lost a game.
    Rejected,
    /// It is final, and its bond is back.
    Settled,
}

/// A claim, as the logs tell it.
#[derive(Clone, Debug)]
pub struct ClaimView {
    /// The claim's id.
    pub id: B256,
    /// The request it answers; none if it was not posted through this deployment's oracle.
    pub request: Option<U256>,
    /// The transaction that posted it.
    pub transaction: B256,
    /// The fields that the id is a hash of.
    pub preimage: ClaimPreimage,
    /// Where the claimant says that the trace is served.
    pub trace_uri: String,
    /// The claimant's bond, in wei.
    pub bond: U256,
    /// Last second in which a game may be opened.
    pub window_end: u64,
    /// The answer, as the oracle logged it.
    pub answer: Bytes,
    /// Tokens generated, as claimed.
    pub units_used: u32,
    /// What has become of it.
    pub state: ClaimState,
    /// Root of its input memory, once the verifier has seen the request.
    pub input_root: Option<B256>,
    /// Whether the oracle knows that the claim was rejected.
    pub dropped: bool,
    /// The games against it, in order.
    pub games: Vec<B256>,
}

/// All requests, claims and games of a deployment, as far as its logs have been read.
#[derive(Clone, Debug)]
pub struct View {
    /// Time of the next block in seconds if the node gives it, otherwise of the newest block.
    pub time: u64,
    /// The requests, by id.
    pub requests: BTreeMap<U256, RequestView>,
    /// The claims, by id.
    pub claims: BTreeMap<B256, ClaimView>,
    /// The games, by id.
    pub games: BTreeMap<B256, GameView>,
    /// What the oracle owes each model's receiver, in wei.
    pub owed: BTreeMap<Address, U256>,
    pub(crate) deployment: Deployment,
    /// The same view without the newest blocks.
    pub(crate) settled: Option<Box<Settled>>,
    /// The logs of the blocks since then.
    pub(crate) recent: Recent,
    /// The newest block when the logs were read last, and when that was.
    pub(crate) read: Option<(B256, Instant)>,
    /// When contracts began to contradict the view, and when they last did.
    pub(crate) doubted: Option<(Instant, Instant)>,
}

/// A view as of a block that stays.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) view: View,
    /// The block. When the chain no longer has it, everything is read again.
    pub(crate) number: u64,
    pub(crate) hash: B256,
}

impl View {
    /// An empty view of a deployment.
    pub const fn new(deployment: Deployment) -> Self {
        Self {
            time: 0,
            requests: BTreeMap::new(),
            claims: BTreeMap::new(),
            games: BTreeMap::new(),
            owed: BTreeMap::new(),
            deployment,
            settled: None,
            recent: Recent::new(),
            read: None,
            doubted: None,
        }
    }

    /// The deployment that the view is of.
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The games that are not over.
    pub fn open_games(&self) -> impl Iterator<Item = (&GameView, &ClaimView)> {
        let open = self.games.values().filter(|game| game.is_open());
        open.filter_map(|game| Some((game, self.claims.get(&game.claim)?)))
    }

    /// Whether the verifier considers a claim proven.
    pub fn is_proven(&self, claim: &ClaimView) -> bool {
        let games = claim.games.iter().filter_map(|game| self.games.get(game));
        match claim.state {
            ClaimState::Settled => true,
            ClaimState::Rejected => false,
            ClaimState::Pending => {
                self.time > claim.window_end && games.clone().all(|game| !game.is_open())
            }
        }
    }

    /// Whether a claim may still be challenged, or has games to play.
    pub fn is_undecided(&self, claim: &ClaimView) -> bool {
        claim.state == ClaimState::Pending && !self.is_proven(claim)
    }

    /// Takes in the next log. `transaction` logged it.
    pub fn take(&mut self, log: &Log, transaction: B256) {
        // Skip logs that the interfaces do not have, and logs about something unknown.
        if log.address == self.deployment.verifier {
            if let Ok(event) = VerifierEvent::decode_log(log) {
                self.take_verifier(event.data, transaction);
            }
        } else if let Ok(event) = OracleEvent::decode_log(log) {
            self.take_oracle(event.data);
        }
    }

    fn take_oracle(&mut self, event: OracleEvent) {
        match event {
            OracleEvent::Requested(it) => {
                let request = RequestView {
                    deadline: it.order.terms.expiry.to(),
                    order: it.order,
                    input: it.input,
                    state: RequestState::Open,
                    claims: Vec::new(),
                };
                self.requests.insert(it.id, request);
            }
            OracleEvent::Claimed(it) => {
                let Some(request) = self.requests.get_mut(&it.id) else { return };
                // The model's verifier chose this id. A foreign verifier may return the id of
                // anybody's claim.
                let is_ours = request.order.terms.verifier == self.deployment.verifier;
                let claim = self.claims.get_mut(&it.claim).filter(|_| is_ours);
                if let Some(claim) = claim {
                    request.claims.push(it.claim);
                    claim.request = Some(it.id);
                    claim.answer = it.answer;
                    claim.units_used = it.unitsUsed;
                }
            }
            OracleEvent::ClaimDropped(it) => {
                let Some(request) = self.requests.get_mut(&it.id) else { return };
                request.deadline = it.deadline.saturating_to();
                // A foreign verifier may name anybody's claim.
                let is_ours = request.claims.contains(&it.claim);
                if let Some(claim) = self.claims.get_mut(&it.claim).filter(|_| is_ours) {
                    claim.dropped = true;
                }
            }
            OracleEvent::Finalized(it) => {
                self.set(it.id, RequestState::Final(it.claim));
                *self.owed.entry(it.receiver).or_default() += it.receiverOwed;
            }
            OracleEvent::ReceiverPaid(it) => {
                self.owed.remove(&it.receiver);
            }
            OracleEvent::Delivered(it) => {
                if let Some(RequestState::Final(claim)) = self.requests.get(&it.id).map(|r| r.state)
                {
                    self.set(it.id, RequestState::Delivered(claim));
                }
            }
            OracleEvent::Expired(it) => self.set(it.id, RequestState::Expired),
            _ => {}
        }
    }

    fn set(&mut self, id: U256, state: RequestState) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.state = state;
        }
    }

    fn take_verifier(&mut self, event: VerifierEvent, transaction: B256) {
        match event {
            VerifierEvent::ClaimSubmitted(it) => {
                let claim = ClaimView {
                    id: it.claim,
                    request: None,
                    transaction,
                    preimage: it.preimage,
                    trace_uri: it.traceUri,
                    bond: it.bond,
                    window_end: it.windowEnd.saturating_to(),
                    answer: Bytes::new(),
                    units_used: 0,
                    state: ClaimState::Pending,
                    input_root: None,
                    dropped: false,
                    games: Vec::new(),
                };
                self.claims.insert(it.claim, claim);
            }
            VerifierEvent::InputProven(it) => {
                self.of_claim(it.claim, |claim| claim.input_root = Some(it.inputRoot));
            }
            VerifierEvent::ClaimRejected(it) => {
                self.of_claim(it.claim, |claim| claim.state = ClaimState::Rejected);
            }
            VerifierEvent::ClaimSettled(it) => {
                self.of_claim(it.claim, |claim| claim.state = ClaimState::Settled);
            }
            VerifierEvent::Challenged(it) => {
                // A game can only be played if its claim is known.
                let Some(claim) = self.claims.get_mut(&it.claim) else { return };
                // An id comes back only after the game that had it is over.
                if !claim.games.contains(&it.game) {
                    claim.games.push(it.game);
                }
                self.games.insert(it.game, GameView::opened(it, &claim.preimage));
            }
            VerifierEvent::Moved(it) => self.of_game(it.game, |game| game.moved(&it)),
            VerifierEvent::Revealed(it) => self.of_game(it.game, |game| game.revealed(it)),
            VerifierEvent::Picked(it) => self.of_game(it.game, |game| game.picked(it)),
            VerifierEvent::Stated(it) => self.of_game(it.game, |game| game.stated(it)),
            VerifierEvent::Dissected(it) => self.of_game(it.game, |game| game.dissected(it)),
            VerifierEvent::Resolved(it) => self.of_game(it.game, |game| game.resolved(&it)),
            VerifierEvent::GameClosed(it) => self.of_game(it.game, GameView::closed),
            _ => {}
        }
    }

    fn of_claim(&mut self, claim: B256, change: impl FnOnce(&mut ClaimView)) {
        self.claims.get_mut(&claim).map(change);
    }

    fn of_game(&mut self, game: B256, change: impl FnOnce(&mut GameView)) {
        self.games.get_mut(&game).map(change);
    }
}

impl ClaimView {
    /// What the claim's id commits to beside the answer (docs/spec/game.md).
    pub fn details(&self) -> B256 {
        keccak256((self.preimage.delegate, self.preimage.traceRoot).abi_encode())
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::aliases::U40;
    use alloy::sol_types::SolEvent;

    use super::*;
    use crate::contracts::InferenceOracle::{ClaimDropped, Claimed, Requested};
    use crate::contracts::OpmlVerifier::ClaimSubmitted;

    const VERIFIER: Address = Address::repeat_byte(1);
    const ORACLE: Address = Address::repeat_byte(2);
    const CLAIM: B256 = B256::repeat_byte(3);
    const EXPIRY: u64 = 1_000;

    fn take(view: &mut View, address: Address, event: &impl SolEvent) {
        view.take(&Log { address, data: event.encode_log_data() }, B256::ZERO);
    }

    /// A request that our verifier judges and one that another judges, and a claim.
    fn view_of_two() -> View {
        let mut view = View::new(Deployment {
            chain_id: 1,
            block: 0,
            stepper: Address::ZERO,
            verifier: VERIFIER,
            registry: Address::ZERO,
            oracle: ORACLE,
            factory: Address::ZERO,
            offering: Address::ZERO,
        });
        let submitted = ClaimSubmitted {
            claim: CLAIM,
            contentId: B256::ZERO,
            host: ORACLE,
            preimage: ClaimPreimage { host: ORACLE, ..ClaimPreimage::default() },
            traceUri: String::new(),
            bond: U256::ONE,
            windowEnd: U256::ONE,
        };
        take(&mut view, ORACLE, &requested(1, VERIFIER));
        take(&mut view, ORACLE, &requested(2, Address::repeat_byte(9)));
        take(&mut view, VERIFIER, &submitted);
        view
    }

    fn requested(id: u64, verifier: Address) -> Requested {
        let mut order = Order::default();
        order.terms.verifier = verifier;
        order.terms.expiry = U40::from(EXPIRY);
        Requested {
            id: U256::from(id),
            modelId: B256::ZERO,
            requester: Address::ZERO,
            order,
            input: Bytes::new(),
        }
    }

    fn claimed(id: u64, answer: &'static [u8]) -> Claimed {
        Claimed {
            id: U256::from(id),
            claim: CLAIM,
            claimant: Address::ZERO,
            answer: Bytes::from_static(answer),
            unitsUsed: 1,
        }
    }

    fn dropped(id: u64, deadline: u64) -> ClaimDropped {
        ClaimDropped { id: U256::from(id), claim: CLAIM, deadline: U256::from(deadline) }
    }

    /// A model may name any verifier, and the oracle logs whatever id that verifier returns.
    #[test]
    fn a_foreign_verifier_cannot_attach_a_claim_to_its_request() {
        let mut view = view_of_two();
        take(&mut view, ORACLE, &claimed(1, b"right"));
        take(&mut view, ORACLE, &claimed(2, b"forged"));
        let claim = &view.claims[&CLAIM];
        assert_eq!((claim.request, &claim.answer[..]), (Some(U256::ONE), &b"right"[..]));
        assert_eq!(view.requests[&U256::ONE].claims, [CLAIM]);
        assert!(view.requests[&U256::from(2)].claims.is_empty());
    }

    /// A dropped claim gives its own request more time. That of a foreign verifier drops nothing of
    /// ours.
    #[test]
    fn a_dropped_claim_moves_the_deadline_of_its_request() {
        let mut view = view_of_two();
        take(&mut view, ORACLE, &claimed(1, b"right"));
        let deadline = |view: &View, id: u64| view.requests[&U256::from(id)].deadline;
        assert_eq!((deadline(&view, 1), deadline(&view, 2)), (EXPIRY, EXPIRY));
        take(&mut view, ORACLE, &dropped(2, EXPIRY + 5));
        assert!(!view.claims[&CLAIM].dropped, "another request's");
        take(&mut view, ORACLE, &dropped(1, EXPIRY + 9));
        assert!(view.claims[&CLAIM].dropped);
        assert_eq!((deadline(&view, 1), deadline(&view, 2)), (EXPIRY + 9, EXPIRY + 5));
    }
}
