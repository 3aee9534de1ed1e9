//! The end: every wei that went in came out again or is still held.

use anyhow::ensure;
use imo_chain::contracts::{Drip, InferenceOracle, ModelToken, OpmlVerifier, Splitter};
use imo_chain::primitives::{Address, U256};
use imo_chain::{Ledger, SolCall};
use serde::Serialize;

use crate::amount::{ether, whole};
use crate::demo::people::Person;
use crate::demo::stage::{Launched, Stage};

/// What each development account has at the start, in whole ether.
const ENDOWMENT: u64 = 10_000;

/// The sums, in wei, as decimal text: a JSON number is exact only up to 2^53.
#[derive(Debug, Serialize)]
pub(crate) struct Balance {
    received_wei: String,
    paid_wei: String,
    held_wei: String,
    /// The part of `held_wei` that nobody can ever take: burnt bonds.
    burnt_wei: String,
}

/// Contracts of the story that are neither in the deployment nor in the launches.
pub(crate) type Others = Vec<(&'static str, Address)>;

/// Draws up the sheet from the blocks alone, and checks it.
pub(crate) async fn draw(
    stage: &Stage,
    launched: &Launched,
    others: Others,
) -> anyhow::Result<(Balance, Ledger)> {
    withdraw_all(stage).await?;
    let client = stage.client(Person::Deployer);
    let ledger = Ledger::read(client, 0, client.block_number().await?).await?;

    let (received, paid) = people(stage, &ledger).await?;
    let mut held = U256::ZERO;
    for (name, address) in contracts(stage, launched, others) {
        let balance = client.balance(address).await?;
        held += balance;
        if !balance.is_zero() {
            row(stage, name, balance, "held");
        }
    }
    let burnt = burnt(stage).await?;
    row(stage, "burnt bonds", burnt, "kept by the verifier for ever");
    ensure!(
        received == paid + held,
        "{received} wei came in, {paid} went out and {held} are held: this does not add up"
    );
    check_books(stage, launched).await?;
    stage.say(format!(
        "{} in = {} out + {} held, to the wei",
        ether(received),
        ether(paid),
        ether(held)
    ));
    let balance = Balance {
        received_wei: received.to_string(),
        paid_wei: paid.to_string(),
        held_wei: held.to_string(),
        burnt_wei: burnt.to_string(),
    };
    Ok((balance, ledger))
}

/// The sum of the burnt bonds, from the verifier's logs. The verifier must still hold it.
async fn burnt(stage: &Stage) -> anyhow::Result<U256> {
    let (client, verifier) = (stage.client(Person::Deployer), stage.deployment.verifier);
    let logs =
        client.logs::<OpmlVerifier::Burnt>(verifier, 0, client.block_number().await?).await?;
    let burnt = logs.iter().map(|it| it.event.amount).sum();
    let held = client.balance(verifier).await?;
    ensure!(held >= burnt, "the verifier burnt {burnt} wei and holds {held}");
    Ok(burnt)
}

/// What each person sent to contracts and got back. Gas went to the chain.
async fn people(stage: &Stage, ledger: &Ledger) -> anyhow::Result<(U256, U256)> {
    let (mut received, mut paid) = (U256::ZERO, U256::ZERO);
    stage.say(format!("{:<12}{:>20}{:>20}{:>16}", "", "paid in", "got back", "gas"));
    for who in Person::ALL {
        let account = stage.address(who);
        let flow = ledger.flows.get(&account).copied().unwrap_or_default();
        let now = stage.client(who).balance(account).await?;
        let back = now + flow.sent + flow.gas_cost - whole(ENDOWMENT);
        received += flow.sent;
        paid += back;
        let (sent, gas) = (ether(flow.sent), ether(flow.gas_cost));
        stage.say(format!("{:<12}{sent:>20}{:>20}{gas:>16}", who.to_string(), ether(back)));
    }
    Ok((received, paid))
}

/// All contracts that can hold ether.
fn contracts(stage: &Stage, launched: &Launched, others: Others) -> Others {
    let it = &stage.deployment;
    let parts = &launched.parts;
    let mut all = vec![
        ("verifier", it.verifier),
        ("oracle", it.oracle),
        ("offering", it.offering),
        ("factory", it.factory),
        ("registry", it.registry),
        ("token", parts.token),
        ("drip", parts.drip),
        ("splitter", parts.splitter),
        ("collection", parts.collection),
    ];
    all.extend(others);
    all
}

/// Checks that each contract that holds people's money owes exactly what it holds.
async fn check_books(stage: &Stage, launched: &Launched) -> anyhow::Result<()> {
    let client = stage.client(Person::Deployer);
    let parts = &launched.parts;
    let books = ModelToken::booksOfCall { asset: Address::ZERO };
    let books = stage.call(parts.token, &books).await?;
    let held = client.balance(parts.token).await?;
    ensure!(held >= books.owed + books.pool, "the token owes more than it holds");
    let reserved = Splitter::reservedCall { asset: Address::ZERO };
    let reserved = stage.call(parts.splitter, &reserved).await?;
    let held = client.balance(parts.splitter).await?;
    ensure!(held == reserved, "the splitter holds {held} wei and owes {reserved}");
    let claimed = stage.call(parts.drip, &Drip::tokenCall {}).await?;
    ensure!(claimed == parts.token, "the drip pays another token");
    Ok(())
}

/// Everybody withdraws what the verifier and the oracle owe them.
async fn withdraw_all(stage: &Stage) -> anyhow::Result<()> {
    for who in Person::ALL {
        let account = stage.address(who);
        let it = &stage.deployment;
        let bonds = stage.call(it.verifier, &OpmlVerifier::creditOfCall { account }).await?;
        if !bonds.is_zero() {
            let call = OpmlVerifier::withdrawCall { to: account };
            take(stage, who, (it.verifier, bonds), "bonds and prizes", &call).await?;
        }
        let fees = stage.call(it.oracle, &InferenceOracle::creditOfCall { account }).await?;
        if !fees.is_zero() {
            let call = InferenceOracle::withdrawCall { to: account };
            take(stage, who, (it.oracle, fees), "fees and refunds", &call).await?;
        }
    }
    Ok(())
}

async fn take(
    stage: &Stage,
    who: Person,
    (from, amount): (Address, U256),
    what: &str,
    call: &impl SolCall,
) -> anyhow::Result<()> {
    let deed = format!("withdraws {} of {what}", ether(amount));
    stage.send(who, &deed, from, call, U256::ZERO).await?;
    Ok(())
}

fn row(stage: &Stage, name: &str, amount: U256, what: &str) {
    stage.say(format!("{name:<12}{:>40} {what}", ether(amount)));
}
