//! What every act needs: a chain, everybody's keys, and the clock.

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

/// Longest wait for something that a node does by itself.
const PATIENCE: Duration = Duration::from_secs(300);
/// Pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(50);

/// Where the story takes place.
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
    /// One client for each person.
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

    /// Sends a transaction as a person, and prints what the person did.
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

    /// Calls a view function.
    pub(crate) async fn call<C: SolCall>(
        &self,
        to: Address,
        call: &C,
    ) -> anyhow::Result<C::Return> {
        Ok(self.client(Person::Deployer).call(to, call).await?)
    }

    /// Prints what a person did, and its gas.
    pub(crate) fn deed(&self, who: Person, deed: &str, gas: u64) {
        let gas = indicatif::HumanCount(gas);
        self.terminal.line(format!("  {:<64} {gas:>11} gas", format!("{who} {deed}")));
    }

    /// Prints a fact.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.terminal.line(format!("  {}", text.as_ref()));
    }

    /// Moves the chain's clock forward.
    pub(crate) async fn pass(&self, seconds: u64, why: &str) -> anyhow::Result<()> {
        self.client(Person::Deployer).pass(seconds).await?;
        self.say(format!("({why})"));
        Ok(())
    }

    /// Starts a node with a person's key.
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
