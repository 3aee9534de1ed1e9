//! Act 7: what the model earned reaches its holders, and one of them burns tokens to redeem.

use anyhow::ensure;
use imo_chain::contracts::Drip::{Released, releaseCall};
use imo_chain::contracts::ModelToken::{
    balanceOfCall, burn_0Call, claimAllCall, claimableAllCall, redeemableOnBurnCall, transferCall,
};
use imo_chain::contracts::Splitter::{collectCall, withdrawCall};
use imo_chain::primitives::{Address, U256};

use crate::amount::{ether, whole};
use crate::demo::people::Person;
use crate::demo::stage::{Launched, Stage};

const ETH: Address = Address::ZERO;
const HOLDERS: [Person; 3] = [Person::Ann, Person::Bob, Person::Cid];
/// Most epochs that one call walks over.
const STEPS: u64 = 100;
/// Number of days on which somebody calls the drip.
const DAYS: u64 = 3;

/// Plays the act. Returns the gas of the first transfer after a deposit and of an ordinary one.
pub(crate) async fn play(stage: &mut Stage, launched: &Launched) -> anyhow::Result<[u64; 2]> {
    let (token, splitter) = (launched.parts.token, launched.parts.splitter);
    stage
        .until("the operator to have the oracle pay what answers earned", |view| {
            view.owed.get(&splitter).is_none_or(U256::is_zero).then_some(())
        })
        .await?;
    let call = collectCall { asset: ETH };
    stage.send(Person::Dora, "has the royalty divided", splitter, &call, U256::ZERO).await?;
    release(stage, launched).await?;

    let transfers = transfers(stage, token).await?;
    for who in HOLDERS {
        claim(stage, token, who).await?;
    }
    for who in [Person::Maker, Person::Protocol] {
        let call = withdrawCall { sink: stage.address(who), asset: ETH };
        stage.send(who, "withdraws its part", splitter, &call, U256::ZERO).await?;
    }
    burn(stage, token).await?;
    Ok(transfers)
}

/// Releases the holders' revenue, at most a seventh a day, so that nobody gains by holding tokens
/// only for a moment.
async fn release(stage: &Stage, launched: &Launched) -> anyhow::Result<()> {
    let drip = launched.parts.drip;
    let call = releaseCall { asset: ETH };
    for _ in 0..DAYS {
        stage.pass(86_400, "a day passes").await?;
        let receipt = stage.send(Person::Dora, "calls the drip", drip, &call, U256::ZERO).await?;
        let released = receipt.event::<Released>(drip)?.amount;
        ensure!(!released.is_zero(), "the drip released nothing");
        stage.say(format!("{} released to the holders", ether(released)));
    }
    // An epoch can be claimed from the next block on.
    stage.client(Person::Deployer).pass(1).await?;
    Ok(())
}

/// Measures transfers. The first one after a deposit records what both parties held at the deposit;
/// later ones are ordinary.
async fn transfers(stage: &Stage, token: Address) -> anyhow::Result<[u64; 2]> {
    let call = transferCall { to: stage.address(Person::Bob), value: whole(10) };
    let send = async |deed: &str| {
        let receipt = stage.send(Person::Ann, deed, token, &call, U256::ZERO).await?;
        anyhow::Ok(receipt.gas)
    };
    let first = send("sends Bob 10 tokens, for the first time since a deposit").await?;
    send("and 10 more").await?;
    Ok([first, send("and 10 more").await?])
}

async fn claim(stage: &Stage, token: Address, who: Person) -> anyhow::Result<()> {
    let account = stage.address(who);
    let due = stage.call(token, &claimableAllCall { account, asset: ETH }).await?;
    ensure!(!due.is_zero(), "{who} holds tokens and has nothing to claim");
    let before = stage.client(who).balance(account).await?;
    let call = claimAllCall { asset: ETH, steps: U256::from(STEPS) };
    let deed = format!("claims {}", ether(due));
    let receipt = stage.send(who, &deed, token, &call, U256::ZERO).await?;
    let got = stage.client(who).balance(account).await? + receipt.gas_cost - before;
    ensure!(got == due, "{who} got {got} wei of {due}");
    Ok(())
}

/// Burns tokens, which redeems the part of the revenue that cannot be claimed.
async fn burn(stage: &Stage, token: Address) -> anyhow::Result<()> {
    let account = stage.address(Person::Cid);
    let amount = stage.call(token, &balanceOfCall { account }).await?;
    let due = stage.call(token, &redeemableOnBurnCall { amount }).await?;
    let before = stage.client(Person::Cid).balance(account).await?;
    let deed = format!("burns all its tokens and redeems {}", ether(due));
    let call = burn_0Call { amount };
    let receipt = stage.send(Person::Cid, &deed, token, &call, U256::ZERO).await?;
    let got = stage.client(Person::Cid).balance(account).await? + receipt.gas_cost - before;
    ensure!(got == due && !due.is_zero(), "Cid redeemed {got} wei of {due}");
    Ok(())
}
