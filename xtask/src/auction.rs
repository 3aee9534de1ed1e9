//! The auction's rule, apart from the contract's way of finding it, and what it gives for random books of bids.
//!
//! `vectors/auction.json` has one digest a book. Foundry draws the same books from the same numbers, sells them
//! through the contract and compares.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use alloy_primitives::{B256, U256, keccak256};

const FILE: &str = "vectors/auction.json";
const BOOKS: u64 = 2048;
const BIDDERS: u64 = 12;
/// Token units a price is for.
const UNIT: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Writes `vectors/auction.json`.
pub(crate) fn write(root: &Path) -> Result<String, String> {
    let path = root.join(FILE);
    fs::write(&path, render()).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(format!("wrote {FILE}: {BOOKS} books"))
}

/// Compares `vectors/auction.json` with what the rule gives.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let path = root.join(FILE);
    let kept = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if kept != render() {
        return Err(format!("{FILE} is not what the rule gives; `xtask auction` writes it anew"));
    }
    Ok(format!("{BOOKS} books sell as recorded"))
}

fn render() -> String {
    let digests: Vec<String> = (0..BOOKS)
        .map(|number| {
            let mut random = Random(U256::from(number));
            let book = Book::draw(&mut random);
            digest(&book.result(), &book.claims(&book.order(&mut random))).to_string()
        })
        .collect();
    serde_json::to_string_pretty(&serde_json::json!({ "books": digests })).expect("strings") + "\n"
}

/// Numbers that Solidity draws just so.
struct Random(U256);

impl Random {
    /// A number below `bound`.
    fn draw(&mut self, bound: U256) -> U256 {
        self.0 = U256::from_be_bytes(keccak256(self.0.to_be_bytes::<32>()).0);
        (self.0 >> 64) % bound
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.draw(U256::from(bound)).to()
    }
}

#[derive(Clone, Copy)]
struct Bid {
    tick: u64,
    amount: U256,
}

/// A sale as it stands at its end.
struct Book {
    supply: U256,
    floor_price: U256,
    tick_step: U256,
    ticks: u64,
    soft_cap: U256,
    bids: BTreeMap<u64, Bid>,
}

/// Proceeds and tokens sold; both 0 when the sale has failed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    proceeds: U256,
    sold: U256,
}

/// What one claim gives.
#[derive(Clone, Copy)]
struct Fill {
    bidder: u64,
    tokens: U256,
    spent: U256,
    refund: U256,
}

impl Book {
    fn draw(random: &mut Random) -> Self {
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
        let mut book = Self {
            supply,
            floor_price,
            tick_step,
            ticks,
            soft_cap: U256::ONE,
            bids: BTreeMap::new(),
        };
        if random.below(3) == 0 {
            book.soft_cap = book.need(0) / U256::from(4);
        }
        let thinness = if random.below(2) == 0 { 1 } else { 1 + random.below(200) };
        for _ in 0..4 + random.below(24) {
            book.act(random, thinness);
        }
        book
    }

    /// Somebody cancels, bids or raises; a bid that is raised moves to the new tick as a whole.
    fn act(&mut self, random: &mut Random, thinness: u64) {
        let bidder = random.below(BIDDERS);
        if random.below(8) == 0 && self.bids.contains_key(&bidder) {
            self.bids.remove(&bidder);
            return;
        }
        // Half of them crowd on few ticks.
        let crowded = random.below(2) == 0 && self.ticks > 4;
        let tick = random.below(if crowded { 4 } else { self.ticks });
        let need = self.need(tick);
        let amount = match random.below(6) {
            0 if thinness == 1 => need,
            1 => U256::from(1 + random.below(10)),
            _ => {
                let part = need / U256::from(thinness * (1 + random.below(6))) + U256::ONE;
                U256::ONE + random.draw(part)
            }
        };
        let before = self.bids.get(&bidder).map_or(U256::ZERO, |bid| bid.amount);
        self.bids.insert(bidder, Bid { tick, amount: before + amount });
    }

