//! `imo.toml`: the terms of a launch, as the model's maker writes them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use imo_chain::contracts::ImoFactory::{
    AllocationTerms, CollectionTerms, EscrowTerms, LaunchParams, ModelTerms, Pricing, Provenance,
    RevenueAsset, SaleParams, SplitTerms, TokenTerms, VestingTerms,
};
use imo_chain::primitives::aliases::{U40, U96, U112};
use imo_chain::primitives::{Address, B256, U256};
use imo_model::program_number;
use imo_player::{Guest, PROGRAMS};
use imo_tensor::Sampling;
use imo_text::layout::TextParameters;
use serde::{Deserialize, Deserializer};

use crate::amount;
use crate::auction::Book;
use crate::launch::currency::Currency;
use crate::launch::rehearsal::rehearse;

/// Decimals of every model token.
const DECIMALS: usize = 18;
/// Decimals of a temperature in the contract.
const TEMPERATURE_DECIMALS: usize = 4;
const BPS: u32 = 10_000;
/// Most token units, which is what a word of the token holds.
const MOST_TOKENS: u128 = (1 << 96) - 1;
/// Most currency units of a price, of a bid and of the proceeds, as the auction's books hold them.
pub(crate) const MOST_CURRENCY: u128 = (1 << 112) - 1;
/// Most seconds of a time, some 10,000 years. With it no sum of times is too large for a contract.
const MOST_SECONDS: u64 = 1 << 38;
/// When a launch is rehearsed, in Unix time. All terms count from the launch, so any time will do.
const REHEARSED_AT: u64 = 1_800_000_000;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct LaunchFile {
    pub(crate) model: Model,
    pub(crate) token: Token,
    pub(crate) revenue: Revenue,
    pub(crate) sale: Sale,
    pub(crate) works: Works,
    #[serde(default)]
    pub(crate) pool: Pool,
    #[serde(default)]
    pub(crate) escrow: Escrow,
    #[serde(default)]
    pub(crate) vesting: Vec<Vesting>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) image: PathBuf,
    pub(crate) source: String,
    file_hash: B256,
    pub(crate) licence: String,
    #[serde(default)]
    licence_hash: B256,
    base_price: Wei,
    byte_price: Wei,
    unit_price: Wei,
    #[serde(default = "bytes_of_a_token")]
    unit_bytes: u16,
    pub(crate) operator_share: Share,
    pub(crate) default_units: u32,
    pub(crate) default_bytes: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) symbol: String,
    pub(crate) supply: Tokens,
    pub(crate) claimable_share: Share,
    least_revenue: Wei,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Revenue {
    pub(crate) creator: Address,
    pub(crate) creator_share: Share,
    pub(crate) protocol: Address,
    pub(crate) protocol_share: Share,
}

/// The terms of the sale. Amounts are in units of its currency.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SaleText")]
pub(crate) struct Sale {
    pub(crate) currency: Currency,
    floor_price: u128,
    price_step: u128,
    pub(crate) prices: u16,
    pub(crate) lasts: Time,
    soft_cap: u128,
    pub(crate) minimum_bid: u128,
    /// A contract that is asked about each bid.
    hook: Address,
}

/// The sale before its amounts are read, which takes its currency.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SaleText {
    #[serde(default)]
    currency: Currency,
    floor_price: String,
    price_step: Option<String>,
    prices: u16,
    lasts: Time,
    soft_cap: String,
    minimum_bid: String,
    #[serde(default)]
    hook: Address,
}

impl TryFrom<SaleText> for Sale {
    type Error = String;

