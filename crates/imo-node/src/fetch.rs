//! Reads other people's traces. What they serve may be anything, so nothing is trusted.

use std::sync::Arc;
use std::time::Duration;

use imo_chain::primitives::B256;
use imo_chain::{Beacon, ClaimView, Client};
use imo_commit::Hash;
use imo_player::{Difference, first_difference};
use imo_trace::{Trace, node_roots};
use reqwest::Url;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use crate::address::{PublicNames, is_development, server};

/// Longest wait for an answer. A server that is slower counts as withholding the trace.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest wait for all answers about a claim.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(20);
/// Two hashes in JSON take fewer bytes than this.
const LONGEST_ANSWER: u64 = 256;

/// Where to look for other people's traces: first in the blobs of their claims, then at the address
/// that the claimant named.
#[derive(Clone, Debug)]
pub struct Sources {
    client: Client,
    beacon: Option<Beacon>,
    /// None if no client can be made, for example without roots of trust.
    http: Option<reqwest::Client>,
    /// Whether any address may be asked, this computer's too.
    anywhere: bool,
}

impl Sources {
    /// Looks at the claims of the client's chain. Without a consensus node, blobs are not read.
    /// Except on a development chain, only public addresses are asked, and with encryption.
    pub fn new(client: Client, beacon: Option<Beacon>, chain_id: u64) -> Self {
        let anywhere = is_development(chain_id);
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(1);
        let http = if anywhere { http } else { http.dns_resolver(Arc::new(PublicNames)) };
        Self { client, beacon, http: http.build().ok(), anywhere }
    }

    /// Whether a claim names a server that may be asked for its trace.
    pub(crate) fn can_ask(&self, claim: &ClaimView) -> bool {
        server(&claim.trace_uri, self.anywhere).is_some()
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
            let url = server(&claim.trace_uri, self.anywhere)?;
            let remote = RemoteTrace::new(self.http.clone()?, &url, root);
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
    until: Instant,
}

impl RemoteTrace {
    fn new(http: reqwest::Client, server: &Url, root: B256) -> Self {
        let base = format!("{}/traces/{root}", server.as_str().trim_end_matches('/'));
        Self { http, base, until: Instant::now() + PATIENCE_IN_ALL }
    }

    /// The children of a subtree as served, not yet checked. None if the answer is of no use.
    async fn children(&self, level: u8, index: u32) -> Option<(Hash, Hash)> {
        timeout_at(self.until, self.ask(level, index)).await.ok()?
    }

    async fn ask(&self, level: u8, index: u32) -> Option<(Hash, Hash)> {
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
