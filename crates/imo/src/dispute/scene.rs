//! What the commands look at: a deployment's claims and games as they are now.

use anyhow::{Context, bail, ensure};
use imo_chain::contracts::OpmlVerifier::K_LOG2Call;
use imo_chain::{ClaimView, Client, GameView, RequestView, View};

use crate::keys::Endpoint;

/// A deployment as it is now.
pub(crate) struct Scene {
    pub(crate) client: Client,
    pub(crate) view: View,
    pub(crate) k_log2: u32,
}

impl Scene {
    pub(crate) async fn look(chain: &Endpoint) -> anyhow::Result<Self> {
        let (client, deployment) = chain.look().await?;
        let k_log2 = client.call(deployment.verifier, &K_LOG2Call {}).await?.saturating_to();
        let mut view = View::new(deployment);
        view.update(&client).await?;
        Ok(Self { client, view, k_log2 })
    }

    /// The only game whose id begins with this prefix.
    pub(crate) fn game(&self, prefix: &str) -> anyhow::Result<(&GameView, &ClaimView)> {
        let digits = prefix.strip_prefix("0x").unwrap_or(prefix).to_lowercase();
        ensure!(!digits.is_empty(), "give a game's id; `imo dispute list` lists them");
        let mut found =
            self.view.games.values().filter(|game| format!("{:x}", game.id).starts_with(&digits));
        let game = found
            .next()
            .with_context(|| format!("there is no game {prefix}; `imo dispute list` lists them"))?;
        if found.next().is_some() {
            bail!("more than one game begins with {prefix}");
        }
        Ok((game, &self.view.claims[&game.claim]))
    }

    /// The request that a claim answers.
    pub(crate) fn request(&self, claim: &ClaimView) -> anyhow::Result<&RequestView> {
        let request = claim.request.and_then(|id| self.view.requests.get(&id));
        request
            .context("the claim was posted through another host, so its request is not known here")
    }
}
