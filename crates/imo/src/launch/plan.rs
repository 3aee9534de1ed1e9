//! Shows what a buyer needs to know: the terms in words, and the sale tried on some bids.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use clap::value_parser;
use imo_chain::primitives::{U256, keccak256};
use serde::Serialize;

use crate::amount::{duration, ether};
use crate::auction::{Bid, Book, UNIT};
use crate::exit::Exit;
use crate::launch::currency::Currency;
use crate::launch::file::{LaunchFile, MOST_CURRENCY};
use crate::terminal::Terminal;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What to show and try.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File with the launch's terms
    #[arg(value_name = "FILE", default_value = "imo.toml")]
    file: PathBuf,
    /// Try the sale on these bids; each line has a price and an amount (`0.00012, 5`), both in the
    /// sale's currency
    #[arg(long, value_name = "FILE", conflicts_with = "bidders")]
    bids: Option<PathBuf>,
    /// Try the sale on this many random bids
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=10_000))]
    bidders: Option<u64>,
    /// Which random bids to draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    /// The currency that the sale's amounts are in.
    currency: Currency,
    for_sale: U256,
    supply: U256,
    soft_cap: U256,
    whole_at_floor: U256,
    most_proceeds: U256,
    answer_price_wei: U256,
    holders_of_answer_wei: U256,
    /// Answers at today's price that release the whole escrow, if the sale just sells out at the
    /// floor.
    answers_to_release: Option<U256>,
    sale: Option<Trial>,
}

/// The result of the sale, tried on some bids.
#[derive(Debug, Serialize)]
struct Trial {
    bids: usize,
    demand: U256,
    proceeds: U256,
    sold: U256,
    /// Price of a whole token. None if the sale failed.
    price: Option<U256>,
    to_pool: U256,
    to_escrow: U256,
    to_creator: U256,
    answers_to_release: Option<U256>,
    fills: Vec<TrialFill>,
}

#[derive(Debug, Serialize)]
struct TrialFill {
    limit: U256,
    bid: U256,
    tokens: U256,
    paid: U256,
    refund: U256,
}

/// Prints the terms and tries the sale.
pub(crate) fn run(args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let file = LaunchFile::read(&args.file)?;
    let book = match (&args.bids, args.bidders) {
        (Some(path), _) => Some(read_bids(&file, path)?),
        (None, Some(count)) => Some(draw_bids(&file, count, args.seed)),
        (None, None) => None,
    };
    print_terms(&file, terminal);
    let trial = book.map(|book| attempt(&file, &book));
    if let Some(trial) = &trial {
        print_trial(trial, &file.sale.currency, terminal);
    }
    let empty = file.book();
    terminal.object(&Report {
        currency: file.sale.currency.clone(),
        for_sale: empty.supply,
        supply: U256::from(file.token.supply.0),
        soft_cap: empty.soft_cap,
        whole_at_floor: empty.need(0),
        most_proceeds: empty.need(empty.ticks - 1),
        answer_price_wei: file.answer_price(),
        holders_of_answer_wei: file.holders_of_answer(),
        answers_to_release: answers(&file, empty.need(0), empty.supply),
        sale: trial,
    });
    Ok(Exit::Success)
}

fn print_terms(file: &LaunchFile, terminal: Terminal) {
    let (book, symbol, currency) = (file.book(), &file.token.symbol, &file.sale.currency);
    let supply = U256::from(file.token.supply.0);
    let say = |what: &str, text: String| terminal.line(format!("{what:<14}{text}"));
    let tokens = |units: U256| format!("{} {symbol}", units / UNIT);

    terminal.line(format!("{} ({symbol}), {}", file.token.name, file.model.licence));
    say("sold", format!("{} of {}", tokens(book.supply), tokens(supply)));
    let top = book.ticks - 1;
    let prices = match top {
        0 => format!(
            "{} a token, shared in proportion when bids exceed it",
            currency.exact(book.price(0))
        ),
        _ => format!(
            "{} to {} a token, {} prices; all buyers pay the same one",
            currency.exact(book.price(0)),
            currency.exact(book.price(top)),
            book.ticks
        ),
    };
    say("price", prices);
    say(
        "raises",
        format!(
            "{} at the floor when all is sold, at most {}",
            currency.show(book.need(0)),
            currency.show(book.need(top))
        ),
    );
    say(
        "fails",
        format!(
            "below {}: every bid comes back in full, the token is burned",
            currency.show(book.soft_cap)
        ),
    );
    let fifth = file.sale.lasts.0 / 5;
    say(
        "bidding",
        format!(
            "{} from the launch on, at least {}; no bid can be withdrawn or lowered in the last {}",
            days(file.sale.lasts.0),
            currency.show(U256::from(file.sale.minimum_bid)),
            days(fifth)
        ),
    );
    if !currency.is_ether() {
        say("paid in", format!("{}, {}", currency.symbol, currency.address));
    }
    print_money(file, terminal);
}

