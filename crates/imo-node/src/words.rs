//! Says in words what an action did.

use imo_chain::primitives::B256;
use imo_dispute::Move;
use imo_player::{Difference, NodeKind};

use crate::agenda::Action;

/// What an action did. For a challenge, `kind` says what the challenged node computes.
pub(crate) fn describe(action: &Action, kind: Option<NodeKind>) -> String {
    match action {
        Action::Play { game, action } => {
            let what = match action {
                Move::Reveal { .. } => "revealed a part of the trace",
                Move::Pick { .. } => "picked the part that differs",
                Move::State { .. } => "stated the run of the node",
                Move::Dissect { .. } => "took a section apart",
                Move::Convict { .. } => "had one instruction executed on chain",
                Move::Concede => "conceded",
                Move::Timeout => "called time",
            };
            format!("game {}: {what}", short(game))
        }
        Action::CloseGame { game } => format!("game {}: closed, bond back", short(game)),
        Action::Challenge { claim, difference: Some(Difference { node, .. }) } => {
            let kind = kind.map(|kind| format!(", {}", kind.words)).unwrap_or_default();
            format!("claim {}: challenged at node {node}{kind}", short(claim))
        }
        Action::Challenge { claim, difference: None } => {
            format!("claim {}: challenged, its trace is withheld", short(claim))
        }
        Action::Claim { request } => format!("request {request}: answered"),
        Action::Finalize { request, .. } => format!("request {request}: final"),
        Action::Deliver { request, .. } => format!("request {request}: delivered"),
        Action::SettleClaim { claim } => format!("claim {}: bond back", short(claim)),
        Action::DropClaim { claim, .. } => format!("claim {}: dropped", short(claim)),
        Action::Expire { request } => format!("request {request}: expired, refunded"),
        Action::PayReceiver { receiver } => format!("receiver {receiver}: paid"),
    }
}

/// The first digits of an id: enough for people to recognise it.
pub fn short(id: &B256) -> String {
    format!("{:.10}", id.to_string())
}
