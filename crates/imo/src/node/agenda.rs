//! What there is to do: pure choices over a view, in the order of their urgency.

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView, GameView, RequestState, RequestView, View};
use imo_dispute::{Move, Side};

use crate::claimed::Difference;

/// Most gas that a receiver's payment may take: a splitter's takes less.
pub(crate) const PAY_GAS: u64 = 200_000;
/// How many times its gas a payment must be worth.
const PAY_WORTH: u64 = 20;

/// Something to send.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A move in a game.
    Play { game: B256, action: Move },
    /// Get bond and gas back from a game whose claim another game rejected.
    CloseGame { game: B256 },
    /// Open a game on the node that differs, or on a trace that is withheld.
    Challenge { claim: B256, difference: Option<Difference> },
    /// Answer a request.
    Claim { request: U256 },
    /// Make a proven claim the answer.
    Finalize { request: U256, claim: B256 },
    /// Call the consumer.
    Deliver { request: U256, claim: B256 },
    /// Get the bond of a proven claim back.
    SettleClaim { claim: B256 },
    /// Tell the oracle of a rejected claim.
    DropClaim { request: U256, claim: B256 },
    /// Refund a request that nobody answered in time.
    Expire { request: U256 },
    /// Pay a model's receiver what the oracle owes it.
    PayReceiver { receiver: Address },
}

/// What an action is about: tried again only after a while when a contract refused it.
pub(crate) type Task = (&'static str, B256);

impl Action {
    /// What it is about.
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

/// The open games in which `me` plays, with its side: those whose time runs out first come first.
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

/// Claims that may still be challenged, by others, against which `me` has not played.
pub(crate) fn claims_to_judge(view: &View, me: Address) -> impl Iterator<Item = &ClaimView> {
    view.claims.values().filter(move |claim| {
        claim.state == ClaimState::Pending
            && view.time <= claim.window_end
            && !claim.is_defended_by(me)
            && claim.games.iter().all(|id| view.games[id].challenger != me)
    })
}

/// Requests that wait for an answer, with the claims on each that may become it, if `me` has none among them.
pub(crate) fn requests_to_answer(
    view: &View,
    me: Address,
) -> impl Iterator<Item = (U256, &RequestView, Vec<&ClaimView>)> {
    let open = view.requests.iter().filter(|(_, request)| {
        request.state == RequestState::Open && view.time <= request.order.terms.expiry.to::<u64>()
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

/// What follows from finished games and closed windows.
pub(crate) fn follow_ups(view: &View, me: Address) -> impl Iterator<Item = Action> {
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
        .chain(view.requests.iter().filter_map(|(id, request)| expiry(view, *id, request)))
        .chain(receivers_to_pay(view, me))
}

/// Receivers of my answers that are owed enough for the gas to be small beside it, at the price of their last request.
fn receivers_to_pay(view: &View, me: Address) -> impl Iterator<Item = Action> {
    view.owed.iter().filter_map(move |(receiver, owed)| {
        let answered = |request: &&RequestView| match request.state {
            RequestState::Final(id) | RequestState::Delivered(id) => {
                let claim = view.claims.get(&id);
                let is_mine = claim.is_some_and(|claim| claim.preimage.claimant == me);
                is_mine && request.order.terms.receiver == *receiver
            }
            _ => false,
        };
        let last = view.requests.values().rev().find(answered)?;
        let cost = U256::from(PAY_GAS) * U256::from(last.order.terms.gasPrice);
        (*owed >= cost * U256::from(PAY_WORTH))
            .then_some(Action::PayReceiver { receiver: *receiver })
    })
}

/// What a proven claim of mine makes possible.
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

/// A request whose time is over: its rejected claims are dropped, then it is refunded.
fn expiry(view: &View, id: U256, request: &RequestView) -> Option<Action> {
    let over = view.time > request.order.terms.expiry.to::<u64>();
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
