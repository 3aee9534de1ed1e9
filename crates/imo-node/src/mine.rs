//! Which claims are mine. A node learns this from whoever configured it, and from no field that a
//! stranger can write.

use imo_chain::ClaimView;
use imo_chain::primitives::Address;

/// An account, and the claimants that it plays for.
#[derive(Clone, Debug)]
pub(crate) struct Mine {
    pub(crate) account: Address,
    /// Claimants whose claims name `account` as their delegate, at its owner's wish.
    pub(crate) defends: Vec<Address>,
}

impl Mine {
    /// Whether I posted a claim. A claim that came through another contract than the oracle may
    /// name anybody as its claimant.
    pub(crate) fn posted(&self, claim: &ClaimView) -> bool {
        claim.request.is_some() && claim.preimage.claimant == self.account
    }

    /// Whether I move for a claim: it is mine, or I was told to defend its claimant. That it names
    /// me as its delegate means nothing by itself, as anybody may write that.
    pub(crate) fn defends(&self, claim: &ClaimView) -> bool {
        let it = &claim.preimage;
        let is_delegate = it.delegate == self.account && self.defends.contains(&it.claimant);
        self.posted(claim) || (claim.request.is_some() && is_delegate)
    }
}