    fn try_from(text: SaleText) -> Result<Self, String> {
        let currency = text.currency;
        currency.check()?;
        let read = |field: &str, text: &str| {
            let amount = currency.parse(text).map_err(|error| format!("{field}: {error}"))?;
            let fits = amount <= MOST_CURRENCY;
            fits.then_some(amount).ok_or_else(|| format!("{field}: {text:?} is too much"))
        };
        Ok(Self {
            floor_price: read("floor-price", &text.floor_price)?,
            price_step: text.price_step.map_or(Ok(0), |step| read("price-step", &step))?,
            soft_cap: read("soft-cap", &text.soft_cap)?,
            minimum_bid: read("minimum-bid", &text.minimum_bid)?,
            prices: text.prices,
            lasts: text.lasts,
            hook: text.hook,
            currency,
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Works {
    name: String,
    symbol: String,
    pub(crate) mint_fee: Wei,
    pub(crate) royalty: Share,
    most_units: u32,
    temperature: String,
    candidates: u16,
    keep_text: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Pool {
    pub(crate) share: Share,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Escrow {
    pub(crate) share: Share,
    #[serde(default)]
    pub(crate) deadline: Time,
    #[serde(default)]
    pub(crate) refunds: Time,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Vesting {
    pub(crate) beneficiary: Address,
    pub(crate) tokens: Tokens,
    pub(crate) cliff: Time,
    pub(crate) end: Time,
}

/// An amount of ETH, in wei.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wei(pub(crate) u128);

/// An amount of the model's token, in its smallest unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens(pub(crate) u128);

/// A share, in basis points.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share(pub(crate) u16);

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time(pub(crate) u64);

fn parse<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl<'de> Deserialize<'de> for Wei {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parse(from, amount::parse_ether).map(Self)
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parse(from, |text| {
            let units = amount::parse_decimal(text, DECIMALS)?;
            let fits = units <= MOST_TOKENS;
            fits.then_some(Self(units)).ok_or_else(|| format!("{text:?} tokens are too many"))
        })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parse(from, amount::parse_share).map(Self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parse(from, |text| {
            let seconds = amount::parse_duration(text)?;
            let fits = seconds <= MOST_SECONDS;
            fits.then_some(Self(seconds)).ok_or_else(|| format!("{text:?} is too long"))
        })
    }
}

impl LaunchFile {
    /// Reads a file, and refuses terms that the factory would refuse. The path of the image is
    /// relative to the file's folder.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let text = fs::read_to_string(path).with_context(named)?;
        let mut file: Self =
            toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", named()))?;
        if let Some(folder) = path.parent() {
            file.model.image = folder.join(&file.model.image);
        }
        let (content_id, verifier) = (B256::repeat_byte(1), Address::repeat_byte(1));
        let params = file.params(content_id, verifier, REHEARSED_AT).with_context(named)?;
        rehearse(params, file.model.guest(), REHEARSED_AT).with_context(named)?;
        Ok(file)
    }

    /// Tokens that vest, in units.
    pub(crate) fn vested(&self) -> u128 {
        self.vesting.iter().fold(0, |sum, it| it.tokens.0.saturating_add(sum))
    }

    /// Tokens for sale, in units. Those for the pool come on top.
    pub(crate) fn for_sale(&self) -> U256 {
        U256::from(self.token.supply.0 - self.vested()) * U256::from(BPS)
            / U256::from(BPS + u32::from(self.pool.share.0))
    }

    /// The sale before any bid.
    pub(crate) fn book(&self) -> Book {
        Book {
            supply: self.for_sale(),
            floor_price: U256::from(self.sale.floor_price),
            tick_step: U256::from(self.sale.price_step),
            ticks: self.sale.prices.into(),
            soft_cap: U256::from(self.sale.soft_cap),
            bids: std::collections::BTreeMap::new(),
        }
    }

    /// The price of an answer of the default size without gas, in wei.
    pub(crate) fn answer_price(&self) -> U256 {
        let model = &self.model;
        U256::from(model.base_price.0)
            + U256::from(model.byte_price.0) * U256::from(model.default_bytes)
            + U256::from(model.unit_price.0) * U256::from(model.default_units)
    }

    /// The holders' part of that price, in wei.
    pub(crate) fn holders_of_answer(&self) -> U256 {
        let bps = U256::from(BPS);
        let kept = self.answer_price() * (bps - U256::from(self.model.operator_share.0)) / bps;
        let others =
            u32::from(self.revenue.creator_share.0) + u32::from(self.revenue.protocol_share.0);
        kept * U256::from(BPS.saturating_sub(others)) / bps
    }

    /// The parameters of a launch at this time.
    pub(crate) fn params(
        &self,
        content_id: B256,
        verifier: Address,
        now: u64,
    ) -> anyhow::Result<LaunchParams> {
        let (model, sale) = (&self.model, &self.sale);
        let end = now + sale.lasts.0;
        let time = |after: Time| U40::try_from(end + after.0).context("a time is too far away");
        let share = self.escrow.share.0;
        let deadline = if share == 0 { U40::ZERO } else { time(self.escrow.deadline)? };
        let refunds = Time(self.escrow.deadline.0 + self.escrow.refunds.0);
        let refund_end = if share == 0 { U40::ZERO } else { time(refunds)? };
        let vesting = self.vesting.iter().map(|it| {
            Ok(VestingTerms {
                beneficiary: it.beneficiary,
                amount: U96::try_from(it.tokens.0)?,
                cliff: time(it.cliff)?,
                end: time(it.end)?,
            })
        });
        Ok(LaunchParams {
            model: ModelTerms {
                contentId: content_id,
                verifier,
                pricing: Pricing {
                    basePrice: model.base_price.0,
                    bytePrice: model.byte_price.0.try_into().context("byte-price is too much")?,
                    unitPrice: model.unit_price.0.try_into().context("unit-price is too much")?,
                    unitBytes: model.unit_bytes,
                    operatorBps: model.operator_share.0,
                    defaultUnits: model.default_units,
                    defaultBytes: model.default_bytes,
                },
                provenance: Provenance {
                    sourceUri: model.source.clone(),
                    fileHash: model.file_hash,
                    licence: model.licence.clone(),
                    licenceHash: model.licence_hash,
                },
            },
            token: TokenTerms {
                name: self.token.name.clone(),
                symbol: self.token.symbol.clone(),
                supply: U96::try_from(self.token.supply.0).context("the supply is too large")?,
                sharedBps: self.token.claimable_share.0,
                assets: vec![RevenueAsset {
                    asset: Address::ZERO,
                    minimum: U96::try_from(self.token.least_revenue.0)
                        .context("least-revenue is too much")?,
                }],
            },
            split: SplitTerms {
                creator: self.revenue.creator,
                protocol: self.revenue.protocol,
                creatorBps: self.revenue.creator_share.0,
                protocolBps: self.revenue.protocol_share.0,
            },
            sale: SaleParams {
                currency: sale.currency.address,
                creator: self.revenue.creator,
                floorPrice: sale.floor_price,
                tickStep: sale.price_step,
                ticks: sale.prices,
                start: U40::from(now),
                end: time(Time(0))?,
                softCap: U112::try_from(sale.soft_cap).context("soft-cap is too much")?,
                minimumBid: U112::try_from(sale.minimum_bid).context("minimum-bid is too much")?,
                hook: sale.hook,
            },
            collection: self.works.terms()?,
            allocation: AllocationTerms {
                poolBps: self.pool.share.0,
                vesting: vesting.collect::<anyhow::Result<_>>()?,
            },
            escrow: EscrowTerms { bps: share, deadline, refundEnd: refund_end },
        })
    }
}

impl Model {
    /// The program that the image needs. While there is no image, the first one, whose limits are
    /// the strictest.
    fn guest(&self) -> &'static Guest {
        let mut head = Vec::new();
        let read = File::open(&self.image).and_then(|it| it.take(64).read_to_end(&mut head));
        let number = read.ok().and_then(|_| program_number(&head).ok());
        let found = PROGRAMS.into_iter().find(|guest| Some(guest.number) == number);
        found.unwrap_or(PROGRAMS[0])
    }
}

/// Bytes of an answer that are paid for, for each token.
const fn bytes_of_a_token() -> u16 {
    8
}

impl Works {
    fn terms(&self) -> anyhow::Result<CollectionTerms> {
        let temperature = amount::parse_decimal(&self.temperature, TEMPERATURE_DECIMALS)
            .map_err(|error| anyhow!("temperature: {error}"))?;
        let units = temperature.saturating_mul(1 << 16) / 10_u128.pow(4);
        let parameters = TextParameters {
            sampling: Sampling {
                temperature: units.try_into().context("temperature is too high")?,
                top_k: self.candidates,
                ..Sampling::default()
            },
            ..TextParameters::default()
        };
        Ok(CollectionTerms {
            name: self.name.clone(),
            symbol: self.symbol.clone(),
            mintFee: U96::try_from(self.mint_fee.0).context("mint-fee is too much")?,
            royaltyBps: self.royalty.0,
            maxUnits: self.most_units,
            parameters: parameters.encode().into(),
            keepText: self.keep_text,
        })
    }
}
