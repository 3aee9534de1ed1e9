//! Reads other people's traces, which may be anything.

use std::time::Duration;

use imo_chain::primitives::B256;
use imo_commit::Hash;

/// Longest wait for an answer; whoever is slower withholds its trace.
const PATIENCE: Duration = Duration::from_secs(5);
/// Two hashes in JSON are shorter than this.
const LONGEST_ANSWER: u64 = 256;

/// A trace at its claimant's address.
#[derive(Clone, Debug)]
pub(crate) struct RemoteTrace {
    http: reqwest::Client,
    base: String,
}

impl RemoteTrace {
    /// None unless the address is one that we would ask.
    pub(crate) fn new(uri: &str, root: B256) -> Option<Self> {
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

    /// The children of a subtree as they are served, unproven; none when nothing useful comes.
    pub(crate) async fn children(&self, level: u8, index: u32) -> Option<(Hash, Hash)> {
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