/// Prints who gets what and when, and what can never change.
fn print_money(file: &LaunchFile, terminal: Terminal) {
    let (book, symbol) = (file.book(), &file.token.symbol);
    let say = |what: &str, text: String| terminal.line(format!("{what:<14}{text}"));
    let tokens = |units: U256| format!("{} {symbol}", units / UNIT);
    let (pool, escrow) = (file.pool.share.0, file.escrow.share.0);
    say(
        "proceeds",
        format!(
            "{} locked in a pool for good, {} in escrow, {} to the creator at once",
            percent(pool),
            percent(escrow),
            percent(10_000_u16.saturating_sub(pool.saturating_add(escrow)))
        ),
    );
    for vesting in &file.vesting {
        say(
            "vesting",
            format!(
                "{} to {}: nothing before {} after the sale, all after {}",
                tokens(U256::from(vesting.tokens.0)),
                vesting.beneficiary,
                days(vesting.cliff.0),
                days(vesting.end.0)
            ),
        );
    }
    let revenue = &file.revenue;
    let holders =
        10_000_u16.saturating_sub(revenue.creator_share.0.saturating_add(revenue.protocol_share.0));
    say(
        "an answer",
        format!(
            "{} for {} tokens and {} bytes, without gas",
            ether(file.answer_price()),
            file.model.default_units,
            file.model.default_bytes
        ),
    );
    say(
        "revenue",
        format!(
            "{} of it to the operator; of the rest {} to the holders, {} to the creator, {} to the \
             protocol",
            percent(file.model.operator_share.0),
            percent(holders),
            percent(revenue.creator_share.0),
            percent(revenue.protocol_share.0)
        ),
    );
    say(
        "holders",
        format!(
            "claim {} of theirs; the rest is redeemed by burning tokens",
            percent(file.token.claimable_share.0)
        ),
    );
    say(
        "works",
        format!(
            "{} a mint on top of the answer, {} of resales; both are revenue",
            ether(U256::from(file.works.mint_fee.0)),
            percent(file.works.royalty.0)
        ),
    );
    if let Some(count) = answers(file, book.need(0), book.supply) {
        say(
            "escrow",
            format!(
                "at today's price the creator has all of it after {count} answers, if all tokens \
                 are sold at the floor; what is not earned {} after the sale can be refunded for \
                 {}, against returned tokens",
                days(file.escrow.deadline.0),
                days(file.escrow.refunds.0)
            ),
        );
    }
    say(
        "for ever",
        "supply, shares, escrow, vesting, licence and model; no owner, no pause, no upgrade"
            .to_owned(),
    );
    say(
        "by vote",
        "holders can move the price of answers between half and double, name a successor, and \
         redirect the revenue of contracts that cannot claim"
            .to_owned(),
    );
    say(
        "not promised",
        "that the maker of the weights takes part; anybody may launch the same weights again"
            .to_owned(),
    );
}

/// A share in percent, from basis points.
fn percent(bps: u16) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}

/// A time in days, if these are whole.
fn days(seconds: u64) -> String {
    match seconds / DAY {
        1 if seconds == DAY => "1 day".to_owned(),
        count if seconds.is_multiple_of(DAY) => format!("{count} days"),
        _ => duration(seconds),
    }
}

/// Answers at today's price after which the creator has the whole escrow.
fn answers(file: &LaunchFile, proceeds: U256, sold: U256) -> Option<U256> {
    let escrowed = proceeds * U256::from(file.escrow.share.0) / U256::from(10_000);
    let supply = supply_after(file, proceeds, sold);
    let earned = file.holders_of_answer() * sold;
    let has_any = !escrowed.is_zero() && !earned.is_zero();
    has_any.then(|| (escrowed * supply).div_ceil(earned))
}

/// Token units that exist when transfers open.
fn supply_after(file: &LaunchFile, proceeds: U256, sold: U256) -> U256 {
    let pooled = proceeds * U256::from(file.pool.share.0) / U256::from(10_000);
    let seeded = if proceeds.is_zero() { proceeds } else { pooled * sold / proceeds };
    sold + seeded + U256::from(file.vested())
}

