//! What tests of the node begin with.

use imo_chain::contracts::InferenceOracle::{Callback, Order, Request, Terms};
use imo_chain::primitives::aliases::U40;
use imo_chain::primitives::{Address, B256, Bytes, U256};

/// The order of request `id`, for one token, greedily chosen; what else there is to it is 0.
pub(crate) fn order(id: u64) -> Order {
    Order {
        request: Request {
            host: Address::ZERO,
            id: U256::from(id),
            modelId: B256::ZERO,
            seed: 0,
            maxTokens: 1,
            sampling: B256::ZERO,
            flags: 0,
            textHash: B256::ZERO,
        },
        promptLength: 0,
        terms: Terms {
            requester: Address::ZERO,
            contentId: B256::ZERO,
            verifier: Address::ZERO,
            receiver: Address::ZERO,
            fee: 0,
            tokenPrice: 0,
            gasPrice: 0,
            operatorBps: 0,
            expiry: U40::ZERO,
        },
        callback: Callback { target: Address::ZERO, gasLimit: 0, data: Bytes::new() },
    }
}
