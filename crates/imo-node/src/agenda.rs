//! What there is to do: pure choices over a view, most urgent first.

use std::collections::BTreeMap;

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView, GameView, RequestState, RequestView, View};
use imo_dispute::{Move, Side};
use imo_player::Difference;

/// Most gas that a payment to a receiver may take. A splitter's takes less.
pub(crate) const PAY_GAS: u64 = 200_000;
/// A payment is worth sending once it is this many times the cost of its gas.
const PAY_WORTH: u64 = 20;
/// Seconds after a claim's window in which its finality is left to the claimant.
const CLAIMANT_FIRST: u64 = 3_600;

/// Something to send.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A move in a game.
    Play { game: B256, action: Move },
    /// Get back bond and gas of a game that ended because another game rejected the claim.
    CloseGame { game: B256 },
    /// Open a game, on the node that differs or on a trace that is withheld.
    Challenge { claim: B256, difference: Option<Difference> },
    /// Answer a request.
    Claim { request: U256 },
    /// Make a proven claim the answer.
    Finalize { request: U256, claim: B256 },
    /// Call the requester's contract.
    Deliver { request: U256, claim: B256 },
    /// Get back the bond of a proven claim.
    SettleClaim { claim: B256 },
    /// Tell the oracle of a rejected claim.
    DropClaim { request: U256, claim: B256 },
    /// Refund a request that nobody answered in time.
    Expire { request: U256 },
    /// Pay a model's receiver what the oracle owes it.
    PayReceiver { receiver: Address },
}

/// What an action is about. If a contract refuses the action, its task rests for a while.
pub(crate) type Task = (&'static str, B256);

impl Action {
    /// The task of this action.
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Play { game, .. } => ("move", *game),
            Self::CloseGame { game } => ("close game", *game),
            Self::Challenge { claim, .. } => ("challenge", *claim),
            Self::Claim { request } => ("claim", (*request).into()),
            Self::Finalize { claim, .. } => ("finalize", *claim),
            Self::Deliver { request, .. } => ("deliver", (*request).into()),
            Self::SettleClaim { claim } => ("settle claim", *claim),
            Self::DropClaim { claim, .. } => ("drop claim", *claim),
            Self::Expire { request } => ("expire", (*request).into()),
            Self::PayReceiver { receiver } => ("pay receiver", receiver.into_word()),
        }
    }
}

/// The open games in which `me` plays, and its side in each. The earliest deadline comes first.
pub(crate) fn my_games(view: &View, me: Address) -> Vec<(&GameView, &ClaimView, Side)> {
    let mut games: Vec<_> = view
        .open_games()
        .filter(|(_, claim)| claim.state == ClaimState::Pending)
        .flat_map(|(game, claim)| {
            let challenger = (game.challenger == me).then_some((game, claim, Side::Challenger));
            let claimant = claim.is_defended_by(me).then_some((game, claim, Side::Claimant));
            challenger.into_iter().chain(claimant)
        })
        .collect();
    games.sort_by_key(|(game, ..)| (game.deadline, game.id));
    games
}

/// Claims of others that may still be challenged, and that `me` has not challenged yet.
pub(crate) fn claims_to_judge(view: &View, me: Address) -> impl Iterator<Item = &ClaimView> {
    view.claims.values().filter(move |claim| {
        claim.state == ClaimState::Pending
            && view.time <= claim.window_end
            && !claim.is_defended_by(me)
            && claim.games.iter().all(|id| view.games[id].challenger != me)
    })
}

/// Requests that wait for an answer and that `me` has not answered, each with the claims that may
/// still become its answer.
pub(crate) fn requests_to_answer(
    view: &View,
    me: Address,
) -> impl Iterator<Item = (U256, &RequestView, Vec<&ClaimView>)> {
    let open = view.requests.iter().filter(|(_, request)| {
        request.state == RequestState::Open && view.time <= request.deadline
    });
    open.filter_map(move |(id, request)| {
        let mut claims = request.claims.iter().filter_map(|claim| view.claims.get(claim));
        if claims.clone().any(|claim| claim.preimage.claimant == me) {
            return None;
        }
        let live = claims.by_ref().filter(|claim| claim.state != ClaimState::Rejected).collect();
        Some((*id, request, live))
    })
}

