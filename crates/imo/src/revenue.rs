//! Shows where a model's revenue came from, and where each wei of it went.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use imo_chain::contracts::Drip::{Released, ReleasedToCreator, lastReleaseCall, releasableCall};
use imo_chain::contracts::ImoFactory::{Launch, launchOfCall};
use imo_chain::contracts::InferenceOracle::{
    Finalized, InferenceOracleEvents as OracleEvent, ReceiverPaid, owedToCall, payReceiverCall,
};
use imo_chain::contracts::ModelToken::{
    Redeemed, RevenueClaimed, RevenueCredited, balanceOfCall, claimableAllCall,
    redeemableERC20OnBurnCall, redeemableOnBurnCall, revenueAssetsCall, totalSupplyCall,
};
use imo_chain::contracts::Splitter::{
    Revenue, Withdrawn, creatorBpsCall, creatorCall, protocolBpsCall, protocolCall,
};
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{Client, Deployment, SolEvent};
use serde::Serialize;

use crate::amount::ether;
use crate::exit::Exit;
use crate::keys::{ChainArgs, Endpoint};
use crate::registered::choose;
use crate::terminal::Terminal;

const ETH: Address = Address::ZERO;
/// Shortest time between two releases of the drip, in seconds.
const RELEASE_EVERY: u64 = 3600;
/// The sources of revenue, in the splitter's order.
const SOURCES: [&str; 3] = ["usage", "mint", "other"];

/// Whose revenue to show.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    whose: Whose,
    /// Write every movement of revenue to a CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the oracle pay holders, creator and protocol what it owes them for final answers
    Collect {
        /// Id of a launched model; needed if there are several
        #[arg(long, value_name = "ID")]
        model: Option<B256>,
        #[command(flatten)]
        chain: ChainArgs,
    },
    /// Show what an account holds, can claim and can redeem, and what waits for all holders
    Position {
        /// The account
        account: Address,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, clap::Args)]
struct Whose {
    /// Id of a launched model; needed if there are several
    #[arg(long, value_name = "ID")]
    model: Option<B256>,
    #[command(flatten)]
    chain: Endpoint,
}

/// A movement of revenue, from one place to another.
#[derive(Debug, Serialize)]
struct Movement {
    block: u64,
    transaction: B256,
    what: &'static str,
    /// For usage, the request's id; for a mint, the token's id; for a payment of the oracle and its
    /// parts, the payment's number.
    id: Option<U256>,
    asset: Address,
    amount: U256,
    from: String,
    to: String,
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    model_id: B256,
    /// By asset, then by source: number and sum of payments.
    sources: BTreeMap<Address, BTreeMap<&'static str, (u64, U256)>>,
    /// The part of the usage that the oracle has not paid yet.
    owed: U256,
    movements: Vec<Movement>,
}

/// The object of `collect --json`.
#[derive(Debug, Serialize)]
struct Collected {
    amount: U256,
    gas: u64,
}

/// The object of `position --json`.
#[derive(Debug, Serialize)]
struct Position {
    account: Address,
    balance: U256,
    supply: U256,
    /// What the oracle owes holders, creator and protocol together.
    owed: U256,
    assets: Vec<AssetPosition>,
}

#[derive(Debug, Serialize)]
struct AssetPosition {
    asset: Address,
    claimable: U256,
    redeemable: U256,
    /// What waits in the drip for all holders together.
    waiting: U256,
    next_release: U256,
    /// Unix time from which this can be released.
    next_release_at: u64,
}

/// Shows all revenue of a model, or what an account has of it.
pub(crate) fn run(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.command {
            Some(Command::Position { account, whose }) => position(*account, whose, terminal).await,
            Some(Command::Collect { model, chain }) => collect(*model, chain, terminal).await,
            None => account_for_all(args, terminal).await,
        }
    })
}

impl Whose {
    async fn find(&self) -> anyhow::Result<(Client, Deployment, B256, Launch)> {
        let (client, deployment) = self.chain.look().await?;
        let (model, parts) = launch_of(&client, &deployment, self.model).await?;
        Ok((client, deployment, model, parts))
    }
}

async fn launch_of(
    client: &Client,
    deployment: &Deployment,
    model: Option<B256>,
) -> anyhow::Result<(B256, Launch)> {
    let model = choose(client, deployment, model).await?;
    let parts = client.call(deployment.factory, &launchOfCall { modelId: model }).await?;
    ensure!(!parts.token.is_zero(), "{model} was not launched at {}", deployment.factory);
    Ok((model, parts))
}

async fn collect(
    model: Option<B256>,
    chain: &ChainArgs,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let (client, deployment) = chain.connect().await?;
    let (_, parts) = launch_of(&client, &deployment, model).await?;
    let receiver = parts.splitter;
    let amount = client.call(deployment.oracle, &owedToCall { receiver }).await?;
    let gas = if amount.is_zero() {
        0
    } else {
        client.send(deployment.oracle, &payReceiverCall { receiver }, U256::ZERO).await?.gas
    };
    terminal.line(format!("{} collected ({gas} gas)", ether(amount)));
    terminal.object(&Collected { amount, gas });
    Ok(Exit::Success)
}

