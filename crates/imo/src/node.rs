//! Starts a node: an operator, a challenger, or both.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use imo_chain::primitives::{Address, B256};
use imo_engine::Means;
use imo_node::{Event, Node, Report, may_be_asked};
use imo_player::{Model, Rehearsal, Solver};
use imo_trace::Fault;
use tokio::net::TcpListener;

use crate::exit::Exit;
use crate::keys::{BeaconArgs, ChainArgs, DEVELOPMENT_CHAIN};
use crate::terminal::Terminal;
use crate::{model, threads};

/// Port that a node takes by default. Its claims name this port, so a restarted node should get the
/// same one.
const PORT: u16 = 7641;

/// What a node does.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Role {
    /// Answers requests, for fees
    Operator,
    /// Runs other people's answers again and disputes wrong ones, for their bonds
    Challenger,
}

impl From<Role> for imo_node::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::Challenger => Self::Challenger,
        }
    }
}

/// How to run a node.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Models to run and to judge: packed images, or GGUF files, which are packed on first use
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    chain: ChainArgs,
    /// What to do, separated by commas [default: operator,challenger]
    #[arg(long, value_delimiter = ',', hide_default_value = true)]
    #[arg(default_values = ["operator", "challenger"])]
    roles: Vec<Role>,
    /// Answer this model's requests even if they pay operators nothing, or less than gas costs now;
    /// may be given several times
    #[arg(long, value_name = "MODEL_ID")]
    serve: Vec<B256>,
    /// Also play for claims of this account that name yours as their delegate, and do not judge
    /// them; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    defend: Vec<Address>,
    /// Address to serve traces and metrics on [default: 127.0.0.1:7641, or any free port if that is
    /// taken]
    #[arg(long, env = "IMO_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The address as others reach it [default: http:// and the address itself]
    #[arg(long, env = "IMO_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Do not serve traces; a challenger has to have them revealed on chain
    #[arg(long)]
    withhold: bool,
    /// Post the roots of a trace's slots in blobs with each claim (EIP-4844), so that a challenger
    /// need not ask this node
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
    /// Make a mistake on purpose, to rehearse disputes on a development chain: node=I,bit=B or
    /// output or length
    #[arg(long, value_name = "FAULT", value_parser = parse_fault)]
    inject: Option<Fault>,
    /// State at least 2^N steps in disputes, on a development chain; more than the true number is
    /// also true
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
    let terminal = terminal.of_a_service();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the node")?;
    runtime.block_on(async {
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                terminal
                    .note("stopped; when started again, the node goes on from what the chain says");
                std::process::exit(130);
            }
        });
        match work(args, terminal).await? {}
    })
}

async fn work(args: Args, terminal: Terminal) -> anyhow::Result<Infallible> {
    let (client, deployment) = args.chain.connect().await?;
    let beacon = args.beacon.node(&args.chain.endpoint, deployment.chain_id, terminal).await;
    let rehearses = args.inject.is_some() || args.state_steps.is_some();
    ensure!(
        !rehearses || deployment.chain_id == DEVELOPMENT_CHAIN,
        "--inject and --state-steps would lose real money; they work on development chains only"
    );
    let listener = listen(args.listen, terminal).await?;
    warn_unreachable(&args, &listener, deployment.chain_id, terminal)?;
    let open = |path: &PathBuf| {
        anyhow::Ok(Model::new(model::open(path, args.cache.as_deref(), terminal)?)?)
    };
    let models = args.models.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let means = Means::detect(threads::count(args.threads));
    let node = Node {
        client,
        deployment,
        beacon,
        solver: Solver::new(models, means, args.inject),
        defends: args.defend,
        serves: args.serve,
        roles: args.roles.into_iter().map(Into::into).collect(),
        rehearsal: Rehearsal { lies: args.inject.is_some(), steps_log2: args.state_steps },
        listener,
        public_url: args.public_url,
        withholds: args.withhold,
        blobs: args.blobs,
        poll: Duration::from_millis(args.poll),
        report: Report::new(move |event| tell(event, terminal)),
    };
    Ok(node.work().await?)
}

/// Listens on an address, or on the usual port of this computer.
async fn listen(address: Option<SocketAddr>, terminal: Terminal) -> anyhow::Result<TcpListener> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let usual = address.unwrap_or_else(|| local(PORT));
    match TcpListener::bind(usual).await {
        Err(_) if address.is_none() => {
            let listener = TcpListener::bind(local(0)).await.context("cannot listen")?;
            terminal.note(format!(
                "port {PORT} is taken, so traces are served on {}; name a port with --listen, or \
                 nobody finds them after a restart",
                listener.local_addr()?
            ));
            Ok(listener)
        }
        bound => {
            bound.with_context(|| format!("cannot listen on {usual}; choose another with --listen"))
        }
    }
}

/// Says it if nobody will ask for this node's traces.
fn warn_unreachable(
    args: &Args,
    listener: &TcpListener,
    chain_id: u64,
    terminal: Terminal,
) -> anyhow::Result<()> {
    let url = match &args.public_url {
        Some(url) => url.clone(),
        None => format!("http://{}", listener.local_addr()?),
    };
    if !args.withhold && !may_be_asked(&url, chain_id) {
        terminal.note(format!(
            "nobody will ask {url} for traces: give a public https address with --public-url, or \
             disputes of your claims take more gas"
        ));
    }
    Ok(())
}

/// Prints results on standard output, and everything else as a note.
fn tell(event: &Event, terminal: Terminal) {
    if event.is_result() {
        terminal.line(event.to_string());
    } else {
        terminal.note(event.to_string());
    }
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
