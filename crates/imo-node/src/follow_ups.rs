//! What follows from finished games and closed windows: nothing that has a clock.

use std::collections::BTreeMap;

use imo_chain::primitives::{Address, U256};
use imo_chain::{ClaimState, ClaimView, GasPrice, RequestState, RequestView, View};

use crate::agenda::Action;
use crate::fees::covers;
use crate::mine::Mine;

/// Most gas that a payment to a receiver may take. A splitter's takes less.
pub(crate) const PAY_GAS: u64 = 200_000;
/// A payment is worth sending once it is this many times the cost of its gas.
const PAY_WORTH: u64 = 20;
/// Seconds after a claim's window in which its finality is left to the claimant.
const CLAIMANT_FIRST: u64 = 3_600;
/// Seconds after a claim's window in which its claimant waits for gas to become cheaper.
const PUT_OFF: u64 = 86_400;

/// What follows from finished games and closed windows. A request that this node `can_serve` does
/// not wait for a claimant that does not finalize: whoever does is paid for it. What a request pays
/// for waits until gas costs no more than it pays.
pub(crate) fn follow_ups(
    view: &View,
    mine: &Mine,
    price: GasPrice,
    can_serve: impl Fn(&RequestView) -> bool,
) -> impl Iterator<Item = Action> {
    let me = mine.account;
    let closed = view
        .open_games()
        .filter(move |(game, claim)| game.challenger == me && claim.state == ClaimState::Rejected);
    let closed = closed.map(|(game, _)| Action::CloseGame { game: game.id });
    let posted = view.claims.values().filter(|claim| mine.posted(claim));
    let mut proven: Vec<_> = posted.filter(|claim| view.is_proven(claim)).collect();
    proven.sort_by_key(|claim| (claim.window_end, claim.id));
    let is_pending = |claim: &&&ClaimView| claim.state == ClaimState::Pending;
    let settled = proven.iter().filter(is_pending);
    let settled: Vec<_> = settled.map(|it| Action::SettleClaim { claim: it.id }).collect();
    let answered = proven.into_iter().filter_map(move |it| answer_follow_up(view, it, price));
    closed
        .chain(answered)
        .chain(settled)
        .chain(left_behind(view, mine, price, can_serve))
        .chain(view.requests.iter().filter_map(move |(id, it)| expiry(view, me, *id, it)))
        .chain(receivers_to_pay(view, mine))
}

/// Finality of requests whose claimants had their time to finalize, and on which I have no claim.
fn left_behind(
    view: &View,
    mine: &Mine,
    price: GasPrice,
    can_serve: impl Fn(&RequestView) -> bool,
) -> impl Iterator<Item = Action> {
    view.requests.iter().filter_map(move |(id, request)| {
        let is_paid = covers(&request.order, price);
        if request.state != RequestState::Open || !is_paid || !can_serve(request) {
            return None;
        }
        let claims = || request.claims.iter().filter_map(|claim| view.claims.get(claim));
        if claims().any(|claim| mine.posted(claim)) {
            return None;
        }
        let is_left = |claim: &&ClaimView| {
            let time = claim.window_end.saturating_add(CLAIMANT_FIRST);
            view.time > time && view.is_proven(claim)
        };
        let claim = claims().find(is_left)?.id;
        Some(Action::Finalize { request: *id, claim, deliver: true })
    })
}

/// Receivers that my answers have earned money for, and that are owed so much that the gas of a
/// payment is small beside it. The gas price is that of my last answer's request.
fn receivers_to_pay(view: &View, mine: &Mine) -> impl Iterator<Item = Action> {
    let mut gas_prices = BTreeMap::new();
    for request in view.requests.values() {
        let (RequestState::Final(id) | RequestState::Delivered(id)) = request.state else {
            continue;
        };
        if view.claims.get(&id).is_some_and(|claim| mine.posted(claim)) {
            gas_prices.insert(request.order.terms.receiver, request.order.terms.gasPrice);
        }
    }
    view.owed.iter().filter_map(move |(receiver, owed)| {
        let cost = U256::from(PAY_GAS) * U256::from(*gas_prices.get(receiver)?);
        (*owed >= cost * U256::from(PAY_WORTH))
            .then_some(Action::PayReceiver { receiver: *receiver })
    })
}