async fn account_for_all(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let (client, deployment, model_id, parts) = args.whose.find().await?;
    let movements = movements(&client, &deployment, &parts).await?;
    let mut sources: BTreeMap<Address, BTreeMap<&'static str, (u64, U256)>> = BTreeMap::new();
    for movement in movements.iter().filter(|it| SOURCES.contains(&it.what)) {
        let (count, sum) =
            sources.entry(movement.asset).or_default().entry(movement.what).or_default();
        *count += 1;
        *sum += movement.amount;
    }
    for (asset, by_source) in &sources {
        for (source, (count, sum)) in by_source {
            terminal.line(format!("{source:<8}{count:>8} payments{:>24}", show(*asset, *sum)));
        }
    }
    let mut places: BTreeMap<(Address, &str), U256> = BTreeMap::new();
    for it in movements.iter().filter(|it| !SOURCES.contains(&it.what)) {
        *places.entry((it.asset, it.what)).or_default() += it.amount;
    }
    for ((asset, what), sum) in &places {
        terminal.line(format!("{what:<26}{:>24}", show(*asset, *sum)));
    }
    let owed = client.call(deployment.oracle, &owedToCall { receiver: parts.splitter }).await?;
    terminal.line(format!("{:<26}{:>24}", "owed by the oracle", ether(owed)));
    if let Some(path) = &args.csv {
        fs::write(path, csv(&movements)).with_context(|| path.display().to_string())?;
        terminal.note(format!("{} movements are in {}", movements.len(), path.display()));
    }
    terminal.object(&Report { model_id, sources, owed, movements });
    Ok(Exit::Success)
}

/// All movements, in the order of their blocks.
async fn movements(
    client: &Client,
    deployment: &Deployment,
    parts: &Launch,
) -> anyhow::Result<Vec<Movement>> {
    let (from, to) = (deployment.block, client.block_number().await?);
    let mut all = usage(client, deployment.oracle, parts.splitter, (from, to)).await?;
    all.extend(divided(client, parts, (from, to)).await?);
    let mut add = |block, transaction, what, asset, amount: U256, from: &str, to: String| {
        if !amount.is_zero() {
            let from = from.to_owned();
            all.push(Movement { block, transaction, what, id: None, asset, amount, from, to });
        }
    };
    for it in client.logs::<Withdrawn>(parts.splitter, from, to).await? {
        let e = it.event;
        add(it.block, it.transaction, "withdrawn", e.asset, e.amount, "owed", e.sink.to_string());
    }
    for it in client.logs::<Released>(parts.drip, from, to).await? {
        let e = it.event;
        add(it.block, it.transaction, "released", e.asset, e.amount, "drip", "token".to_owned());
    }
    for it in client.logs::<ReleasedToCreator>(parts.drip, from, to).await? {
        let (e, to) = (it.event, "creator".to_owned());
        add(it.block, it.transaction, "released to creator", e.asset, e.amount, "drip", to);
    }
    for it in client.logs::<RevenueCredited>(parts.token, from, to).await? {
        let e = it.event;
        let to = format!("epoch {}", e.epoch);
        add(it.block, it.transaction, "credited", e.asset, e.shared, "token", to);
        let to = "burning".to_owned();
        add(it.block, it.transaction, "redeemable", e.asset, e.redeemable, "token", to);
    }
    for it in client.logs::<RevenueClaimed>(parts.token, from, to).await? {
        let e = it.event;
        let (of, to) = (e.account.to_string(), e.to.to_string());
        add(it.block, it.transaction, "claimed", e.asset, e.amount, &of, to);
    }
    for it in client.logs::<Redeemed>(parts.token, from, to).await? {
        let e = it.event;
        let to = e.account.to_string();
        add(it.block, it.transaction, "redeemed", e.asset, e.amount, "burning", to);
    }
    all.sort_by_key(|it| it.block);
    Ok(all)
}

/// The receiver's parts of final answers, and the oracle's payments of them. Each payment has
/// everything since the one before.
async fn usage(
    client: &Client,
    oracle: Address,
    receiver: Address,
    (from, to): (u64, u64),
) -> anyhow::Result<Vec<Movement>> {
    let mut all: Vec<Movement> = Vec::new();
    let (mut payments, mut unpaid) = (0_u64, 0);
    let kinds = [Finalized::SIGNATURE_HASH, ReceiverPaid::SIGNATURE_HASH];
    for it in client.events::<OracleEvent>(oracle, &kinds, from, to).await? {
        let (what, id, amount, from, to) = match it.event {
            OracleEvent::Finalized(e) if e.receiver == receiver => {
                ("usage", e.id, e.receiverOwed, "payer", "oracle")
            }
            OracleEvent::ReceiverPaid(e) if e.receiver == receiver => {
                payments += 1;
                for usage in &mut all[unpaid..] {
                    usage.to = format!("payment {payments}");
                }
                unpaid = all.len() + 1;
                ("paid", U256::from(payments), e.amount, "oracle", "splitter")
            }
            _ => continue,
        };
        all.push(Movement {
            block: it.block,
            transaction: it.transaction,
            what,
            id: Some(id),
            asset: ETH,
            amount,
            from: from.to_owned(),
            to: to.to_owned(),
        });
    }
    Ok(all)
}

