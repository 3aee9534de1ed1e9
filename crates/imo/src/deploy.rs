//! Puts the contracts that all models share on a chain, with the code of the guest programs.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use imo_chain::contracts::OpmlVerifier::Parameters;
use imo_chain::primitives::aliases::U96;
use imo_chain::primitives::{Address, B256, Bytes};
use imo_chain::{Client, Deployment, Placed, System, SystemTerms};
use imo_commit::dense_root;
use imo_model::NewFile;
use imo_node::put_code;
use imo_player::PROGRAMS;
use serde::Serialize;
use serde_json::{Value, json};

use crate::amount::{parse_duration, parse_ether};
use crate::exit::Exit;
use crate::keys::ChainArgs;
use crate::terminal::Terminal;

/// Sections of a dissection, as a power of two.
const K_LOG2: u8 = 4;
/// The `contracts` folder of the source tree that this binary was built from.
const CONTRACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts");

/// The terms of a deployment.
///
/// The addresses follow from the code, the terms and the salt. A deployment that was interrupted
/// can be started again with the same terms: it leaves alone what is there already, and goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    chain: ChainArgs,
    /// Folder for the files that a block explorer needs to verify the sources [default: beside the
    /// addresses]
    #[arg(long, value_name = "FOLDER")]
    verification: Option<PathBuf>,
    /// The project's `contracts` folder, compiled, to take the sources from
    #[arg(long, value_name = "FOLDER", default_value = CONTRACTS)]
    #[arg(hide_default_value = true)]
    contracts: PathBuf,
    /// How long a claim may be challenged
    #[arg(long, value_name = "TIME", default_value = "36 hours", value_parser = parse_duration)]
    window: u64,
    /// How much time each side of a dispute has for all its moves together
    #[arg(long, value_name = "TIME", default_value = "36 hours", value_parser = parse_duration)]
    clock: u64,
    /// How much time a side has at least after its opponent's move
    #[arg(long, value_name = "TIME", default_value = "30 minutes", value_parser = parse_duration)]
    extension: u64,
    /// Smallest bond of a claim
    #[arg(long, value_name = "AMOUNT", default_value = "0.4 ETH", value_parser = parse_ether)]
    claim_bond: u128,
    /// Smallest bond of a challenge
    #[arg(long, value_name = "AMOUNT", default_value = "0.1 ETH", value_parser = parse_ether)]
    challenge_bond: u128,
    /// How long a request may wait for its answer before it is refunded, and again after each claim
    /// that is lost
    #[arg(long, value_name = "TIME", default_value = "36 hours", value_parser = parse_duration)]
    answer_time: u64,
    /// What operators get per unit of gas on top of twice the base fee
    #[arg(long, value_name = "AMOUNT", default_value = "1 gwei", value_parser = parse_ether)]
    tip: u128,
    /// Wrapped ETH on this chain; without it no pool can be opened in ETH
    #[arg(long, value_name = "ADDRESS", default_value_t = Address::ZERO, hide_default_value = true)]
    weth: Address,
    /// Uniswap's v2 factory on this chain; without it no sale can open a pool
    #[arg(long, value_name = "ADDRESS", default_value_t = Address::ZERO, hide_default_value = true)]
    exchange: Address,
    /// Any hash; it tells this system apart from others with the same terms
    #[arg(long, value_name = "HASH", default_value_t = B256::ZERO, hide_default_value = true)]
    salt: B256,
}

/// Contracts that the factory makes, once or for each launch.
const MADE_BY_FACTORY: [&str; 6] =
    ["DeliveryEscrow", "Drip", "ModelOffering", "ModelToken", "Splitter", "TokenVesting"];

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    deployment: Deployment,
    /// Gas of each contract and of each program's code that was not there before.
    gas: BTreeMap<String, u64>,
    verification: Option<PathBuf>,
}

/// Deploys whatever is missing.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(deploy(&args, terminal))
}

async fn deploy(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let client = args.chain.client()?;
    let system = System::new(&args.terms()?);
    let deployment = note_addresses(args, &client, &system).await?;
    let mut gas = BTreeMap::new();
    let mut told = |name: &str, place: &dyn Display, placed| {
        let what = match placed {
            Placed::Before => "was there already".to_owned(),
            Placed::Now(used) => {
                gas.insert(name.to_owned(), used);
                format!("{} gas", indicatif::HumanCount(used))
            }
        };
        terminal.line(format!("{name:<16}{place}  {what}"));
    };
    system.put(&client, |part, placed| told(part.name, &part.address, placed)).await?;
    for guest in PROGRAMS {
        let elf = guest.executable();
        let depth = elf.code_depth();
        let placed = put_code(&client, deployment.stepper, &elf.code, depth).await?;
        let name = format!("code of {}", guest.name);
        told(&name, &B256::from(dense_root(&elf.code, depth)), placed);
    }
    terminal.line(format!("{:<16}{}  by the factory", "offering", deployment.offering));
    let verification = write_sources(args, &system, terminal)?;
    terminal.object(&Report { deployment, gas, verification });
    Ok(Exit::Success)
}

