//! The whole story on a local node, with a real model and real disputes.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use imo_chain::contracts::OpmlVerifier::Parameters;
use imo_chain::primitives::aliases::U96;
use imo_chain::primitives::{Address, B256};
use imo_chain::{Deployment, SystemTerms};
use imo_model::{ModelImage, TextProgram};
use imo_node::put_code;
use imo_pack::pack;
use imo_player::{Model, Program};
use serde::Serialize;

use crate::amount::milli;
use crate::anvil::Anvil;
use crate::demo::ask::{self, Consumer};
use crate::demo::dispute::{self, Dispute, Faults};
use crate::demo::gas::Gas;
use crate::demo::people::Person;
use crate::demo::sheet::{self, Balance};
use crate::demo::speed::{self, Speed};
use crate::demo::stage::Stage;
use crate::demo::{launch, mint, revenue};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Seconds that a claim may be challenged, and seconds that each side of a game has. On a real
/// chain both are days.
const WINDOW: u32 = 3600;
const CLOCK: u32 = 1800;
const EXTENSION: u32 = 600;
/// Seconds in which a request must be answered.
const ANSWER_TIME: u32 = 86_400;
/// What operators get per unit of gas on top of twice the base fee, in wei.
const TIP: u64 = 1_000_000_000;

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model: a GGUF file
    #[arg(long, env = "IMO_MODEL", value_name = "FILE")]
    model: PathBuf,
    /// Folder for the packed model and the contracts' addresses [default: a folder in the system's
    /// temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Anvil's binary [default: the one that npm installed, otherwise the one on the path]
    #[arg(long, value_name = "FILE")]
    anvil: Option<PathBuf>,
    /// Keep the chain and a node running at the end, to try other commands; Ctrl-C ends them
    #[arg(long)]
    keep: bool,
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Story {
    /// Content id of the packed image with its program: the same on every computer.
    content_id: B256,
    model_id: B256,
    answers: Vec<String>,
    /// The game with a served trace, in which the challenger has the last move.
    dispute: Dispute,
    /// The game with a withheld trace, in which the liar has the last move.
    withheld: Dispute,
    gas: Gas,
    balance: Balance,
    speed: Speed,
    seconds: f64,
}

/// Tells the story.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            told = tell(args, terminal) => told,
            _ = tokio::signal::ctrl_c() => {
                terminal.note("stopped");
                Ok(Exit::Failure)
            }
        }
    })
}

async fn tell(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let folder = args.folder.clone().unwrap_or_else(|| std::env::temp_dir().join("imo-demo"));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;

    terminal.line("1. Pack a model");
    let (image_file, file_hash) = pack_model(&args, &folder, terminal)?;
    let model = Model::new(ModelImage::open(&image_file)?)?;
    let speed = speed::measure(&model, terminal)?;

    let anvil = Anvil::start(args.anvil.as_deref(), Person::ALL.len()).await?;
    let mut stage = set((&folder, image_file), model.program(), anvil, terminal).await?;

    terminal.line("\n2. Launch it, and another one");
    let content_id = launch::register(&stage, &model).await?;
    let launched = launch::play(&stage, content_id, file_hash).await?;

    terminal.line("\n3. Ask");
    let consumer = Consumer::create(&stage, &launched).await?;
    let operator = stage.node(Person::Operator, &[])?;
    let first = ask::play(&mut stage, consumer).await?;

    terminal.line("\n4. A liar");
    let faults = Faults::choose(&model)?;
    let (operator, dispute) =
        dispute::convict(&mut stage, (&model, consumer), operator, faults).await?;
    let (operator, withheld) =
        dispute::concede(&mut stage, (&model, consumer), operator, faults).await?;

    terminal.line("\n5. A false accuser");
    dispute::accuse(&mut stage, consumer, faults).await?;

    terminal.line("\n6. Mint");
    let work = mint::play(&mut stage, &launched).await?;

    terminal.line("\n7. Revenue");
    let transfers = revenue::play(&mut stage, &launched).await?;

    terminal.line("\nBalance sheet");
    operator.kill();
    let others = vec![("consumer", consumer.address), ("marketplace", work.marketplace)];
    let (balance, ledger) = sheet::draw(&stage, &launched, others).await?;
    let gas = Gas::of(&ledger, transfers)?;
    terminal.line("\nGas");
    gas.print(terminal);

    let story = Story {
        content_id,
        model_id: launched.model_id,
        answers: vec![first, work.text],
        dispute,
        withheld,
        gas,
        balance,
        speed,
        seconds: started.elapsed().as_secs_f64(),
    };
    terminal.line(format!("\ntold in {:.0} s", story.seconds));
    terminal.object(&story);
    if args.keep {
        keep(&stage).await?;
    }
    Ok(Exit::Success)
}

/// Packs the model. The launch records the hash of the model's file.
fn pack_model(
    args: &Args,
    folder: &std::path::Path,
    terminal: Terminal,
) -> anyhow::Result<(PathBuf, B256)> {
    let target = folder.join("model.imo");
    let started = Instant::now();
    let bar = terminal.bar("packing", 1);
    let report = pack(&args.model, TextProgram::TEXT, &target, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report?;
    let (size, seconds) = (indicatif::HumanBytes(report.length), started.elapsed().as_secs_f64());
    terminal.line(format!("  packed into {size} in {seconds:.1} s"));
    Ok((target, report.source_sha256.into()))
}

/// Puts the shared contracts on the chain, and writes their addresses to a file.
async fn set(
    (folder, image): (&std::path::Path, PathBuf),
    program: &Program,
    anvil: Anvil,
    terminal: Terminal,
) -> anyhow::Result<Stage> {
    let clients = Stage::clients(&anvil.rpc)?;
    let deployer = &clients[Person::Deployer.account() as usize];
    let terms = SystemTerms {
        salt: B256::ZERO,
        verifier: Parameters {
            kLog2: 4,
            window: WINDOW,
            clock: CLOCK,
            extension: EXTENSION,
            claimBond: milli(400).to::<U96>(),
            challengeBond: milli(100).to::<U96>(),
        },
        tip: TIP,
        answer_time: ANSWER_TIME,
        weth: Address::ZERO,
        exchange: Address::ZERO,
    };
    let mut gas = 0;
    let deployment = Deployment::create(deployer, &terms, |_, placed| gas += placed.gas()).await?;
    terminal.line(format!("  contracts that all models share: {gas} gas"));
    let (code, depth) = (program.code(), program.parameters().code_depth);
    let stored = put_code(deployer, deployment.stepper, code, depth).await?;
    terminal.line(format!("  the guest's code, {} bytes: {} gas", code.len(), stored.gas()));
    let file = folder.join("deployment.json");
    fs::write(&file, serde_json::to_string_pretty(&deployment)?)
        .with_context(|| file.display().to_string())?;
    Ok(Stage::new(terminal, anvil, clients, deployment, (file, image)))
}

/// Keeps everything running until Ctrl-C.
async fn keep(stage: &Stage) -> anyhow::Result<()> {
    let _operator = stage.node(Person::Operator, &[])?;
    let Stage { anvil, deployment_file, .. } = stage;
    stage.terminal.note(format!(
        "the chain is at {} and the addresses are in {}; Ctrl-C ends it\n\
         try: export IMO_RPC={} IMO_DEPLOYMENT={}",
        anvil.rpc,
        deployment_file.display(),
        anvil.rpc,
        deployment_file.display(),
    ));
    std::future::pending().await
}