/// The next step for a proven claim of mine: make it the answer, or deliver it. Finality, which
/// others wait for, is put off for a day at most, and not at all if another claim could become the
/// answer meanwhile.
fn answer_follow_up(view: &View, claim: &ClaimView, price: GasPrice) -> Option<Action> {
    let request = claim.request?;
    let it = view.requests.get(&request)?;
    let is_paid = covers(&it.order, price);
    let is_late = view.time > claim.window_end.saturating_add(PUT_OFF);
    let claims = || it.claims.iter().filter_map(|id| view.claims.get(id));
    let has_rival = claims().any(|it| it.id != claim.id && it.state != ClaimState::Rejected);
    let has_callback = !it.order.callback.target.is_zero();
    match it.state {
        RequestState::Open if is_paid || is_late || has_rival => {
            Some(Action::Finalize { request, claim: claim.id, deliver: is_paid })
        }
        RequestState::Final(it) if it == claim.id && has_callback && is_paid => {
            Some(Action::Deliver { request, claim: claim.id })
        }
        _ => None,
    }
}

/// The next step for a request of mine that ran out of time: drop its rejected claims, then refund
/// it. The refund is its requester's, so others are not paid for this.
fn expiry(view: &View, me: Address, id: U256, request: &RequestView) -> Option<Action> {
    let over = view.time > request.deadline;
    if !over || request.order.terms.requester != me || request.state != RequestState::Open {
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
    use imo_chain::primitives::{B256, Bytes};

    use super::*;

    const ME: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);
    const RECEIVER: Address = Address::repeat_byte(3);
    const NOBODY: Address = Address::ZERO;

    fn mine() -> Mine {
        Mine { account: ME, defends: Vec::new() }
    }

    /// A price at which every order of these tests is paid in full.
    fn cheap() -> GasPrice {
        GasPrice { base_fee: U256::ONE, tip: U256::ZERO }
    }

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
            units_used: 1,
            state: ClaimState::Settled,
            input_root: None,
            dropped: false,
            games: Vec::new(),
        };
        view.claims.insert(claim, claim_view);
        let request = RequestView {
            order: order_at(gas_price),
            input: Bytes::new(),
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
        let payments: Vec<_> = follow_ups(&view, &mine(), cheap(), |_| false)
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
        follow_ups(&view, &mine(), cheap(), |_| can_serve).find_map(|action| match action {
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

    /// What I would do at a time and a price of gas, in short.
    fn chores(view: &View, time: u64, gas_price: u64) -> Vec<&'static str> {
        let mut view = view.clone();
        view.time = time;
        let price = GasPrice { base_fee: U256::from(gas_price), tip: U256::ZERO };
        let mine = mine();
        let chores = follow_ups(&view, &mine, price, |_| true).map(|action| match action {
            Action::Finalize { deliver: true, .. } => "finalize and deliver",
            Action::Finalize { deliver: false, .. } => "finalize",
            other => other.task().0,
        });
        chores.collect()
    }

    #[test]
    fn a_callback_waits_until_gas_costs_no_more_than_its_request_pays() {
        let mut view = view();
        answer(&mut view, 1, ME, 20);
        let request = view.requests.get_mut(&U256::ONE).expect("it was added");
        request.order.callback.target = OTHER;
        request.state = RequestState::Open;
        let claim = view.claims.get_mut(&B256::with_last_byte(1)).expect("it was added");
        claim.window_end = 100;
        assert_eq!(chores(&view, 101, 20), ["finalize and deliver"]);
        assert!(chores(&view, 101, 21).is_empty());
        assert_eq!(chores(&view, 101 + PUT_OFF, 21), ["finalize"], "others wait for it");
        let mut contested = view.clone();
        answer(&mut contested, 2, OTHER, 20);
        let rivals = vec![B256::with_last_byte(1), B256::with_last_byte(2)];
        contested.requests.get_mut(&U256::ONE).expect("it was added").claims = rivals;
        assert_eq!(chores(&contested, 101, 21), ["finalize"], "another would take the fee");
        let request = view.requests.get_mut(&U256::ONE).expect("it was added");
        request.state = RequestState::Final(B256::with_last_byte(1));
        assert!(chores(&view, 101 + PUT_OFF, 21).is_empty());
        assert_eq!(chores(&view, 101, 20), ["deliver"]);
    }

    #[test]
    fn strangers_get_their_own_refunds() {
        let mut view = view();
        answer(&mut view, 1, OTHER, 1);
        let request = view.requests.get_mut(&U256::ONE).expect("it was added");
        (request.state, request.order.terms.requester) = (RequestState::Open, OTHER);
        view.claims.get_mut(&B256::with_last_byte(1)).expect("it was added").state =
            ClaimState::Rejected;
        assert!(chores(&view, 100, 1).is_empty());
        let mut own = view;
        own.requests.get_mut(&U256::ONE).expect("it was added").order.terms.requester = ME;
        assert_eq!(chores(&own, 100, 1), ["drop claim"]);
        own.claims.get_mut(&B256::with_last_byte(1)).expect("it was added").dropped = true;
        assert_eq!(chores(&own, 100, 1), ["expire"]);
    }
}
