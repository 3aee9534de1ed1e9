//! What a transaction offers for its gas.

use alloy::network::{TransactionBuilder, TransactionBuilder4844};
use alloy::rpc::types::TransactionRequest;

/// A replacement must offer a tenth more for gas, and twice as much if it carries blobs.
const RISE: u128 = 8;
/// Most that is offered, as a multiple of the price that is suggested at that moment.
const CEILING: u128 = 5;

/// The caps of a transaction, in wei per unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fees {
    pub(crate) most: u128,
    pub(crate) tip: u128,
    /// For each unit of blob gas. None without blobs.
    pub(crate) blob: Option<u128>,
}

impl Fees {
    /// A request that offers these fees, but for its gas no more than it already says.
    pub(crate) fn put_on(self, request: TransactionRequest) -> TransactionRequest {
        let most = request.max_fee_per_gas.map_or(self.most, |cap| self.most.min(cap));
        let tip = self.tip.min(most);
        let mut request = request.with_max_fee_per_gas(most).with_max_priority_fee_per_gas(tip);
        if let Some(blob) = self.blob {
            request.set_max_fee_per_blob_gas(blob);
        }
        request
    }

    /// Enough to replace a transaction that offered `before`, where these fees are suggested. None
    /// if that is too much.
    pub(crate) fn above(self, before: Self) -> Option<Self> {
        let raised = |it: u128| match self.blob {
            Some(_) => it.saturating_mul(2),
            None => it.saturating_add(it.div_ceil(RISE)),
        };
        let blob = self.blob.map(|now| now.max(raised(before.blob.unwrap_or_default())));
        let raised = Self {
            most: self.most.max(raised(before.most)),
            tip: self.tip.max(raised(before.tip)),
            blob,
        };
        let is_fair = raised.most <= self.most.saturating_mul(CEILING)
            && raised.blob.unwrap_or_default()
                <= self.blob.unwrap_or_default().saturating_mul(CEILING);
        is_fair.then_some(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Fees = Fees { most: 1000, tip: 10, blob: None };

    #[test]
    fn a_replacement_offers_more_than_a_tenth_more() {
        let first = NOW.above(NOW).expect("the first rise is fair");
        assert_eq!(first, Fees { most: 1125, tip: 12, blob: None });
        let dear = Fees { most: 5000, tip: 1, blob: None };
        assert_eq!(dear.above(first), Some(Fees { most: 5000, tip: 14, blob: None }));
        let blobs = Fees { blob: Some(7), ..NOW };
        let doubled = Fees { most: 2000, tip: 20, blob: Some(14) };
        assert_eq!(blobs.above(blobs), Some(doubled));
    }

    #[test]
    fn a_request_with_a_cap_never_offers_more() {
        let offered = |cap: u128| {
            let request = NOW.put_on(TransactionRequest::default().with_max_fee_per_gas(cap));
            (request.max_fee_per_gas, request.max_priority_fee_per_gas)
        };
        assert_eq!(offered(2000), (Some(1000), Some(10)));
        assert_eq!(offered(999), (Some(999), Some(10)));
        assert_eq!(offered(3), (Some(3), Some(3)));
    }

    #[test]
    fn prices_rise_to_a_ceiling_and_no_further() {
        let mut fees = NOW;
        while let Some(raised) = NOW.above(fees) {
            fees = raised;
        }
        assert!(fees.most <= 5 * NOW.most && fees.most > 4 * NOW.most, "{fees:?}");
    }
}
