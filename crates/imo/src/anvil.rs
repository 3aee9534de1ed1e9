//! A local Ethereum node that lives as long as a demo or a test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use imo_chain::{Client, Signer};

/// Time of the chain's first block: the first second of 2030.
pub const GENESIS: u64 = 1_893_456_000;

/// Longest wait for the node's first answer.
const START: Duration = Duration::from_secs(30);

/// A running Anvil. Dropping it ends it.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    /// The node's JSON-RPC endpoint.
    pub rpc: String,
}

impl Anvil {
    /// Starts a node with this many funded accounts on a free port.
    pub async fn start(path: Option<&Path>, accounts: usize) -> anyhow::Result<Self> {
        let binary = path.map_or_else(find, |path| Ok(path.to_owned()))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(&binary)
            .args(["--silent", "--accounts", &accounts.to_string(), "--port", &port.to_string()])
            .args(["--timestamp", &GENESIS.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut anvil = Self { child, rpc: format!("http://127.0.0.1:{port}") };
        anvil.wait().await?;
        Ok(anvil)
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        let client = Client::connect(&self.rpc, Signer::development(0)?)?;
        let started = Instant::now();
        while client.chain_id().await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("Anvil ended at once: {status}");
            }
            ensure!(started.elapsed() < START, "Anvil does not answer at {}", self.rpc);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It keeps nothing, so it need not end in good order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The native binary that npm installed in the project, or else one on the path.
fn find() -> anyhow::Result<PathBuf> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/node_modules");
    let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let os = if os == "macos" { "darwin" } else { os };
    let machine = match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let native = modules.join(format!("@foundry-rs/anvil-{os}-{machine}/bin/anvil"));
    if native.exists() {
        return Ok(native);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("anvil"))
        .find(|file| file.is_file())
        .context("there is no Anvil: run `make contracts`, or name one with --anvil")
}
