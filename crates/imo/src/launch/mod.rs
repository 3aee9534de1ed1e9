//! Launches a model as its `imo.toml` says.

use std::path::PathBuf;

use anyhow::Context;
use imo_chain::contracts::ImoFactory::{self, launchCall, launchOfCall};
use imo_chain::contracts::OpmlVerifier::{registerContentCall, registerProgramCall};
use imo_chain::primitives::{Address, B256, U256};
use imo_model::ModelImage;
use serde::Serialize;

use crate::code;
use crate::exit::Exit;
use crate::keys::ChainArgs;
use crate::program::TextProgram;
use crate::terminal::Terminal;

mod file;
mod plan;

use file::LaunchFile;

/// What to launch.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The launch's terms
    #[arg(value_name = "FILE", default_value = "imo.toml")]
    file: PathBuf,
    #[command(flatten)]
    chain: ChainArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the terms that a buyer would see, and try the sale on a book of bids; needs no chain
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

/// Launches, or shows what a launch would mean.
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
    let image = ModelImage::open(path).with_context(|| path.display().to_string())?;
    let program = TextProgram::new(&image);
    let content_id = B256::from(program.content_id(&image));
    let (client, deployment) = args.chain.connect().await?;

    // A chain whose contracts are older than this guest lacks its code.
    let depth = program.program().code_depth;
    code::put(&client, deployment.stepper, program.code(), depth).await?;
    // Both are no error where somebody was there before.
    let verifier = deployment.verifier;
    let call = registerProgramCall { program: program.on_chain() };
    client.send(verifier, &call, U256::ZERO).await?;
    let call = registerContentCall {
        imageRoot: image.root().into(),
        imageLength: image.bytes().len() as u64,
        programId: program.program().id().into(),
    };
    client.send(verifier, &call, U256::ZERO).await?;

    let params = file.params(content_id, verifier, client.time().await?)?;
    let sale_end: u64 = params.sale.end.to();
    let factory = deployment.factory;
    let receipt = client.send(factory, &launchCall { params }, U256::ZERO).await?;
    let model_id = receipt.event::<ImoFactory::Launched>(factory)?.modelId;
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
