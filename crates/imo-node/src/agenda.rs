//! What there is to do: pure choices over a view, most urgent first.

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimState, ClaimView, Ending, GameView, RequestState, RequestView, View};
use imo_dispute::{Move, Side};
use imo_player::Difference;

use crate::mine::Mine;

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
    /// Make a proven claim the answer, and try to deliver it in the same transaction.
    Finalize { request: U256, claim: B256, deliver: bool },
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

/// The open games in which I play, and my side in each. The earliest deadline comes first. A game
/// of which a log is missing waits for it: a move in what is not known may concede what is won.
pub(crate) fn my_games<'v>(
    view: &'v View,
    mine: &Mine,
) -> Vec<(&'v GameView, &'v ClaimView, Side)> {
    let mut games: Vec<_> = view
        .open_games()
        .filter(|(game, claim)| game.is_whole() && claim.state == ClaimState::Pending)
        .flat_map(|(game, claim)| {
            let challenger = game.challenger == mine.account;
            let challenger = challenger.then_some((game, claim, Side::Challenger));
            let claimant = mine.defends(claim).then_some((game, claim, Side::Claimant));
            challenger.into_iter().chain(claimant)
        })
        .collect();
    games.sort_by_key(|(game, ..)| (game.deadline, game.id));
    games
}

/// Claims of others that I may still challenge, the nearest end of a window first. A game that I
/// lost by time does not make a wrong claim right, so it may be challenged again.
pub(crate) fn claims_to_judge<'v>(view: &'v View, mine: &Mine) -> Vec<&'v ClaimView> {
    let mut claims: Vec<_> = view
        .claims
        .values()
        .filter(|claim| {
            claim.state == ClaimState::Pending
                && view.time <= claim.window_end
                && !mine.defends(claim)
                && my_challenges(view, mine, claim)
                    .all(|game| matches!(game.ending, Some((Ending::Timeout, _))))
        })
        .collect();
    claims.sort_by_key(|claim| (claim.window_end, claim.id));
    claims
}

/// My games against a claim.
pub(crate) fn my_challenges<'v>(
    view: &'v View,
    mine: &Mine,
    claim: &'v ClaimView,
) -> impl Iterator<Item = &'v GameView> {
    let games = claim.games.iter().filter_map(|id| view.games.get(id));
    let account = mine.account;
    games.filter(move |game| game.challenger == account)
}

/// Requests that wait for an answer and that I have not answered, each with the claims that may
/// still become its answer.
pub(crate) fn requests_to_answer<'v>(
    view: &'v View,
    mine: &Mine,
) -> Vec<(U256, &'v RequestView, Vec<&'v ClaimView>)> {
    let open = view.requests.iter().filter(|(_, request)| {
        request.state == RequestState::Open && view.time <= request.deadline
    });
    open.filter_map(|(id, request)| {
        let mut claims = request.claims.iter().filter_map(|claim| view.claims.get(claim));
        if claims.clone().any(|claim| mine.posted(claim)) {
            return None;
        }
        let live = claims.by_ref().filter(|claim| claim.state != ClaimState::Rejected).collect();
        Some((*id, request, live))
    })
    .collect()
}

/// Requests whose time to answer is over, but whose claims were all rejected, and that I have not
/// answered: each with a claim that the oracle does not know to be lost. Once it does, it takes
/// claims again.
pub(crate) fn requests_to_reopen<'v>(
    view: &'v View,
    mine: &Mine,
) -> Vec<(U256, &'v RequestView, B256)> {
    let lost = view.requests.iter().filter_map(|(id, request)| {
        if request.state != RequestState::Open || view.time <= request.deadline {
            return None;
        }
        let claims = || request.claims.iter().filter_map(|claim| view.claims.get(claim));
        let is_lost = |it: &ClaimView| it.state == ClaimState::Rejected && !mine.posted(it);
        let unknown = claims().find(|claim| !claim.dropped)?.id;
        claims().all(is_lost).then_some((*id, request, unknown))
    });
    lost.collect()
}
