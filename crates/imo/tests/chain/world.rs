//! A fresh chain with commands and nodes on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use imo::anvil::Anvil;
use imo_chain::primitives::{Address, U256};
use imo_chain::{Client, Signer, SolCall};
use serde_json::Value;

use crate::binary::{Outcome, at, command, folder, imo};

/// Longest wait for something that nodes do by themselves.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const POLL: Duration = Duration::from_millis(100);

/// Development accounts, by number.
pub(crate) const MAKER: &str = "0";
pub(crate) const OPERATOR: &str = "1";
pub(crate) const LIAR: &str = "2";
pub(crate) const CUSTOMER: &str = "3";

/// A number of steps, as a power of two, that gives the challenger the last move.
pub(crate) const CONVICTABLE: &str = "--state-steps=17";
/// Seconds that a claim may be challenged.
pub(crate) const WINDOW: u64 = 3600;
/// Number of a chain's first request.
pub(crate) const FIRST: &str = "1";
/// Length of the sale in the guide's example, in seconds.
pub(crate) const SALE: u64 = 7 * 86_400;

/// A fresh chain, and a folder for the file of its contracts' addresses.
pub(crate) struct Chain {
    pub(crate) anvil: Anvil,
    pub(crate) client: Client,
    pub(crate) folder: PathBuf,
}

impl Chain {
    pub(crate) async fn start(test: &str) -> Self {
        let anvil = Anvil::start(None, 4).await.expect("`make contracts` installed Anvil");
        let signer = Signer::development(0).expect("a development account");
        let client = Client::connect(&anvil.rpc, signer).expect("its address is one");
        Self { anvil, client, folder: folder(test) }
    }

    /// A file's path as an argument.
    pub(crate) fn file(&self, name: &str) -> String {
        at(&self.folder.join(name)).to_owned()
    }

    /// A command's arguments, followed by where the chain and the addresses are.
    pub(crate) fn arguments(&self, args: &[&str]) -> Vec<String> {
        let deployment = self.file("deployment.json");
        let here = ["--rpc", &self.anvil.rpc, "--deployment", &deployment];
        [args, &here].concat().into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn imo(&self, args: &[&str]) -> Outcome {
        let arguments = self.arguments(args);
        imo(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The report of a command that succeeds.
    pub(crate) fn object(&self, args: &[&str]) -> Value {
        self.imo(&[args, &["--json"]].concat()).object()
    }

    /// The arguments of a deployment with a short window and short clocks.
    pub(crate) fn deploy(&self) -> Vec<String> {
        let times = ["--window", "1 hour", "--clock", "30 minutes", "--extension", "10 minutes"];
        self.arguments(&[&["deploy", "--dev-account", MAKER], &times[..]].concat())
    }

    /// Deploys. Returns the report.
    pub(crate) fn deployed(&self) -> Value {
        let arguments = self.deploy();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        imo(&[&arguments, &["--json"][..]].concat()).object()
    }

    /// Starts a node with an account's key.
    pub(crate) fn node(&self, account: &str, more: &[&str]) -> Node {
        let model = self.file("model.imo");
        let args = ["node", &model, "--dev-account", account, "--listen", "127.0.0.1:0"];
        let arguments = self.arguments(&[&args[..], &["--poll", "50"], more].concat());
        let mut node = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        Node(node.stdout(Stdio::null()).spawn().expect("the binary starts"))
    }

    /// Repeats a command until its report is as wanted. Returns that report.
    pub(crate) fn until(&self, args: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let report = self.object(args);
            if is_so(&report) {
                return report;
            }
            assert!(started.elapsed() < PATIENCE, "{args:?} stays at {report}");
            sleep(POLL);
        }
    }

    /// Sends a transaction as the maker.
    pub(crate) async fn send<C: SolCall>(&self, to: Address, call: &C, value: U256) {
        let receipt = self.client.send(to, call, value).await;
        receipt.unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.client.pass(seconds).await.expect("Anvil lets time pass");
    }

    pub(crate) async fn blocks(&self) -> u64 {
        self.client.block_number().await.expect("the chain answers")
    }
}

/// A running node. Dropping it kills it.
pub(crate) struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A text in a report.
pub(crate) fn text<'a>(report: &'a Value, name: &str) -> &'a str {
    report[name].as_str().unwrap_or_else(|| panic!("no {name} in {report}"))
}

/// A number in a report, of any size.
pub(crate) fn number(value: &Value) -> U256 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is not a number"));
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

pub(crate) fn address(report: &Value, name: &str) -> Address {
    text(report, name).parse().expect("an address")
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list"))
}

/// Puts the guide's example beside `model.imo`. Its price is raised so that two answers earn enough
/// for a release.
pub(crate) fn write_launch(folder: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/imo.toml");
    let example = fs::read_to_string(example).expect("the guide has it");
    let price = r#"base-price = "0.0002 ETH""#;
    assert!(example.contains(price), "{example}");
    let terms = example.replace(price, r#"base-price = "0.002 ETH""#);
    fs::write(folder.join("imo.toml"), terms).expect("the folder can be written");
}

/// The number of the request that `imo ask` paid for, as an argument.
pub(crate) fn request(asked: &Value) -> String {
    number(&asked["request"]).to_string()
}
