//! Why a call or a transaction failed: a contract's refusal, or trouble with the endpoint.

use std::error::Error;

use alloy::primitives::utils::format_ether;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::json_rpc::ErrorPayload;
use alloy::transports::{RpcError, TransportError};

use crate::contracts::{explain_revert, is_of_another_state};

/// The code of a revert in JSON-RPC.
const REVERT: i64 = 3;
/// Most characters of an endpoint's words that are repeated.
const LONGEST_WORDS: usize = 120;

/// Why a call or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The endpoint is not a URL that can be connected to.
    #[error("{endpoint:?} is not an Ethereum JSON-RPC endpoint")]
    Endpoint {
        /// What was given as the endpoint.
        endpoint: String,
    },
    /// The node could not be reached, or answered nonsense; trying again may help.
    #[error("the Ethereum node {0}")]
    Transport(String),
    /// The node wants fewer requests; trying again later may help.
    #[error("the Ethereum node limits requests: {0}")]
    Limited(String),
    /// The node answered with an error that is not a contract's.
    #[error("the Ethereum node refuses {call}: {reason}")]
    Refused {
        /// What was asked.
        call: String,
        /// The node's words.
        reason: String,
    },
    /// A contract refused. The same call will fail again until the chain's state changes.
    #[error("{call} reverted: {reason}")]
    Reverted {
        /// The function that was called.
        call: String,
        /// Name and operands of the contract's error, or the raw data.
        reason: String,
    },
    /// A contract refused, since its state is not the one that the call was made for. Whoever made
    /// the call knows too little, or too late: read the chain again.
    #[error("{call} reverted: {reason}")]
    Outdated {
        /// The function that was called.
        call: String,
        /// Name and operands of the contract's error.
        reason: String,
    },
    /// The account has less than it wants to send, or not enough to pay gas with.
    #[error(transparent)]
    Funds(Box<Lack>),
    /// A transaction was sent, but is in no block. It may still get there.
    #[error(
        "the transaction of {call} is in no block after {seconds} s; it may still be included: \
         {hash}, nonce {nonce}. {}",
        trouble.as_deref().unwrap_or("What is sent next takes its place")
    )]
    Unmined {
        /// The function that was called.
        call: String,
        /// The transaction as it was sent last.
        hash: B256,
        /// Its number among the account's transactions.
        nonce: u64,
        /// How long it was waited for.
        seconds: u64,
        /// What the endpoint said last.
        trouble: Option<String>,
    },
    /// Another transaction of the account has the number that this one was to get, or the endpoint
    /// does not show what became of it.
    #[error(
        "the endpoint has no receipt for the transaction of {call}, {hash}, but nonce {nonce} of \
         the account is used: look at the chain before you send it again"
    )]
    Displaced {
        /// The function that was called.
        call: String,
        /// The transaction as it was sent last.
        hash: B256,
        /// Its number among the account's transactions.
        nonce: u64,
    },
    /// The chain lacks the contract through which systems are deployed.
    #[error("there is no deterministic deployment proxy at {proxy} on this chain; deploy it first")]
    NoDeploymentProxy {
        /// Where it should be.
        proxy: Address,
    },
    /// A contract's answer does not fit its interface.
    #[error("{call} at {address} answered nonsense; is it the right contract?")]
    Undecodable {
        /// The function or event that was expected.
        call: String,
        /// The contract that answered.
        address: Address,
    },
}

/// What an account has, and what it would need.
#[derive(Debug, thiserror::Error)]
#[error(
    "{account} has {} ETH, but the call of {call} takes {} ETH and {}gas",
    short_ether(*balance),
    short_ether(*value),
    gas.map(|gas| format!("up to {} ETH for ", short_ether(gas))).unwrap_or_default()
)]
pub struct Lack {
    /// The function that was called.
    pub call: String,
    /// The account that was to pay.
    pub account: Address,
    /// What the account has, in wei.
    pub balance: U256,
    /// What was to be sent, in wei.
    pub value: U256,
    /// Most that the gas may cost, in wei, if that is known.
    pub gas: Option<U256>,
}

impl ChainError {
    /// Whether the endpoint failed, and no contract said anything: nothing follows from that, and
    /// trying again may help.
    pub const fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Transport(_)
                | Self::Limited(_)
                | Self::Refused { .. }
                | Self::Unmined { .. }
                | Self::Displaced { .. }
        )
    }

    /// Whether whoever made the call has a wrong view of the chain.
    pub const fn is_outdated(&self) -> bool {
        matches!(self, Self::Outdated { .. } | Self::Displaced { .. })
    }

    /// What went wrong when `call` was asked for. Only what a contract said is a revert.
    pub(crate) fn of(call: &str, error: &TransportError) -> Self {
        let RpcError::ErrorResp(payload) = error else { return transport(error) };
        let call = call.to_owned();
        match revert_data(payload) {
            Some(data) if is_of_another_state(&data) => {
                Self::Outdated { call, reason: explain_revert(&data) }
            }
            Some(data) if !data.is_empty() => {
                Self::Reverted { call, reason: explain_revert(&data) }
            }
            Some(_) => Self::Reverted { call, reason: payload.message.to_string() },
            None if is_limit(payload) => transport(error),
            None => Self::Refused { call, reason: spoken(payload) },
        }
    }
}

