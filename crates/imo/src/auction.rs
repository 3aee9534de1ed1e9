//! The auction's rule, apart from the contract's way of finding it: a second opinion for tests, and what `imo launch plan`
//! tells buyers with.

use std::collections::BTreeMap;

use imo_chain::primitives::U256;

/// Token units a price is for.
pub const UNIT: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// What one bidder offers.
#[derive(Clone, Copy, Debug)]
pub struct Bid {
    /// Its price, by number.
    pub tick: u64,
    /// What it pays at most, in currency units.
    pub amount: U256,
}

/// A sale as it stands at its end.
#[derive(Clone, Debug)]
pub struct Book {
    /// Token units for sale.
    pub supply: U256,
    /// Price of tick 0, in currency units per `UNIT`.
    pub floor_price: U256,
    /// What each tick costs more than the one below.
    pub tick_step: U256,
    /// How many prices there are.
    pub ticks: u64,
    /// Least proceeds.
    pub soft_cap: U256,
    /// The bids, by bidder.
    pub bids: BTreeMap<u64, Bid>,
}

/// Proceeds and tokens sold; both 0 when the sale has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In currency units.
    pub proceeds: U256,
    /// In token units.
    pub sold: U256,
}

/// What one claim gives.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// Whose it is.
    pub bidder: u64,
    /// Token units that it gets.
    pub tokens: U256,
    /// Currency units that it pays.
    pub spent: U256,
    /// Currency units that it gets back.
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

    /// What is bid at the ticks that `is_in` names.
    pub fn demand(&self, is_in: impl Fn(u64) -> bool) -> U256 {
        self.bids.values().filter(|bid| is_in(bid.tick)).map(|bid| bid.amount).sum()
    }

    /// The rule: the largest, over all ticks, of what is bid at or above the tick, but no more than the supply costs there.
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

    /// What each bidder gets, when they claim in this order: money is filled from the top tick down, until the proceeds are
    /// full; the tick at which they get full shares what is left for it, rounded up while there is any.
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
