//! What a node tells the person who runs it.

use std::fmt;
use std::sync::Arc;

use imo_chain::Progress;
use imo_chain::primitives::utils::format_ether;
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
    /// A claim differs from my own answer at a node that takes more steps than a run may have.
    /// Nobody can defend or convict it there.
    Beyond {
        /// The claim.
        claim: B256,
        /// The node of the trace.
        node: u32,
    },
    /// A game that I opened was lost by an instruction: my machine and the contract disagree.
    Convicted {
        /// The claim that I had challenged.
        claim: B256,
    },
    /// Something cannot be judged or played; the rest goes on, and this is tried again.
    Skipped {
        /// What.
        what: String,
        /// Why.
        error: NodeError,
    },
    /// A claim or a challenge would leave too little for the gas of what is open.
    Short {
        /// What is put off.
        what: &'static str,
        /// What the account has, in wei.
        has: U256,
        /// What it would need, in wei.
        needs: U256,
    },
    /// A model's requests pay nothing, so they are not answered.
    Unpaid {
        /// The model's id.
        model: B256,
    },
    /// A request pays less than the gas of its answer costs now; its answer waits.
    TooDear {
        /// The request.
        request: U256,
    },
    /// The fault that was asked for is not in this request's trace.
    NoFault {
        /// The request.
        request: U256,
        /// The last node that was computed before the one that emits the answer.
        last: u32,
        /// The node that emits the answer.
        emit: u32,
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
            Self::Beyond { claim, node } => write!(
                f,
                "ALARM: claim {claim} differs from my answer at node {node}, which takes more \
                 steps than a run may have, so nobody can prove who is right; not challenged. \
                 Trust no answer of this model to so long a text"
            ),
            Self::Convicted { claim } => write!(
                f,
                "ALARM: my challenge of claim {claim} was lost by an instruction: my machine and \
                 the contract disagree, which is a bug. It is not challenged again"
            ),
            Self::Skipped { what, error } => write!(f, "{what}: skipped, as {error}"),
            Self::Short { what, has, needs } => write!(
                f,
                "{what} put off: it takes {} ETH to have bond and gas for it and for all that is \
                 open, and the account has {}; send it ether",
                short_ether(*needs),
                short_ether(*has)
            ),
            Self::Unpaid { model } => write!(
                f,
                "model {model} pays operators nothing, so it is not served; --serve {model} \
                 serves it all the same"
            ),
            Self::TooDear { request } => write!(
                f,
                "request {request} pays less than the gas of an answer costs now; its answer waits"
            ),
            Self::NoFault { request, last, emit } => write!(
                f,
                "request {request}: --inject does nothing, as its trace has no such node or bit; \
                 its nodes go up to {last}, and {emit} emits the answer"
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

/// An amount in ether, to four places; for people.
fn short_ether(wei: U256) -> String {
    let text = format_ether(wei);
    let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 5));
    text[..end].to_owned()
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
