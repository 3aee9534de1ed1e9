//! Words for the sides of a game.

use imo_dispute::Side;

pub(crate) const fn side(side: Side) -> &'static str {
    match side {
        Side::Claimant => "claimant",
        Side::Challenger => "challenger",
    }
}
