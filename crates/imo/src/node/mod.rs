//! An operator, a challenger, or both: looks at the chain, decides, sends, and looks again.
//!
//! **Invariant:** it keeps nothing that it cannot work out again from the chain, the model file and the request, so it may be killed at
//! any moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use imo_chain::contracts::OpmlVerifier;
use imo_engine::Means;
use imo_trace::Fault;

use crate::exit::Exit;
use crate::keys::{BeaconArgs, ChainArgs, DEVELOPMENT_CHAIN};
use crate::terminal::Terminal;

mod agenda;
pub(crate) mod fetch;
pub(crate) mod judge;
mod metrics;
pub(crate) mod models;
mod player;
mod send;
mod serve;
mod worker;

use fetch::Sources;
use metrics::Metrics;
use models::{Model, Solver};
use player::Rehearsal;
use serve::Traces;
use worker::Worker;

/// What a node does for a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// Answers requests, for fees
    Operator,
    /// Runs other people's answers again and disputes wrong ones, for their bonds
    Challenger,
}

/// A node.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Models to run and to judge: packed images, or GGUF files, which are packed when they are used first
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    chain: ChainArgs,
    /// What to do
    #[arg(long, value_delimiter = ',', default_values = ["operator", "challenger"])]
    roles: Vec<Role>,
    /// Address to serve traces and metrics on [default: 127.0.0.1:7641, or any free port where that is taken]
    #[arg(long, env = "IMO_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where others reach that address [default: http:// and the address itself]
    #[arg(long, env = "IMO_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Do not serve traces: a challenger has to have them revealed on chain
    #[arg(long)]
    withhold: bool,
    /// Post the roots of a trace's slots in blobs with each claim (EIP-4844): a challenger need not ask this node
    #[arg(long)]
    blobs: bool,
    #[command(flatten)]
    beacon: BeaconArgs,
    /// Folder for images packed on first use [default: the GGUF file's own]
    #[arg(long, env = "IMO_CACHE", value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Threads to compute with [default: all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Milliseconds between two looks at the chain when there is nothing to do
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    poll: u64,
    /// Get something wrong, to rehearse disputes on a development chain: node=I,bit=B or output or length
    #[arg(long, value_name = "FAULT", value_parser = parse_fault)]
    inject: Option<Fault>,
    /// State at least 2^N steps in disputes; any number above the true one is as true
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=40))]
    state_steps: Option<u32>,
}

/// Parses `node=I,bit=B`, `output` or `length`.
fn parse_fault(text: &str) -> Result<Fault, String> {
    let node = || {
        let (node, bit) = text.strip_prefix("node=")?.split_once(",bit=")?;
        Some(Fault::Node { index: node.parse().ok()?, bit: bit.parse().ok()? })
    };
    match text {
        "output" => Ok(Fault::Output),
        "length" => Ok(Fault::Length),
        _ => node().ok_or_else(|| "not node=I,bit=B, output or length".to_owned()),
    }
}

/// Runs a node until it is stopped.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(async {
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                terminal.note("stopped; started again, the node goes on from what the chain says");
                std::process::exit(130);
            }
        });
        work(args, terminal).await
    })
}

async fn work(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let (client, deployment) = args.chain.connect().await?;
    let beacon = args.beacon.node(&args.chain.endpoint, deployment.chain_id, terminal).await;
    let rehearses = args.inject.is_some() || args.state_steps.is_some();
    ensure!(
        !rehearses || deployment.chain_id == DEVELOPMENT_CHAIN,
        "--inject and --state-steps would lose real money; they work on development chains only"
    );
    let models = args
        .models
        .iter()
        .map(|path| Model::open(path, args.cache.as_deref(), terminal))
        .collect::<Result<Vec<_>, _>>()?;
    let threads = args.threads.map_or_else(available_threads, usize::from);
    let solver = Solver::new(models, Means::detect(threads), args.inject, deployment.chain_id);

    let (traces, metrics) = (Traces::default(), Metrics::default());
    let listener = serve::listen(args.listen, terminal).await?;
    let address = serve::start(listener, traces.clone(), metrics.clone())?;
    let url = args.public_url.unwrap_or_else(|| format!("http://{address}"));
    let k_log2 = client.call(deployment.verifier, &OpmlVerifier::K_LOG2Call {}).await?;
    terminal.line(format!("account {}, serving {url}", client.address()));
    client.settle().await?;

    let mut worker = Worker {
        view: imo_chain::View::new(deployment),
        sources: Sources::new(client.clone(), beacon),
        client,
        solver,
        roles: args.roles,
        rehearsal: Rehearsal { lies: args.inject.is_some(), steps_log2: args.state_steps },
        blobs: args.blobs,
        trace_uri: if args.withhold { String::new() } else { url },
        traces,
        metrics,
        terminal,
        k_log2: k_log2.saturating_to(),
        verdicts: BTreeMap::new(),
        checked: Vec::new(),
        shelved: BTreeMap::new(),
    };
    let poll = Duration::from_millis(args.poll);
    let mut last_complaint = None;
    loop {
        match worker.turn().await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(poll).await,
            // The chain's node may be restarting: nothing is lost by waiting.
            Err(error) => {
                if last_complaint.is_none_or(|at: Instant| at.elapsed() > COMPLAINTS) {
                    terminal.note(format!("waiting: {error:#}"));
                    last_complaint = Some(Instant::now());
                }
                tokio::time::sleep(poll).await;
            }
        }
    }
}

/// Between two notes about the same trouble.
const COMPLAINTS: Duration = Duration::from_secs(30);

fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_the_help_says() {
        assert_eq!(parse_fault("node=5,bit=9"), Ok(Fault::Node { index: 5, bit: 9 }));
        assert_eq!(parse_fault("output"), Ok(Fault::Output));
        assert_eq!(parse_fault("length"), Ok(Fault::Length));
        for text in ["", "node=5", "node=x,bit=1", "node=1,bit=-1", "bit=1,node=2"] {
            assert!(parse_fault(text).is_err(), "{text:?}");
        }
    }
}