fn attempt(file: &LaunchFile, book: &Book) -> Trial {
    let outcome = book.result();
    let part = |bps: u16| outcome.proceeds * U256::from(bps) / U256::from(10_000);
    let (to_pool, to_escrow) = (part(file.pool.share.0), part(file.escrow.share.0));
    let order: Vec<u64> = book.bids.keys().copied().collect();
    let fills = book.claims(&order).into_iter().map(|fill| TrialFill {
        limit: book.price(book.bids[&fill.bidder].tick),
        bid: fill.spent + fill.refund,
        tokens: fill.tokens,
        paid: fill.spent,
        refund: fill.refund,
    });
    Trial {
        bids: book.bids.len(),
        demand: book.demand(|_| true),
        proceeds: outcome.proceeds,
        sold: outcome.sold,
        price: (!outcome.sold.is_zero()).then(|| outcome.proceeds * UNIT / outcome.sold),
        to_pool,
        to_escrow,
        to_creator: outcome.proceeds.saturating_sub(to_pool + to_escrow),
        answers_to_release: answers(file, outcome.proceeds, outcome.sold),
        fills: fills.collect(),
    }
}

fn print_trial(trial: &Trial, currency: &Currency, terminal: Terminal) {
    terminal.line(format!("\n{} bids of {} in all", trial.bids, currency.show(trial.demand)));
    let Some(price) = trial.price else {
        terminal.line("the sale fails: every bid comes back in full");
        return;
    };
    terminal.line(format!(
        "sells {} tokens at {} for {}: {} to the pool, {} to the escrow, {} to the creator at \
         once",
        trial.sold / UNIT,
        currency.exact(price),
        currency.show(trial.proceeds),
        currency.show(trial.to_pool),
        currency.show(trial.to_escrow),
        currency.show(trial.to_creator),
    ));
    if let Some(count) = trial.answers_to_release {
        terminal
            .line(format!("the escrow is the creator's after {count} answers at today's price"));
    }
    terminal.line(format!(
        "{:>20}{:>16}{:>14}{:>16}{:>16}",
        "at most", "bid", "tokens", "paid", "back"
    ));
    for fill in &trial.fills {
        terminal.line(format!(
            "{:>20}{:>16}{:>14}{:>16}{:>16}",
            currency.exact(fill.limit),
            currency.show(fill.bid),
            fill.tokens / UNIT,
            currency.show(fill.paid),
            currency.show(fill.refund),
        ));
    }
}

/// Reads bids from a file. A price between two ticks counts as the lower one.
fn read_bids(file: &LaunchFile, path: &Path) -> anyhow::Result<Book> {
    let (mut book, currency) = (file.book(), &file.sale.currency);
    let named = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(named)?;
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let bid = read_bid(&book, currency, file.sale.minimum_bid, line);
        let bid = bid.map_err(|error| anyhow!("{}:{number}: {error}", named()))?;
        book.bids.insert(number, bid);
    }
    ensure!(!book.bids.is_empty(), "{}: no bids", named());
    Ok(book)
}

fn read_bid(book: &Book, currency: &Currency, least: u128, line: &str) -> Result<Bid, String> {
    let (price, amount) = line.split_once(',').ok_or("a bid is a price, a comma and an amount")?;
    let price = U256::from(currency.parse(price)?);
    if price < book.floor_price {
        return Err(format!("the price is below the floor, {}", currency.exact(book.floor_price)));
    }
    let above = price - book.floor_price;
    let tick = above.checked_div(book.tick_step).unwrap_or_default();
    let tick = tick.min(U256::from(book.ticks - 1)).to();
    let amount = currency.parse(amount)?;
    if amount < least {
        return Err(format!("the bid is below the least, {}", currency.exact(U256::from(least))));
    }
    if amount > MOST_CURRENCY {
        return Err("no sale takes such a bid".to_owned());
    }
    Ok(Bid { tick, amount: U256::from(amount) })
}

/// Draws random bids. Most prices are near the floor, amounts differ a hundredfold, and together
/// the bids are about 1.5 times what the supply costs at the floor.
fn draw_bids(file: &LaunchFile, count: u64, seed: u64) -> Book {
    let mut book = file.book();
    let mut state = keccak256(seed.to_be_bytes());
    let mut below = |bound: u64| -> u64 {
        state = keccak256(state);
        (U256::from_be_bytes(state.0) % U256::from(bound)).to()
    };
    let mean = book.need(0) * U256::from(3) / U256::from(2 * count.max(1));
    let least = U256::from(file.sale.minimum_bid);
    for bidder in 0..count {
        let tick = below(book.ticks).min(below(book.ticks));
        let amount = mean * U256::from(2 + below(199)) / U256::from(101);
        book.bids.insert(bidder, Bid { tick, amount: amount.max(least) });
    }
    book
}
