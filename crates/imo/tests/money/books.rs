//! Sells random books of bids by the rule.
//!
//! `vectors/auction.json` has one digest per book (`UPDATE=1` writes it anew). Foundry draws the
//! same books from the same numbers, sells them through the contract, and compares.

use std::collections::BTreeMap;
use std::fs;

use alloy::primitives::{B256, U256, keccak256};
use imo::auction::{Bid, Book, Fill, Outcome, UNIT};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/auction.json");
const BOOKS: u64 = 2048;
const BIDDERS: u64 = 12;

fn render() -> String {
    let digests: Vec<String> = (0..BOOKS)
        .map(|number| {
            let mut random = Random(U256::from(number));
            let book = draw(&mut random);
            digest(&book.result(), &book.claims(&order(&mut random))).to_string()
        })
        .collect();
    serde_json::to_string_pretty(&serde_json::json!({ "books": digests })).expect("strings") + "\n"
}

/// Random numbers that Solidity draws in the same way.
pub(crate) struct Random(pub(crate) U256);

impl Random {
    /// A number below `bound`.
    pub(crate) fn draw(&mut self, bound: U256) -> U256 {
        self.0 = U256::from_be_bytes(keccak256(self.0.to_be_bytes::<32>()).0);
        (self.0 >> 64) % bound
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw(U256::from(bound)).to()
    }

    /// An index below `bound`.
    pub(crate) fn pick(&mut self, bound: usize) -> usize {
        self.draw(U256::from(bound)).to()
    }
}

fn draw(random: &mut Random) -> Book {
    let ticks = match random.below(4) {
        0 => 1,
        1 => 2 + random.below(9),
        2 => 64,
        _ => 1024,
    };
    let least = U256::from(10).pow(U256::from(if random.below(2) == 0 { 6 } else { 24 }));
    let supply = least + random.draw(least);
    let floor_price = if supply > UNIT {
        U256::from(10_000_000_000_000_u64) + random.draw(U256::from(1_000_000_000_000_000_u64))
    } else {
        UNIT + random.draw(UNIT * U256::from(100))
    };
    let tick_step = U256::ONE + floor_price / U256::from(1 + random.below(200));
    let mut book =
        Book { supply, floor_price, tick_step, ticks, soft_cap: U256::ONE, bids: BTreeMap::new() };
    if random.below(3) == 0 {
        book.soft_cap = book.need(0) / U256::from(4);
    }
    let thinness = if random.below(2) == 0 { 1 } else { 1 + random.below(200) };
    for _ in 0..4 + random.below(24) {
        act(&mut book, random, thinness);
    }
    book
}

/// Somebody cancels, bids or raises. A bid that is raised moves to the new tick as a whole.
fn act(book: &mut Book, random: &mut Random, thinness: u64) {
    let bidder = random.below(BIDDERS);
    if random.below(8) == 0 && book.bids.contains_key(&bidder) {
        book.bids.remove(&bidder);
        return;
    }
    // Half of the actions crowd on a few ticks.
    let crowded = random.below(2) == 0 && book.ticks > 4;
    let tick = random.below(if crowded { 4 } else { book.ticks });
    let need = book.need(tick);
    let amount = match random.below(6) {
        0 if thinness == 1 => need,
        1 => U256::from(1 + random.below(10)),
        _ => {
            let part = need / U256::from(thinness * (1 + random.below(6))) + U256::ONE;
            U256::ONE + random.draw(part)
        }
    };
    let before = book.bids.get(&bidder).map_or(U256::ZERO, |bid| bid.amount);
    book.bids.insert(bidder, Bid { tick, amount: before + amount });
}

/// All bidders, in a random order to claim in.
fn order(random: &mut Random) -> Vec<u64> {
    let mut left: Vec<u64> = (0..BIDDERS).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let place = random.pick(left.len());
        order.push(left.swap_remove(place));
    }
    order
}

/// Hashes the outcome and all claims.
fn digest(outcome: &Outcome, fills: &[Fill]) -> B256 {
    let words = |words: &[U256]| {
        keccak256(words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect::<Vec<u8>>())
    };
    fills.iter().fold(words(&[outcome.proceeds, outcome.sold]), |chain, fill| {
        let before = U256::from_be_bytes(chain.0);
        words(&[before, U256::from(fill.bidder), fill.tokens, fill.spent, fill.refund])
    })
}

#[test]
fn vectors_are_what_the_rule_gives() {
    let fresh = render();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(FILE, &fresh).expect("the file can be written");
    }
    let kept = fs::read_to_string(FILE).expect("vectors/auction.json is there; UPDATE=1 writes it");
    assert!(
        kept == fresh,
        "vectors/auction.json is not what the rule gives; UPDATE=1 writes it anew"
    );
}

#[test]
fn money_and_tokens_add_up_in_any_order_and_nobody_overpays() {
    for number in 0..400 {
        let mut random = Random(U256::from(number));
        let book = draw(&mut random);
        let Outcome { proceeds, sold } = book.result();
        for _ in 0..3 {
            let fills = book.claims(&order(&mut random));
            assert_eq!(fills.iter().map(|fill| fill.spent).sum::<U256>(), proceeds);
            assert_eq!(fills.iter().map(|fill| fill.tokens).sum::<U256>(), sold);
            for Fill { bidder, tokens, spent, .. } in fills {
                assert!(spent.is_zero() || tokens >= spent * sold / proceeds, "book {number}");
                let limit = book.price(book.bids[&bidder].tick);
                assert!(spent * UNIT <= (tokens + U256::from(2)) * limit, "book {number}");
            }
        }
    }
}

#[test]
fn books_reach_every_kind_of_end() {
    let (mut failed, mut unsold, mut oversubscribed, mut partial) = (0, 0, 0, 0);
    for number in 0..400 {
        let mut random = Random(U256::from(number));
        let book = draw(&mut random);
        let outcome = book.result();
        let whole = outcome.sold == book.supply;
        failed += u32::from(outcome.sold.is_zero());
        unsold += u32::from(!whole && !outcome.sold.is_zero());
        oversubscribed += u32::from(whole && book.demand(|_| true) > outcome.proceeds);
        let fills = book.claims(&order(&mut random));
        let is_partial = |fill: &Fill| !fill.spent.is_zero() && !fill.refund.is_zero();
        partial += u32::from(fills.iter().any(is_partial));
    }
    for count in [failed, unsold, oversubscribed, partial] {
        assert!(count > 20, "{failed} {unsold} {oversubscribed} {partial}");
    }
}
