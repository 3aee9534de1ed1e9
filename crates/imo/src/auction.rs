//! The rule of the auction, written apart from the contract's way of finding the result. Tests
//! compare the two, and `imo launch plan` shows buyers what the rule gives.

use std::collections::BTreeMap;

use imo_chain::primitives::U256;

/// Token units that a price buys: one whole token of 18 decimals.
pub const UNIT: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// What one bidder offers.
#[derive(Clone, Copy, Debug)]
pub struct Bid {
    /// The tick (numbered price) of the bid.
    pub tick: u64,
    /// The most that the bidder pays, in currency units.
    pub amount: U256,
}

/// All bids of a sale, and its terms.
#[derive(Clone, Debug)]
pub struct Book {
    /// Token units for sale.
    pub supply: U256,
    /// Price of tick 0, in currency units per `UNIT`.
    pub floor_price: U256,
    /// Difference between the prices of neighbouring ticks.
    pub tick_step: U256,
    /// Number of ticks.
    pub ticks: u64,
    /// The sale fails if it would raise less than this.
    pub soft_cap: U256,
    /// The bids, by bidder number.
    pub bids: BTreeMap<u64, Bid>,
}

/// What a sale comes to. Both are 0 if it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The money raised, in currency units.
    pub proceeds: U256,
    /// The tokens sold, in units.
    pub sold: U256,
}

/// What one bidder gets.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// The bidder's number.
    pub bidder: u64,
    /// Tokens that the bidder gets, in units.
    pub tokens: U256,
    /// Currency units that the bidder pays.
    pub spent: U256,
    /// Currency units that the bidder gets back.
    pub refund: U256,
}

impl Book {
    /// What `UNIT` costs at `tick`.
    pub fn price(&self, tick: u64) -> U256 {
        self.floor_price + U256::from(tick) * self.tick_step
    }

    /// What the whole supply costs at `tick`.
    pub fn need(&self, tick: u64) -> U256 {
        self.price(tick) * self.supply / UNIT
    }

    /// The sum of all bids at the ticks that `is_in` selects.
    pub fn demand(&self, is_in: impl Fn(u64) -> bool) -> U256 {
        self.bids.values().filter(|bid| is_in(bid.tick)).map(|bid| bid.amount).sum()
    }

    /// The rule. At each tick, take the smaller of two numbers: all money bid at this tick or
    /// above, and what the whole supply costs at this tick. The proceeds are the largest of these.
    pub fn result(&self) -> Outcome {
        let proceeds = (0..self.ticks)
            .map(|tick| self.demand(|it| it >= tick).min(self.need(tick)))
            .max()
            .unwrap_or_default();
        let whole = proceeds >= self.need(0);
        let sold = if whole { self.supply } else { proceeds * UNIT / self.floor_price };
        if proceeds < self.soft_cap || sold.is_zero() {
            return Outcome { proceeds: U256::ZERO, sold: U256::ZERO };
        }
        Outcome { proceeds, sold }
    }

    /// What each bidder gets, if they claim in this order. The proceeds are filled from the top
    /// tick down. The tick at which they become full shares what is left for it. Shares are rounded
    /// up while there is money left.
    pub fn claims(&self, order: &[u64]) -> Vec<Fill> {
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