    /// All bidders, in a random order of claims.
    fn order(&self, random: &mut Random) -> Vec<u64> {
        let mut left: Vec<u64> = (0..BIDDERS).collect();
        let mut order = Vec::new();
        while let Ok(count) = u64::try_from(left.len())
            && count != 0
        {
            let place = usize::try_from(random.below(count)).expect("an index");
            order.push(left.swap_remove(place));
        }
        order
    }

    fn price(&self, tick: u64) -> U256 {
        self.floor_price + U256::from(tick) * self.tick_step
    }

    /// What the whole supply costs at `tick`.
    fn need(&self, tick: u64) -> U256 {
        self.price(tick) * self.supply / UNIT
    }

    fn demand(&self, is_in: impl Fn(u64) -> bool) -> U256 {
        self.bids.values().filter(|bid| is_in(bid.tick)).map(|bid| bid.amount).sum()
    }

    /// The rule: the largest, over all ticks, of what is bid at or above the tick, but no more than the supply costs there.
    fn result(&self) -> Outcome {
        let proceeds = (0..self.ticks)
            .map(|tick| self.demand(|it| it >= tick).min(self.need(tick)))
            .max()
            .expect("a sale has a tick");
        let whole = proceeds >= self.need(0);
        let sold = if whole { self.supply } else { proceeds * UNIT / self.floor_price };
        if proceeds < self.soft_cap || sold.is_zero() {
            return Outcome { proceeds: U256::ZERO, sold: U256::ZERO };
        }
        Outcome { proceeds, sold }
    }

    /// What each bidder gets, when they claim in this order: money is filled from the top tick down, until the proceeds are
    /// full; the tick at which they get full shares what is left for it, rounded up while there is any.
    fn claims(&self, order: &[u64]) -> Vec<Fill> {
        let Outcome { proceeds, sold } = self.result();
        let (mut money, mut tokens_left) = (proceeds, sold);
        let mut shares = BTreeMap::new();
        let mut fills = Vec::new();
        for &bidder in order {
            let Some(&Bid { tick, amount }) = self.bids.get(&bidder) else { continue };
            let above = self.demand(|it| it > tick);
            let (room, bid) = shares.entry(tick).or_insert_with(|| {
                let bid = self.demand(|it| it == tick);
                (proceeds.saturating_sub(above).min(bid), bid)
            });
            let spent = (amount * *room).div_ceil(*bid);
            *room -= spent;
            *bid -= amount;
            let tokens = if spent.is_zero() { spent } else { spent * tokens_left / money };
            money -= spent;
            tokens_left -= tokens;
            fills.push(Fill { bidder, tokens, spent, refund: amount - spent });
        }
        fills
    }
}

/// Chains the outcome and all claims.
fn digest(outcome: &Outcome, fills: &[Fill]) -> B256 {
    let words = |words: &[U256]| {
        keccak256(words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect::<Vec<u8>>())
    };
    fills.iter().fold(words(&[outcome.proceeds, outcome.sold]), |chain, fill| {
        let before = U256::from_be_bytes(chain.0);
        words(&[before, U256::from(fill.bidder), fill.tokens, fill.spent, fill.refund])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    #[test]
    fn vectors_are_what_the_rule_gives() {
        check(&root()).expect("vectors/auction.json is current");
    }

    #[test]
    fn money_and_tokens_add_up_in_any_order_and_nobody_overpays() {
        for number in 0..400 {
            let mut random = Random(U256::from(number));
            let book = Book::draw(&mut random);
            let Outcome { proceeds, sold } = book.result();
            for _ in 0..3 {
                let fills = book.claims(&book.order(&mut random));
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
            let book = Book::draw(&mut random);
            let outcome = book.result();
            let whole = outcome.sold == book.supply;
            failed += u32::from(outcome.sold.is_zero());
            unsold += u32::from(!whole && !outcome.sold.is_zero());
            oversubscribed += u32::from(whole && book.demand(|_| true) > outcome.proceeds);
            let fills = book.claims(&book.order(&mut random));
            let is_partial = |fill: &Fill| !fill.spent.is_zero() && !fill.refund.is_zero();
            partial += u32::from(fills.iter().any(is_partial));
        }
        for count in [failed, unsold, oversubscribed, partial] {
            assert!(count > 20, "{failed} {unsold} {oversubscribed} {partial}");
        }
    }
}