/// What a contract said when it reverted; empty if it said nothing. None if the error is not a
/// contract's.
fn revert_data(payload: &ErrorPayload) -> Option<Bytes> {
    let data = payload.as_revert_data().or_else(|| {
        // Some clients word the message in another way.
        let data: String = payload.try_data_as()?.ok()?;
        data.trim_start_matches("Reverted ").parse().ok().filter(|data: &Bytes| data.len() >= 4)
    });
    let reverted = payload.code == REVERT || payload.message.contains("execution reverted");
    data.or_else(|| reverted.then(Bytes::new))
}

/// Whether the endpoint wants fewer requests. Too many logs have the same code at some endpoints,
/// but there, smaller questions help.
pub(crate) fn is_limit(payload: &ErrorPayload) -> bool {
    payload.is_retry_err() && !payload.message.contains("results")
}

/// Trouble with the endpoint, in words that do not repeat its URL, which may hold a key.
pub(crate) fn transport(error: &TransportError) -> ChainError {
    let told = match error {
        RpcError::ErrorResp(payload) if is_limit(payload) => {
            return ChainError::Limited(spoken(payload));
        }
        RpcError::ErrorResp(payload) => format!("refuses: {}", spoken(payload)),
        RpcError::DeserError { text, .. } => format!("answers nonsense: {}", words(text)),
        RpcError::NullResp => "answers nonsense: null".to_owned(),
        RpcError::Transport(kind) => match kind.as_http_error() {
            Some(http) if http.status == 429 => {
                return ChainError::Limited("HTTP status 429".to_owned());
            }
            Some(http) => format!("fails with HTTP status {}: {}", http.status, words(&http.body)),
            None => format!("does not answer: {}", cause(kind)),
        },
        other => format!("does not answer: {other}"),
    };
    ChainError::Transport(told)
}

/// An error as the endpoint worded it.
fn spoken(payload: &ErrorPayload) -> String {
    format!("{}, error {}", words(&payload.message), payload.code)
}

/// The first cause of an error.
fn cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The beginning of a stranger's text, on one line.
fn words(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// An amount in ether, without trailing zeros.
fn short_ether(wei: U256) -> String {
    let text = format_ether(wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolError;

    use super::*;
    use crate::contracts::OpmlVerifier::{BondTooSmall, NotThePosition};

    fn of(code: i64, message: &'static str, data: Option<&[u8]>) -> ChainError {
        let data = data.map(Bytes::copy_from_slice);
        let payload = ErrorPayload { code, message: message.into(), data };
        ChainError::of("f", &RpcError::ErrorResp(payload.serialize_payload().expect("JSON")))
    }

    #[test]
    fn a_revert_has_its_code_its_data_or_its_words() {
        let small = BondTooSmall { given: U256::ONE, needed: U256::from(2) }.abi_encode();
        for error in [
            of(3, "execution reverted", None),
            of(-32000, "execution reverted", None),
            of(-32015, "VM execution error.", Some(&small)),
            of(3, "execution reverted", Some(&small)),
        ] {
            assert!(matches!(error, ChainError::Reverted { .. }), "{error}");
            assert!(!error.is_trouble());
        }
    }

    #[test]
    fn a_revert_that_another_state_explains_is_told_apart() {
        let (position, kept) = (B256::ZERO, B256::ZERO);
        let data = NotThePosition { position, kept }.abi_encode();
        let error = of(3, "execution reverted: custom error 0x", Some(&data));
        assert!(error.is_outdated(), "{error}");
        assert!(error.to_string().starts_with("f reverted: NotThePosition"), "{error}");
    }

    #[test]
    fn whatever_else_an_endpoint_says_is_its_own_fault() {
        for (code, message, told) in [
            (-32005, "daily request count exceeded", "limits requests: daily request count"),
            (429, "Too Many Requests", "limits requests: Too Many"),
            (-32000, "your plan's rate limit is used up", "limits requests: your plan"),
            (-32005, "query returned more than 10000 results", "refuses f: query returned"),
            (-32603, "Internal error", "refuses f: Internal error, error -32603"),
            (-32601, "Method not found", "refuses f: Method not found"),
        ] {
            let error = of(code, message, None);
            assert!(error.is_trouble() && !error.is_outdated(), "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
