//! Finds the registered model that a command is about.

use anyhow::bail;
use imo_chain::contracts::ModelRegistry::ModelRegistered;
use imo_chain::primitives::B256;
use imo_chain::{Client, Deployment};

/// The given model, or the only one that is registered.
pub(crate) async fn choose(
    client: &Client,
    deployment: &Deployment,
    named: Option<B256>,
) -> anyhow::Result<B256> {
    if let Some(id) = named {
        return Ok(id);
    }
    let head = client.block_number().await?;
    let models =
        client.logs::<ModelRegistered>(deployment.registry, deployment.block, head).await?;
    let ids: Vec<String> = models.iter().map(|model| model.event.modelId.to_string()).collect();
    match &models[..] {
        [] => bail!("no model is registered at {}", deployment.registry),
        [only] => Ok(only.event.modelId),
        _ => {
            bail!("several models are registered; choose one with --model:\n  {}", ids.join("\n  "))
        }
    }
}
