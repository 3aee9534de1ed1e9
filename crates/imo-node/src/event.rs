//! What a node tells the person who runs it.

use std::fmt;
use std::sync::Arc;

use imo_chain::Progress;
use imo_chain::primitives::{Address, B256, U256};

use crate::error::NodeError;

/// Something that happened. Displayed, it is a sentence for people.
#[derive(Debug)]
pub enum Event {
    /// The node is at work.
    Started {
        /// The account that signs.
        account: Address,
        /// Where its traces are served.
        url: String,
    },
    /// A transaction was sent and is in a block.
    Sent {
        /// What the transaction did.
        what: String,
        /// Gas that it used.
        gas: u64,
    },
    /// An action failed; it will be tried again after a while.
    Failed {
        /// The kind of action.
        what: &'static str,
        /// Why.
        error: NodeError,
    },
    /// A claim differs from my own answer, but is not challenged: my own engine and machine
    /// disagree.
    Mistaken {
        /// The claim.
        claim: B256,
        /// The node of the trace that the engine and the machine disagree about.
        node: u64,
    },
    /// A claim was posted without the blobs that it should have carried.
    WithoutBlobs {
        /// The request that was answered.
        request: U256,
    },
    /// A transaction takes its time.
    Sending(Progress),
    /// Nothing can be done for now.
    Waiting {
        /// Why.
        error: NodeError,
    },
}

impl Event {
    /// Whether this is what a node is for, and not just a remark.
    pub const fn is_result(&self) -> bool {
        matches!(self, Self::Started { .. } | Self::Sent { .. })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { account, url } => write!(f, "account {account}, serving {url}"),
            Self::Sent { what, gas } => write!(f, "{what} ({gas} gas)"),
            Self::Failed { what, error } => write!(f, "{what}: {error}"),
            Self::Mistaken { claim, node } => write!(
                f,
                "claim {claim}: my engine and my machine disagree about node {node}; \
                 not challenged"
            ),
            Self::WithoutBlobs { request } => write!(
                f,
                "request {request}: its trace has too many nodes for the blobs of a transaction; \
                 claimed without"
            ),
            Self::Sending(progress) => progress.fmt(f),
            Self::Waiting { error } => write!(f, "waiting: {error}"),
        }
    }
}

/// Where a node's events go.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(&Event) + Send + Sync>);

impl Report {
    /// Hands each event to `take`.
    pub fn new(take: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Tells of an event.
    pub(crate) fn tell(&self, event: &Event) {
        (self.0)(event);
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Report")
    }
}
