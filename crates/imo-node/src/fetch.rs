//! Reads other people's traces. What they serve may be anything, so nothing is trusted.

use std::time::Duration;

use imo_chain::primitives::B256;
use imo_chain::{Beacon, ClaimView, Client};
use imo_commit::Hash;
use imo_player::{Difference, first_difference};
use imo_trace::{Trace, node_roots};
use tokio::runtime::Handle;

/// Longest wait for an answer. A server that is slower counts as withholding the trace.
const PATIENCE: Duration = Duration::from_secs(5);
/// Two hashes in JSON take fewer bytes than this.
const LONGEST_ANSWER: u64 = 256;

/// Where to look for other people's traces: first in the blobs of their claims, then at the address
/// that the claimant named.
#[derive(Clone, Debug)]
pub struct Sources {
    client: Client,
    beacon: Option<Beacon>,
}

impl Sources {
    /// Looks at the claims of this chain. Without a consensus node, blobs are not read.
    pub const fn new(client: Client, beacon: Option<Beacon>) -> Self {
        Self { client, beacon }
    }

    /// The first node in which a claimed trace differs from one's own. None if nobody shows the
    /// trace.
    ///
    /// # Panics
    ///
    /// Outside a runtime, or directly in one of its tasks: it blocks, so call it through
    /// `tokio::task::block_in_place`.
    pub fn difference(&self, claim: &ClaimView, own: &Trace) -> Option<Difference> {
        let root = claim.preimage.traceRoot;
        self.in_blobs(claim, own).or_else(|| {
            let remote = RemoteTrace::new(&claim.trace_uri, root)?;
            first_difference(own, root.0, |level, index| {
                Handle::current().block_on(remote.children(level, index))
            })
        })
    }

    fn in_blobs(&self, claim: &ClaimView, own: &Trace) -> Option<Difference> {
        let beacon = self.beacon.as_ref()?;
        let bytes = Handle::current().block_on(beacon.bytes_of(&self.client, claim.transaction))?;
        let tree = node_roots::decode(&bytes, own.tree().nodes_log2(), own.tree().slot_log2())?;
        first_difference(own, claim.preimage.traceRoot.0, |level, index| {
            Some((tree.subtree(level - 1, 2 * index), tree.subtree(level - 1, 2 * index + 1)))
        })
    }
}

/// A trace at the address that its claimant named.
#[derive(Clone, Debug)]
struct RemoteTrace {
    http: reqwest::Client,
    base: String,
}

impl RemoteTrace {
    /// None if the address is not one that we would ask.
    fn new(uri: &str, root: B256) -> Option<Self> {
        if !(uri.starts_with("http://") || uri.starts_with("https://")) {
            return None;
        }
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .ok()?;
        Some(Self { http, base: format!("{}/traces/{root}", uri.trim_end_matches('/')) })
    }

    /// The children of a subtree as served, not yet checked. None if the answer is of no use.
    async fn children(&self, level: u8, index: u32) -> Option<(Hash, Hash)> {
        let url = format!("{}/{level}/{index}", self.base);
        let response = self.http.get(url).send().await.ok()?;
        if response.content_length().is_none_or(|length| length > LONGEST_ANSWER) {
            return None;
        }
        let [left, right]: [B256; 2] =
            serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        Some((left.0, right.0))
    }
}