/// What follows from finished games and closed windows. A request that this node `can_serve` does
/// not wait for a claimant that does not finalize: whoever does is paid for it.
pub(crate) fn follow_ups(
    view: &View,
    me: Address,
    can_serve: impl Fn(&RequestView) -> bool,
) -> impl Iterator<Item = Action> {
    let closed = view
        .open_games()
        .filter(move |(game, claim)| game.challenger == me && claim.state == ClaimState::Rejected);
    let closed = closed.map(|(game, _)| Action::CloseGame { game: game.id });
    let mine = view.claims.values().filter(move |claim| claim.preimage.claimant == me);
    let proven = mine.filter(|claim| view.is_proven(claim));
    let settled = proven.clone().filter(|claim| claim.state == ClaimState::Pending);
    let answered = proven.filter_map(|claim| answer_follow_up(view, claim));
    closed
        .chain(answered)
        .chain(settled.map(|claim| Action::SettleClaim { claim: claim.id }))
        .chain(left_behind(view, me, can_serve))
        .chain(view.requests.iter().filter_map(|(id, request)| expiry(view, *id, request)))
        .chain(receivers_to_pay(view, me))
}

/// Finality of requests whose claimants had their time to finalize, and on which `me` has no claim
/// of its own.
fn left_behind(
    view: &View,
    me: Address,
    can_serve: impl Fn(&RequestView) -> bool,
) -> impl Iterator<Item = Action> {
    view.requests.iter().filter_map(move |(id, request)| {
        if request.state != RequestState::Open || !can_serve(request) {
            return None;
        }
        let claims = || request.claims.iter().filter_map(|claim| view.claims.get(claim));
        if claims().any(|claim| claim.preimage.claimant == me) {
            return None;
        }
        let is_left = |claim: &&ClaimView| {
            let time = claim.window_end.saturating_add(CLAIMANT_FIRST);
            view.time > time && view.is_proven(claim)
        };
        let claim = claims().find(is_left)?.id;
        Some(Action::Finalize { request: *id, claim })
    })
}

/// Receivers that my answers have earned money for, and that are owed so much that the gas of a
/// payment is small beside it. The gas price is that of my last answer's request.
fn receivers_to_pay(view: &View, me: Address) -> impl Iterator<Item = Action> {
    let mut gas_prices = BTreeMap::new();
    for request in view.requests.values() {
        let (RequestState::Final(id) | RequestState::Delivered(id)) = request.state else {
            continue;
        };
        if view.claims.get(&id).is_some_and(|claim| claim.preimage.claimant == me) {
            gas_prices.insert(request.order.terms.receiver, request.order.terms.gasPrice);
        }
    }
    view.owed.iter().filter_map(move |(receiver, owed)| {
        let cost = U256::from(PAY_GAS) * U256::from(*gas_prices.get(receiver)?);
        (*owed >= cost * U256::from(PAY_WORTH))
            .then_some(Action::PayReceiver { receiver: *receiver })
    })
}

/// The next step for a proven claim of mine: make it the answer, or deliver it.
fn answer_follow_up(view: &View, claim: &ClaimView) -> Option<Action> {
    let request = claim.request?;
    let order = view.requests.get(&request)?;
    let has_callback = !order.order.callback.target.is_zero();
    match order.state {
        RequestState::Open => Some(Action::Finalize { request, claim: claim.id }),
        RequestState::Final(it) if it == claim.id && has_callback => {
            Some(Action::Deliver { request, claim: claim.id })
        }
        _ => None,
    }
}

/// The next step for a request that ran out of time. If a claim was rejected, tell the oracle,
/// which then takes claims again. Otherwise refund it.
fn expiry(view: &View, id: U256, request: &RequestView) -> Option<Action> {
    let over = view.time > request.deadline;
    if !over || request.state != RequestState::Open {
        return None;
    }
    let claims = || request.claims.iter().filter_map(|claim| view.claims.get(claim));
    let rejected = |claim: &&ClaimView| claim.state == ClaimState::Rejected && !claim.dropped;
    if let Some(claim) = claims().find(rejected) {
        return Some(Action::DropClaim { request: id, claim: claim.id });
    }
    claims().all(|claim| claim.dropped).then_some(Action::Expire { request: id })
}

