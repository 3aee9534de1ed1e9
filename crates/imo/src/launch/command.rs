//! Launches a model as its `imo.toml` says.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use imo_chain::contracts::ImoFactory::{LaunchParams, Launched, launchCall, launchOfCall};
use imo_chain::contracts::ModelToken::{decimalsCall, symbolCall};
use imo_chain::primitives::aliases::U40;
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{Client, Deployment, SolValue};
use imo_model::ModelImage;
use imo_node::{put_code, registration};
use imo_player::Program;
use serde::Serialize;

use crate::exit::Exit;
use crate::keys::ChainArgs;
use crate::launch::currency::Currency;
use crate::launch::file::LaunchFile;
use crate::launch::plan;
use crate::terminal::Terminal;

/// What to launch, and in whose name.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// File with the launch's terms
    #[arg(value_name = "FILE", default_value = "imo.toml")]
    file: PathBuf,
    /// Launch even if this account has launched the same before; this makes another token
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the terms as a buyer sees them, and try the sale on some bids; needs no chain
    Plan(plan::Args),
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    model_id: B256,
    content_id: B256,
    token: Address,
    splitter: Address,
    drip: Address,
    collection: Address,
    sale_end: u64,
    gas: u64,
}

/// Launches a model, or shows what a launch would mean.
pub(crate) fn run(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    if let Some(Command::Plan(args)) = &args.command {
        return plan::run(args, terminal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(launch(args, terminal))
}

async fn launch(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let file = LaunchFile::read(&args.file)?;
    let path = &file.model.image;
    let named = || path.display().to_string();
    let image = ModelImage::open(path).with_context(named)?;
    let program = Program::of(&image).with_context(named)?;
    let content_id = B256::from(program.content_id(&image));
    let (client, deployment) = args.chain.connect().await?;

    let verifier = deployment.verifier;
    let now = client.time().await?;
    check_currency(&client, &file.sale.currency).await?;
    if !args.again {
        let params = file.params(content_id, verifier, now)?;
        check_new(&client, &deployment, params).await?;
    }

    // If the chain's contracts are older than this guest, its code is not there yet.
    let depth = program.parameters().code_depth;
    put_code(&client, deployment.stepper, program.code(), depth).await?;
    let (of_program, of_content) = registration(&program, image.root(), image.bytes().len() as u64);
    client.send(verifier, &of_program, U256::ZERO).await?;
    client.send(verifier, &of_content, U256::ZERO).await?;

    let params = file.params(content_id, verifier, client.time().await?)?;
    let sale_end: u64 = params.sale.end.to();
    let factory = deployment.factory;
    let receipt = client.send(factory, &launchCall { params }, U256::ZERO).await?;
    let model_id = receipt.event::<Launched>(factory)?.modelId;
    let parts = client.call(factory, &launchOfCall { modelId: model_id }).await?;
    let report = Report {
        model_id,
        content_id,
        token: parts.token,
        splitter: parts.splitter,
        drip: parts.drip,
        collection: parts.collection,
        sale_end,
        gas: receipt.gas,
    };
    terminal.line(format!("model       {model_id}"));
    terminal.line(format!("token       {}", report.token));
    terminal.line(format!("splitter    {}", report.splitter));
    terminal.line(format!("drip        {}", report.drip));
    terminal.line(format!("collection  {}", report.collection));
    terminal.line(format!("bids        until {sale_end} (Unix time), at {}", deployment.offering));
    terminal.object(&report);
    Ok(Exit::Success)
}

/// Checks that the sale's currency has the decimals and the symbol that the file says.
async fn check_currency(client: &Client, currency: &Currency) -> anyhow::Result<()> {
    if currency.is_ether() {
        return Ok(());
    }
    let at = currency.address;
    let named = || format!("the currency {at} does not tell its symbol and decimals");
    let symbol = client.call(at, &symbolCall {}).await.with_context(named)?;
    let decimals = client.call(at, &decimalsCall {}).await.with_context(named)?;
    ensure!(
        (symbol.as_str(), decimals) == (currency.symbol.as_str(), currency.decimals),
        "the currency {at} is {symbol} with {decimals} decimals, but the file says {} with {}",
        currency.symbol,
        currency.decimals
    );
    Ok(())
}

/// Checks that this account has not launched the same before. A second launch would sell another
/// token for the same model.
async fn check_new(
    client: &Client,
    deployment: &Deployment,
    params: LaunchParams,
) -> anyhow::Result<()> {
    let terms = undated(params).abi_encode();
    let (factory, to) = (deployment.factory, client.block_number().await?);
    for launch in client.logs::<Launched>(factory, deployment.block, to).await? {
        let Launched { modelId: model_id, launcher, launch: parts, params } = launch.event;
        ensure!(
            launcher != client.address() || undated(params).abi_encode() != terms,
            "this account has launched the same in block {}: model {model_id}, token {}; \
             use --again to launch another token",
            launch.block,
            parts.token
        );
    }
    Ok(())
}

/// The terms of a launch apart from its date: times count from the sale's start or end.
fn undated(mut params: LaunchParams) -> LaunchParams {
    let (start, end) = (params.sale.start, params.sale.end);
    (params.sale.start, params.sale.end) = (U40::ZERO, end.saturating_sub(start));
    for time in [&mut params.escrow.deadline, &mut params.escrow.refundEnd] {
        *time = time.saturating_sub(end);
    }
    for vesting in &mut params.allocation.vesting {
        vesting.cliff = vesting.cliff.saturating_sub(end);
        vesting.end = vesting.end.saturating_sub(end);
    }
    params
}
