//! Act 6: a work is minted from a prompt, verified, and sold with a royalty.

use anyhow::{Context, ensure};
use imo_chain::contracts::AigcCollection::{
    addAigcDataCall, approveCall, mintCall, mintPriceCall, ownerOfCall, verifyCall,
};
use imo_chain::contracts::Marketplace::{buyCall, listCall};
use imo_chain::contracts::{AigcCollection, Marketplace};
use imo_chain::primitives::{Address, Bytes, U256};

use crate::amount::{ether, whole};
use crate::demo::ask::{claimed_by, final_answer};
use crate::demo::launch::ROYALTY_BPS;
use crate::demo::people::Person;
use crate::demo::stage::{Launched, Stage};

const PROMPT: &str = "Write a short poem about the sea.";
const SALT: u64 = 7;
/// What the work is sold for, in whole ether.
const RESALE: u64 = 2;

/// The work, and the marketplace where it was sold.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) marketplace: Address,
    pub(crate) text: String,
}

/// Plays the act.
pub(crate) async fn play(stage: &mut Stage, launched: &Launched) -> anyhow::Result<Work> {
    let collection = launched.parts.collection;
    let length = U256::from(PROMPT.len());
    let base_fee = stage.client(Person::Collector).base_fee().await?;
    let price =
        stage.call(collection, &mintPriceCall { textLength: length, baseFee: base_fee }).await?;
    let call = mintCall { text: PROMPT.to_owned(), salt: SALT };
    let deed = format!("mints for {}: \"{PROMPT}\"", ether(price));
    let value = price + price / U256::from(8);
    let receipt = stage.send(Person::Collector, &deed, collection, &call, value).await?;
    let minted = receipt.event::<AigcCollection::Minted>(collection)?;
    let (token, prompt) = (minted.tokenId, minted.prompt);

    let claim = claimed_by(stage, minted.requestId, Person::Operator).await?;
    final_answer(stage, minted.requestId).await?;
    let answer = stage.view.claims[&claim].answer.clone();
    add_data(stage, collection, (token, &prompt, &answer)).await?;
    let marketplace = sell(stage, launched, token).await?;
    Ok(Work { marketplace, text: String::from_utf8_lossy(&answer).into_owned() })
}

/// Puts the answer on the token, as anyone may. `verify` is true for this answer and for nothing
/// else.
async fn add_data(
    stage: &Stage,
    collection: Address,
    (token, prompt, answer): (U256, &Bytes, &Bytes),
) -> anyhow::Result<()> {
    let call = addAigcDataCall {
        id: token,
        promptBytes: prompt.clone(),
        aigcData: answer.clone(),
        proof: Bytes::new(),
    };
    stage.send(Person::Dora, "puts the text on the token", collection, &call, U256::ZERO).await?;
    let verify = async |data: Bytes| {
        let call = verifyCall { promptBytes: prompt.clone(), aigcData: data, proof: Bytes::new() };
        stage.call(collection, &call).await
    };
    let mut other = answer.to_vec();
    *other.first_mut().context("the work is empty")? ^= 1;
    ensure!(verify(answer.clone()).await?, "verify is false for the token's own data");
    ensure!(!verify(other.into()).await?, "verify is true for other data");
    stage.say("verify: true for the token's text, false with one bit changed");
    Ok(())
}

/// Sells the work. The model gets its royalty.
async fn sell(stage: &Stage, launched: &Launched, token: U256) -> anyhow::Result<Address> {
    let collection = launched.parts.collection;
    let seller = stage.client(Person::Collector);
    let (marketplace, receipt) = seller.deploy("Marketplace", &Marketplace::BYTECODE, &[]).await?;
    stage.deed(Person::Collector, "finds a marketplace", receipt.gas);
    let approve = approveCall { to: marketplace, tokenId: token };
    stage.send(Person::Collector, "approves it", collection, &approve, U256::ZERO).await?;
    let price = whole(RESALE);
    let list = listCall { collection, tokenId: token, price: price.to() };
    let deed = format!("asks {} for the work", ether(price));
    stage.send(Person::Collector, &deed, marketplace, &list, U256::ZERO).await?;

    let buy = buyCall { collection, tokenId: token };
    let receipt = stage.send(Person::Dora, "buys it", marketplace, &buy, price).await?;
    // From the sale itself: the operator's node may pay the splitter at any moment. The balance
    // sheet at the end shows that the royalty arrived.
    let royalty = receipt.event::<Marketplace::Sold>(marketplace)?.royalty;
    let owner = stage.call(collection, &ownerOfCall { tokenId: token }).await?;
    ensure!(owner == stage.address(Person::Dora), "the work was paid and not handed over");
    let due = price * U256::from(ROYALTY_BPS) / U256::from(10_000);
    ensure!(royalty == due, "the royalty is {royalty}, and {due} is due");
    stage.say(format!("the model gets a royalty of {}", ether(royalty)));
    Ok(marketplace)
}
