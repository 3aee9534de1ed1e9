//! Which chain a command talks to, and whose key signs.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use imo_chain::{Beacon, Client, Deployment, Progress, Signer};

use crate::terminal::Terminal;

/// Chain id of development nodes.
pub(crate) const DEVELOPMENT_CHAIN: u64 = 31_337;

/// A chain with our contracts, for commands that only look.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Endpoint {
    /// JSON-RPC endpoint of an Ethereum node
    #[arg(long, env = "IMO_RPC", value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// Addresses of the contracts, as `imo deploy` or `imo demo --keep` wrote them
    #[arg(long, env = "IMO_DEPLOYMENT", value_name = "FILE", default_value = "deployment.json")]
    pub(crate) deployment: PathBuf,
}

/// A chain with our contracts, and the account that signs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ChainArgs {
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
    #[command(flatten)]
    key: KeyArgs,
}

/// Where the private key is.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct KeyArgs {
    /// Encrypted keystore file; `IMO_PASSWORD` holds its password
    #[arg(long, env = "IMO_KEYSTORE", value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// File that holds a private key in hexadecimal
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Number of a development node's account, from 0 on
    #[arg(long, value_name = "NUMBER")]
    dev_account: Option<u32>,
}

/// Where to read blobs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BeaconArgs {
    /// Beacon API of a consensus node, to find traces in blobs [default: --rpc if that is a
    /// development chain]
    #[arg(long, env = "IMO_BEACON", value_name = "URL")]
    beacon: Option<String>,
}

impl BeaconArgs {
    /// The consensus node, if there is one. A development node answers for itself.
    pub(crate) async fn node(
        &self,
        endpoint: &Endpoint,
        chain_id: u64,
        terminal: Terminal,
    ) -> Option<Beacon> {
        let own = || (chain_id == DEVELOPMENT_CHAIN).then_some(&endpoint.rpc);
        let beacon = Beacon::new(self.beacon.as_ref().or_else(own)?);
        if let Some(url) = &self.beacon
            && !beacon.answers().await
        {
            terminal.note(format!("no Beacon API answers at {url}: traces in blobs are not found"));
        }
        Some(beacon)
    }
}

impl Endpoint {
    /// Connects without a key of the user's: a command that only looks signs nothing.
    pub(crate) async fn look(&self) -> anyhow::Result<(Client, Deployment)> {
        self.connect(Signer::development(0)?).await
    }

    /// Connects, and checks that the contracts are on that chain.
    async fn connect(&self, signer: Signer) -> anyhow::Result<(Client, Deployment)> {
        let named = || self.deployment.display().to_string();
        let text = fs::read(&self.deployment).with_context(|| {
            format!(
                "cannot read the contracts' addresses, which `imo deploy` and `imo demo --keep` \
                 write, from {}",
                named()
            )
        })?;
        let deployment: Deployment = serde_json::from_slice(&text).with_context(|| {
            format!("{} is not a file of addresses as `imo deploy` writes it", named())
        })?;
        let client = connect(&self.rpc, signer)?;
        let chain_id = client.chain_id().await.with_context(|| self.rpc.clone())?;
        ensure!(
            chain_id == deployment.chain_id,
            "{} is for chain {}, but {} is on chain {chain_id}",
            named(),
            deployment.chain_id,
            self.rpc,
        );
        // The factory is the last contract that a deployment makes.
        ensure!(
            client.has_code(deployment.factory).await?,
            "the contracts of {} are not on the chain at {}; `imo deploy` puts them there",
            named(),
            self.rpc,
        );
        Ok((client, deployment))
    }
}

impl ChainArgs {
    /// Connects with the user's key.
    pub(crate) async fn connect(&self) -> anyhow::Result<(Client, Deployment)> {
        self.endpoint.connect(self.key.signer()?).await
    }

    /// Connects to a chain that need not have our contracts yet.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        connect(&self.endpoint.rpc, self.key.signer()?)
    }
}

/// Connects, and says what becomes of transactions that take their time.
fn connect(rpc: &str, signer: Signer) -> anyhow::Result<Client> {
    let told = |progress: &Progress| Terminal::new(false).note(progress.to_string());
    Ok(Client::connect(rpc, signer)?.with_progress(told))
}

impl KeyArgs {
    fn signer(&self) -> anyhow::Result<Signer> {
        if let Some(path) = &self.keystore {
            let password = std::env::var("IMO_PASSWORD")
                .context("set IMO_PASSWORD to the keystore's password")?;
            return Signer::from_keystore(path, &password)
                .with_context(|| path.display().to_string());
        }
        if let Some(path) = &self.key_file {
            let named = || path.display().to_string();
            let text = fs::read_to_string(path).with_context(named)?;
            return Signer::from_hex(&text).with_context(named);
        }
        match self.dev_account {
            Some(number) => Ok(Signer::development(number)?),
            None => bail!("no key: give --keystore, --key-file or --dev-account"),
        }
    }
}