impl Args {
    fn terms(&self) -> anyhow::Result<SystemTerms> {
        ensure!(
            self.weth.is_zero() == self.exchange.is_zero(),
            "give both --weth and --exchange, or neither"
        );
        let seconds = |time: u64| u32::try_from(time).context("a time is too long");
        Ok(SystemTerms {
            salt: self.salt,
            verifier: Parameters {
                kLog2: K_LOG2,
                window: seconds(self.window)?,
                clock: seconds(self.clock)?,
                extension: seconds(self.extension)?,
                claimBond: U96::try_from(self.claim_bond).context("--claim-bond is too much")?,
                challengeBond: U96::try_from(self.challenge_bond)
                    .context("--challenge-bond is too much")?,
            },
            tip: u64::try_from(self.tip).context("--tip is too much")?,
            answer_time: seconds(self.answer_time)?,
            weth: self.weth,
            exchange: self.exchange,
        })
    }

    fn file(&self) -> &Path {
        &self.chain.endpoint.deployment
    }
}

/// Writes the addresses to a file before the contracts are made, so that an interrupted deployment
/// still knows the block where its logs begin.
async fn note_addresses(
    args: &Args,
    client: &Client,
    system: &System,
) -> anyhow::Result<Deployment> {
    let file = args.file();
    let named = || file.display().to_string();
    let fresh = system.deployment(client.chain_id().await?, client.block_number().await?);
    if let Ok(text) = fs::read(file) {
        let known: Deployment = serde_json::from_slice(&text).with_context(named)?;
        if known == (Deployment { block: known.block, ..fresh.clone() }) {
            return Ok(known);
        }
        // The file may be of a system that was never made: then its addresses can be forgotten.
        if known.chain_id != fresh.chain_id || client.has_code(known.verifier).await? {
            bail!(
                "{} has another system's addresses; choose another file with --deployment",
                named()
            );
        }
    }
    // Whole or not at all: an interrupted deployment is found again by this file.
    let text = serde_json::to_string_pretty(&fresh)? + "\n";
    NewFile::write(file, text.as_bytes()).with_context(named)?;
    Ok(fresh)
}

/// Writes the compiler's input for each contract (Solidity's standard JSON), and the constructor
/// arguments.
fn write_sources(
    args: &Args,
    system: &System,
    terminal: Terminal,
) -> anyhow::Result<Option<PathBuf>> {
    if !args.contracts.join("out").is_dir() {
        terminal.note("no compiled contracts in --contracts: wrote no files for block explorers");
        return Ok(None);
    }
    let folder = args.verification.clone().unwrap_or_else(|| args.file().with_extension("sources"));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let write = |name: &str, value: &Value| {
        let file = folder.join(name).with_extension("json");
        let text = serde_json::to_string_pretty(value)? + "\n";
        fs::write(&file, text).with_context(|| file.display().to_string())
    };
    for name in system.parts.iter().map(|part| part.contract).chain(MADE_BY_FACTORY) {
        write(name, &standard_json(&args.contracts, &metadata(&args.contracts, name)?)?)?;
    }
    let mut made = Vec::new();
    for part in &system.parts {
        let metadata = metadata(&args.contracts, part.contract)?;
        made.push(json!({
            "address": part.address,
            "contract": contract_path(&metadata, part.contract)?,
            "compiler": metadata["compiler"]["version"],
            "constructor_arguments": Bytes::from(part.arguments.clone()),
            "input": format!("{}.json", part.contract),
        }));
    }
    write("contracts", &Value::Array(made))?;
    terminal.note(format!("sources for block explorers are in {}", folder.display()));
    Ok(Some(folder))
}

fn metadata(contracts: &Path, name: &str) -> anyhow::Result<Value> {
    let file = contracts.join(format!("out/{name}.sol/{name}.json"));
    let named = || file.display().to_string();
    let text = fs::read(&file).with_context(named)?;
    let mut artifact: Value = serde_json::from_slice(&text).with_context(named)?;
    Ok(artifact["metadata"].take())
}

/// `path:Name`, as block explorers name a contract.
fn contract_path(metadata: &Value, name: &str) -> anyhow::Result<String> {
    let target = metadata["settings"]["compilationTarget"].as_object();
    let path = target.and_then(|target| target.keys().next());
    Ok(format!("{}:{name}", path.context("the compiler's metadata names no source")?))
}

/// The compiler's input for a contract, from the contract's metadata and the sources.
fn standard_json(contracts: &Path, metadata: &Value) -> anyhow::Result<Value> {
    let mut settings = metadata["settings"].clone();
    let fields = settings.as_object_mut().context("the compiler's metadata has no settings")?;
    fields.remove("compilationTarget");
    fields.insert(
        "outputSelection".to_owned(),
        json!({ "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } }),
    );
    let names =
        metadata["sources"].as_object().context("the compiler's metadata has no sources")?;
    let mut sources = serde_json::Map::new();
    for name in names.keys() {
        let file = contracts.join(name);
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        sources.insert(name.clone(), json!({ "content": text }));
    }
    Ok(json!({ "language": metadata["language"], "sources": sources, "settings": settings }))
}
