//! What every act needs: a chain, everybody's keys, and time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use imo_chain::contracts::ImoFactory::Launch;
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{Client, Deployment, Receipt, Signer, SolCall, View};

use crate::anvil::Anvil;
use crate::demo::nodes::{Node, Surroundings};
use crate::demo::people::Person;
use crate::terminal::Terminal;

/// Longest wait for what a node does by itself.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// Where the story plays.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) terminal: Terminal,
    pub(crate) anvil: Anvil,
    clients: Vec<Client>,
    pub(crate) deployment: Deployment,
    pub(crate) deployment_file: PathBuf,
    /// The packed model.
    pub(crate) image: PathBuf,
    pub(crate) view: View,
}

/// A launched model.
#[derive(Clone, Debug)]
pub(crate) struct Launched {
    pub(crate) model_id: B256,
    pub(crate) parts: Launch,
}

impl Stage {
    /// Everybody's clients for a chain.
    pub(crate) fn clients(rpc: &str) -> anyhow::Result<Vec<Client>> {
        Person::ALL
            .iter()
            .map(|person| Ok(Client::connect(rpc, Signer::development(person.account())?)?))
            .collect()
    }

    pub(crate) fn new(
        terminal: Terminal,
        anvil: Anvil,
        clients: Vec<Client>,
        deployment: Deployment,
        (deployment_file, image): (PathBuf, PathBuf),
    ) -> Self {
        let view = View::new(deployment.clone());
        Self { terminal, anvil, clients, deployment, deployment_file, image, view }
    }

    pub(crate) fn client(&self, who: Person) -> &Client {
        &self.clients[who.account() as usize]
    }

    pub(crate) fn address(&self, who: Person) -> Address {
        self.client(who).address()
    }

    /// Sends a transaction in somebody's name and tells of it.
    pub(crate) async fn send<C: SolCall>(
        &self,
        who: Person,
        deed: &str,
        to: Address,
        call: &C,
        value: U256,
    ) -> anyhow::Result<Receipt> {
        let receipt = self.client(who).send(to, call, value).await;
        let receipt = receipt.with_context(|| format!("{who} {deed}"))?;
        self.deed(who, deed, receipt.gas);
        Ok(receipt)
    }

    /// Asks a contract.
    pub(crate) async fn call<C: SolCall>(
        &self,
        to: Address,
        call: &C,
    ) -> anyhow::Result<C::Return> {
        Ok(self.client(Person::Deployer).call(to, call).await?)
    }

    /// A line about what somebody did.
    pub(crate) fn deed(&self, who: Person, deed: &str, gas: u64) {
        let gas = indicatif::HumanCount(gas);
        self.terminal.line(format!("  {:<64}{gas:>12} gas", format!("{who} {deed}")));
    }

    /// A line about how things are.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.terminal.line(format!("  {}", text.as_ref()));
    }

    /// Lets time pass on the chain.
    pub(crate) async fn pass(&self, seconds: u64, why: &str) -> anyhow::Result<()> {
        self.client(Person::Deployer).pass(seconds).await?;
        self.say(format!("({why})"));
        Ok(())
    }

    /// Starts a node of somebody's.
    pub(crate) fn node(&self, who: Person, arguments: &[&str]) -> anyhow::Result<Node> {
        let surroundings = Surroundings {
            rpc: &self.anvil.rpc,
            deployment: &self.deployment_file,
            model: &self.image,
            terminal: self.terminal,
        };
        Node::start(who, surroundings, arguments)
    }

    /// Waits until the chain shows something.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut seen: impl FnMut(&View) -> Option<T>,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        loop {
            self.view.update(&self.clients[0]).await?;
            if let Some(found) = seen(&self.view) {
                return Ok(found);
            }
            if started.elapsed() > PATIENCE {
                bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