#[cfg(test)]
mod tests {
    use imo_chain::Deployment;
    use imo_chain::contracts::InferenceOracle::Order;
    use imo_chain::contracts::OpmlVerifier::ClaimPreimage;
    use imo_chain::primitives::Bytes;

    use super::*;

    const ME: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);
    const RECEIVER: Address = Address::repeat_byte(3);
    const NOBODY: Address = Address::ZERO;

    fn view() -> View {
        View::new(Deployment {
            chain_id: 1,
            block: 0,
            stepper: NOBODY,
            verifier: NOBODY,
            registry: NOBODY,
            oracle: NOBODY,
            factory: NOBODY,
            offering: NOBODY,
        })
    }

    /// Adds a claimant's delivered answer to a request that was made at this gas price.
    fn answer(view: &mut View, id: u64, claimant: Address, gas_price: u64) {
        let claim = B256::with_last_byte(u8::try_from(id).expect("few requests"));
        let preimage = ClaimPreimage {
            host: NOBODY,
            requestDigest: B256::ZERO,
            contentId: B256::ZERO,
            claimant,
            outputDigest: B256::ZERO,
            delegate: NOBODY,
            traceRoot: B256::ZERO,
        };
        let claim_view = ClaimView {
            id: claim,
            request: Some(U256::from(id)),
            transaction: B256::ZERO,
            preimage,
            trace_uri: String::new(),
            bond: U256::ZERO,
            window_end: 0,
            answer: Bytes::new(),
            tokens_used: 1,
            state: ClaimState::Settled,
            input_root: None,
            dropped: false,
            games: Vec::new(),
        };
        view.claims.insert(claim, claim_view);
        let request = RequestView {
            order: order_at(gas_price),
            text: Bytes::new(),
            state: RequestState::Delivered(claim),
            deadline: 0,
            claims: vec![claim],
        };
        view.requests.insert(U256::from(id), request);
    }

    fn order_at(gas_price: u64) -> Order {
        let mut order = Order::default();
        (order.terms.receiver, order.terms.gasPrice) = (RECEIVER, gas_price);
        order
    }

    /// Whether `ME` pays a receiver that is owed `worth` times the cost of its payment at a gas
    /// price of 1, minus `less` wei.
    fn pays(view: &View, worth: u64, less: u64) -> bool {
        let mut view = view.clone();
        view.owed.insert(RECEIVER, U256::from(worth * PAY_GAS - less));
        let payments: Vec<_> = follow_ups(&view, ME, |_| false)
            .filter_map(|action| match action {
                Action::PayReceiver { receiver } => Some(receiver),
                _ => None,
            })
            .collect();
        assert!(payments.iter().all(|receiver| *receiver == RECEIVER), "{payments:?}");
        payments.len() == 1
    }

    #[test]
    fn a_receiver_is_paid_once_it_is_owed_twenty_times_the_gas() {
        let mut view = view();
        assert!(!pays(&view, 1_000_000, 0), "of no answer of mine");
        answer(&mut view, 1, ME, 1);
        assert!(!pays(&view, PAY_WORTH, 1), "a wei is missing");
        assert!(pays(&view, PAY_WORTH, 0));
        // A later request at three times the gas price makes the payment three times as expensive.
        answer(&mut view, 2, ME, 3);
        assert!(!pays(&view, 3 * PAY_WORTH, 1));
        assert!(pays(&view, 3 * PAY_WORTH, 0));
    }

    /// The claim that `ME` finalizes at a time, where it could serve the request.
    fn finalizes(view: &View, time: u64, can_serve: bool) -> Option<B256> {
        let mut view = view.clone();
        view.time = time;
        follow_ups(&view, ME, |_| can_serve).find_map(|action| match action {
            Action::Finalize { claim, .. } => Some(claim),
            _ => None,
        })
    }

    #[test]
    fn a_proven_claim_that_its_claimant_leaves_behind_is_finalized() {
        let mut view = view();
        answer(&mut view, 1, OTHER, 1);
        let claim = B256::with_last_byte(1);
        view.requests.get_mut(&U256::from(1)).expect("it was added").state = RequestState::Open;
        let open = view.claims.get_mut(&claim).expect("it was added");
        (open.state, open.window_end) = (ClaimState::Pending, 1_000);
        let late = 1_000 + CLAIMANT_FIRST + 1;
        assert_eq!(finalizes(&view, late - 1, true), None, "the claimant goes first");
        assert_eq!(finalizes(&view, late, false), None, "another model");
        assert_eq!(finalizes(&view, late, true), Some(claim));
        // Mine is finalized as soon as it is proven.
        view.claims.get_mut(&claim).expect("it was added").preimage.claimant = ME;
        assert_eq!(finalizes(&view, 1_000, true), None, "the window is open");
        assert_eq!(finalizes(&view, 1_001, false), Some(claim));
        view.claims.get_mut(&claim).expect("it was added").state = ClaimState::Rejected;
        assert_eq!(finalizes(&view, late, true), None, "rejected");
    }

    /// A claim that is lost after the expiry: the oracle learns of it, and the request is answered.
    #[test]
    fn a_request_whose_claim_was_dropped_is_answered_again() {
        let mut view = view();
        answer(&mut view, 1, OTHER, 1);
        let (id, claim) = (U256::from(1), B256::with_last_byte(1));
        view.requests.get_mut(&id).expect("it was added").state = RequestState::Open;
        view.claims.get_mut(&claim).expect("it was added").state = ClaimState::Rejected;
        view.time = 1_000;
        let answers = |view: &View| requests_to_answer(view, ME).map(|(id, ..)| id).next();
        let next = |view: &View| follow_ups(view, ME, |_| true).next();
        assert_eq!(answers(&view), None, "it expired at 0");
        assert!(matches!(next(&view), Some(Action::DropClaim { .. })));

        view.claims.get_mut(&claim).expect("it was added").dropped = true;
        view.requests.get_mut(&id).expect("it was added").deadline = 1_000;
        assert_eq!(answers(&view), Some(id));
        assert!(next(&view).is_none(), "no refund while there is time");
        view.time = 1_001;
        assert_eq!(answers(&view), None);
        assert!(matches!(next(&view), Some(Action::Expire { .. })));
    }

    #[test]
    fn a_claim_of_mine_comes_before_a_strangers() {
        let mut view = view();
        answer(&mut view, 1, OTHER, 1);
        answer(&mut view, 2, ME, 1);
        let (strangers, mine) = (B256::with_last_byte(1), B256::with_last_byte(2));
        view.requests.remove(&U256::from(2));
        let request = view.requests.get_mut(&U256::from(1)).expect("it was added");
        (request.state, request.claims) = (RequestState::Open, vec![strangers, mine]);
        view.claims.get_mut(&mine).expect("it was added").request = Some(U256::from(1));
        assert_eq!(finalizes(&view, CLAIMANT_FIRST + 1, true), Some(mine));
        // Even while mine can still be challenged.
        let open = view.claims.get_mut(&mine).expect("it was added");
        (open.state, open.window_end) = (ClaimState::Pending, u64::MAX);
        assert_eq!(finalizes(&view, CLAIMANT_FIRST + 1, true), None);
    }

    #[test]
    fn only_whoever_answered_pays_the_receiver() {
        let mut view = view();
        answer(&mut view, 1, OTHER, 1);
        assert!(!pays(&view, 1_000_000, 0), "another's answer");
        // What another account's more expensive request paid does not matter to me.
        answer(&mut view, 2, ME, 1);
        answer(&mut view, 3, OTHER, 1_000);
        assert!(pays(&view, PAY_WORTH, 0));
        // A claim on a request that is still open has earned nothing.
        let open = view.requests.get_mut(&U256::from(2)).expect("it was added");
        open.state = RequestState::Open;
        assert!(!pays(&view, 1_000_000, 0), "not final");
        // Neither does an answer of mine that earned money for another model's receiver.
        let mut elsewhere = self::view();
        answer(&mut elsewhere, 1, ME, 1);
        let mine = elsewhere.requests.get_mut(&U256::from(1)).expect("it was added");
        mine.order.terms.receiver = OTHER;
        assert!(!pays(&elsewhere, 1_000_000, 0), "another receiver");
    }
}