/// The splitter's payments, each followed by its parts.
async fn divided(
    client: &Client,
    parts: &Launch,
    (from, to): (u64, u64),
) -> anyhow::Result<Vec<Movement>> {
    let splitter = parts.splitter;
    let bps = U256::from(10_000);
    let creator_bps = client.call(splitter, &creatorBpsCall {}).await?;
    let protocol_bps = client.call(splitter, &protocolBpsCall {}).await?;
    let creator = client.call(splitter, &creatorCall {}).await?;
    let protocol = client.call(splitter, &protocolCall {}).await?;
    let mut all = Vec::new();
    let mut payments = 0_u64;
    for it in client.logs::<Revenue>(splitter, from, to).await? {
        let (e, block, transaction) = (it.event, it.block, it.transaction);
        // Rounded as in the contract.
        let (to_creator, to_protocol) =
            (e.amount * creator_bps / bps, e.amount * protocol_bps / bps);
        let source = SOURCES.get(usize::from(e.source)).copied().unwrap_or("other");
        payments += u64::from(source == "usage");
        let id = if source == "usage" { U256::from(payments) } else { e.id };
        let mut add = |what, amount: U256, from: &str, to: String| {
            let (id, asset, from) = (Some(id), e.asset, from.to_owned());
            all.push(Movement { block, transaction, what, id, asset, amount, from, to });
        };
        if source != "usage" {
            add(source, e.amount, "payer", "splitter".to_owned());
        }
        add("to holders", e.amount - to_creator - to_protocol, "splitter", "drip".to_owned());
        add("to creator", to_creator, "splitter", creator.to_string());
        add("to protocol", to_protocol, "splitter", protocol.to_string());
    }
    Ok(all)
}

fn csv(movements: &[Movement]) -> String {
    let mut text = "block,transaction,what,id,asset,amount,from,to\n".to_owned();
    for it in movements {
        let id = it.id.map(|id| id.to_string()).unwrap_or_default();
        let Movement { block, transaction, what, asset, amount, from, to, .. } = it;
        text += &format!("{block},{transaction},{what},{id},{asset},{amount},{from},{to}\n");
    }
    text
}

async fn position(account: Address, whose: &Whose, terminal: Terminal) -> anyhow::Result<Exit> {
    let (client, deployment, _, parts) = whose.find().await?;
    let (token, drip) = (parts.token, parts.drip);
    let balance = client.call(token, &balanceOfCall { account }).await?;
    let supply = client.call(token, &totalSupplyCall {}).await?;
    let whole = U256::from(10).pow(U256::from(18));
    terminal.line(format!("holds       {} of {} whole tokens", balance / whole, supply / whole));
    let owed = client.call(deployment.oracle, &owedToCall { receiver: parts.splitter }).await?;
    terminal.line(format!("collectable {} for holders, creator and protocol", ether(owed)));
    let now = client.next_time().await?;
    let mut assets = Vec::new();
    for listed in client.call(token, &revenueAssetsCall {}).await? {
        let asset = listed.asset;
        let claimable = client.call(token, &claimableAllCall { account, asset }).await?;
        let (redeemable, waiting) = if asset == ETH {
            let call = redeemableOnBurnCall { amount: balance };
            (client.call(token, &call).await?, client.balance(drip).await?)
        } else {
            let call = redeemableERC20OnBurnCall { amount: balance, asset };
            let held = client.call(asset, &balanceOfCall { account: drip }).await?;
            (client.call(token, &call).await?, held)
        };
        let last: u64 = client.call(drip, &lastReleaseCall { asset }).await?.saturating_to();
        let next_release = client.call(drip, &releasableCall { asset }).await?;
        let next_release_at = now.max(last + RELEASE_EVERY);
        terminal.line(format!("can claim   {}", show(asset, claimable)));
        terminal.line(format!("can redeem  {} by burning all of it", show(asset, redeemable)));
        terminal.line(format!("waiting     {} for all holders", show(asset, waiting)));
        let when = if !next_release.is_zero() {
            format!("{} now, by anyone", show(asset, next_release))
        } else if now < next_release_at {
            format!("nothing before {next_release_at} (Unix time)")
        } else {
            "nothing before transfers are open and more is waiting".to_owned()
        };
        terminal.line(format!("release     {when}"));
        assets.push(AssetPosition {
            asset,
            claimable,
            redeemable,
            waiting,
            next_release,
            next_release_at,
        });
    }
    terminal.object(&Position { account, balance, supply, owed, assets });
    Ok(Exit::Success)
}

fn show(asset: Address, amount: U256) -> String {
    if asset == ETH { ether(amount) } else { format!("{amount} of {asset}") }
}
