//! A node, from its start on.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use imo_chain::contracts::OpmlVerifier::K_LOG2Call;
use imo_chain::primitives::{Address, B256};
use imo_chain::{Beacon, Client, Deployment, Progress, View};
use imo_player::{Rehearsal, Solver};
use tokio::net::TcpListener;

use crate::error::NodeError;
use crate::event::{Event, Report};
use crate::fetch::Sources;
use crate::funds::Stakes;
use crate::judge::Judge;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::mine::Mine;
use crate::role::Role;
use crate::send::Sender;
use crate::serve::{self, Limits};
use crate::traces::Traces;
use crate::worker::Worker;

/// Shortest time between two notes about the same trouble.
const COMPLAINTS: Duration = Duration::from_secs(30);
/// Longest wait for a transaction. After that the node looks at the chain again: it may have
/// something more urgent to send instead.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a node needs.
#[derive(Debug)]
pub struct Node {
    /// The chain, and the account that signs.
    pub client: Client,
    /// The contracts' addresses.
    pub deployment: Deployment,
    /// A consensus node, to find other people's traces in blobs.
    pub beacon: Option<Beacon>,
    /// The models, and what they answered last.
    pub solver: Solver,
    /// What the node does for a living.
    pub roles: Vec<Role>,
    /// Claimants whose claims to defend where they name this account as their delegate.
    pub defends: Vec<Address>,
    /// Models whose requests to answer whatever they pay.
    pub serves: Vec<B256>,
    /// How to depart from the truth. For development chains only, where bonds are not real money.
    pub rehearsal: Rehearsal,
    /// Where traces and metrics are served.
    pub listener: TcpListener,
    /// The listener's address as others reach it. By default, the address itself.
    pub public_url: Option<String>,
    /// Whether to keep secret where traces are served. A challenger then has to have them revealed.
    pub withholds: bool,
    /// Whether claims carry the roots of their slots in blobs.
    pub blobs: bool,
    /// Pause between two looks at the chain when there is nothing to do.
    pub poll: Duration,
    /// Where events go.
    pub report: Report,
}

impl Node {
    /// Works until the process ends. Returns only if the node cannot start.
    ///
    /// The runtime must have several threads: the node blocks one while it computes.
    pub async fn work(self) -> Result<Infallible, NodeError> {
        let (poll, report) = (self.poll, self.report.clone());
        let mut worker = self.start().await?;
        let mut last_complaint = None;
        loop {
            match worker.turn().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(poll).await,
                // The chain's node may be restarting: waiting loses nothing.
                Err(error) => {
                    if last_complaint.is_none_or(|at: Instant| at.elapsed() > COMPLAINTS) {
                        report.tell(&Event::Waiting { error });
                        last_complaint = Some(Instant::now());
                    }
                    tokio::time::sleep(poll).await;
                }
            }
        }
    }

    async fn start(self) -> Result<Worker, NodeError> {
        let Self { deployment, report, .. } = self;
        let told = report.clone();
        let told = move |progress: &Progress| told.tell(&Event::Sending(progress.clone()));
        let client = self.client.with_patience(PATIENCE).with_progress(told);
        let (traces, metrics) = (Traces::default(), Metrics::default());
        let router = serve::router(traces.clone(), metrics.clone());
        let address = serve::start(self.listener, router, Limits::default())?;
        let url = self.public_url.unwrap_or_else(|| format!("http://{address}"));
        let k_log2 = client.call(deployment.verifier, &K_LOG2Call {}).await?;
        report.tell(&Event::Started { account: client.address(), url: url.clone() });
        client.settle().await?;

        let judge = Judge {
            mine: Mine { account: client.address(), defends: self.defends },
            roles: self.roles,
            serves: self.serves,
            rehearsal: self.rehearsal,
            k_log2: k_log2.saturating_to(),
            solver: self.solver,
            sources: Sources::new(client.clone(), self.beacon, deployment.chain_id),
            traces: traces.clone(),
            report: report.clone(),
            memory: Memory::default(),
        };
        let sender = Sender {
            client: client.clone(),
            verifier: deployment.verifier,
            oracle: deployment.oracle,
            trace_uri: if self.withholds { String::new() } else { url },
            blobs: self.blobs,
            report: report.clone(),
        };
        let stakes = Stakes::of(&client, deployment.verifier).await?;
        let view = View::new(deployment);
        let (doubted, confirm_at) = (None, Instant::now());
        Ok(Worker {
            client,
            view,
            judge,
            stakes,
            sender,
            traces,
            metrics,
            report,
            doubted,
            confirm_at,
        })
    }
}
