//! Compares a view with what the contracts keep: logs may be missing without a sign.

use alloy::primitives::{Address, FixedBytes, keccak256};
use alloy::sol_types::SolValue;

use crate::client::Client;
use crate::contracts::OpmlVerifier::{claimOfCall, positionOfCall};
use crate::error::ChainError;
use crate::game::GameView;
use crate::view::{ClaimState, View};

/// `ClaimState.Pending`, as the contract numbers it.
const PENDING: u8 = 1;

impl View {
    /// Whether the verifier keeps the same of an account's open games and pending claims. New
    /// blocks may make a difference for a moment.
    pub async fn is_confirmed(&self, client: &Client, me: Address) -> Result<bool, ChainError> {
        let verifier = self.deployment().verifier;
        let plays = |game: &GameView| game.challenger == me || game.standing().claimant == me;
        for (game, claim) in self.open_games() {
            if claim.state == ClaimState::Pending && plays(game) {
                let kept = client.call(verifier, &positionOfCall { game: game.id }).await?;
                if !game.is_whole() || kept != game.position() {
                    return Ok(false);
                }
            }
        }
        let mine = self.claims.values().filter(|claim| claim.preimage.claimant == me);
        for claim in mine.filter(|claim| claim.state == ClaimState::Pending) {
            let games = claim.games.iter().filter(|id| self.games[*id].is_open()).count();
            let kept = client.call(verifier, &claimOfCall { claim: claim.id }).await?;
            if (kept.state, u64::from(kept.openGames)) != (PENDING, games as u64) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl GameView {
    /// The hash that the contract keeps of the game (docs/spec/game.md).
    fn position(&self) -> FixedBytes<32> {
        let mut tag = [0; 32];
        tag[..16].copy_from_slice(b"imo.position.v1\0");
        keccak256((FixedBytes::from(tag), self.standing().clone()).abi_encode())
    }
}
