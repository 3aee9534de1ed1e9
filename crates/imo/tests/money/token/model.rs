//! The token's rules over its full history: every balance at the end of every block, the revenue of
//! every epoch, and who was paid.

use std::collections::BTreeMap;

use alloy::primitives::U256;

pub(crate) const PEOPLE: usize = 4;
/// Holds the supply at first, and opens transfers.
pub(crate) const OPENER: usize = 0;
/// The most that the books can hold.
pub(crate) const LIMIT: U256 = U256::from_limbs([u64::MAX, (1 << 48) - 1, 0, 0]);

const LAUNCH: u64 = 1000;

/// The terms that the token is launched with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) supply: U256,
    pub(crate) shared_bps: u16,
    pub(crate) minimum: U256,
    /// How many entries a word of marks covers.
    pub(crate) chunk: u64,
}

#[derive(Debug)]
pub(crate) struct Epoch {
    pub(crate) block: u64,
    pub(crate) revenue: U256,
    settled: [bool; PEOPLE],
}

#[derive(Debug)]
pub(crate) struct Model {
    terms: Terms,
    open: bool,
    pub(crate) block: u64,
    /// Balances at the end of each block; of the present block, the balances so far.
    balances: BTreeMap<u64, [U256; PEOPLE]>,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) held: U256,
    pub(crate) owed: U256,
    pub(crate) pool: U256,
    pub(crate) received: [U256; PEOPLE],
    /// The block in which holders redirected each person's revenue.
    redirected: [Option<u64>; PEOPLE],
    /// What the drip was paid.
    pub(crate) dripped: U256,
}

impl Model {
    pub(crate) fn launch(terms: Terms) -> Self {
        let mut minted = [U256::ZERO; PEOPLE];
        minted[OPENER] = terms.supply;
        Self {
            terms,
            open: false,
            block: LAUNCH,
            balances: BTreeMap::from([(LAUNCH - 1, [U256::ZERO; PEOPLE]), (LAUNCH, minted)]),
            epochs: Vec::new(),
            held: U256::ZERO,
            owed: U256::ZERO,
            pool: U256::ZERO,
            received: [U256::ZERO; PEOPLE],
            redirected: [None; PEOPLE],
            dripped: U256::ZERO,
        }
    }

    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    pub(crate) fn roll(&mut self) {
        let balances = self.balances[&self.block];
        self.block += 1;
        self.balances.insert(self.block, balances);
    }

    pub(crate) fn balance(&self, person: usize) -> U256 {
        self.balances[&self.block][person]
    }

    pub(crate) fn supply(&self) -> U256 {
        self.supply_at(self.block)
    }

    /// The balance that counts for an epoch: that at the end of the block before it.
    pub(crate) fn balance_in(&self, epoch: &Epoch, person: usize) -> U256 {
        self.balances[&(epoch.block - 1)][person]
    }

    pub(crate) fn supply_in(&self, epoch: &Epoch) -> U256 {
        self.supply_at(epoch.block - 1)
    }

    /// Transfers tokens. Returns whether that was possible.
    pub(crate) fn transfer(&mut self, from: usize, to: usize, amount: U256) -> bool {
        let may = self.open || from == OPENER || amount.is_zero();
        if !may || amount > self.balance(from) {
            return false;
        }
        self.change(from, |balance| balance - amount);
        self.change(to, |balance| balance + amount);
        true
    }

    /// Adds to the books what is held beyond them, or leaves all of it waiting.
    pub(crate) fn credit(&mut self) {
        let booked = self.owed + self.pool;
        let amount = (self.held - booked).min(LIMIT - booked);
        let before = self.supply_at(self.block - 1);
        if !self.open || before.is_zero() {
            return;
        }
        let shared = amount * U256::from(self.terms.shared_bps) / U256::from(10_000);
        if !shared.is_zero() {
            let begun = self.epochs.last().is_some_and(|epoch| epoch.block == self.block);
            if (!begun && shared < self.terms.minimum) || !self.has_room(shared) {
                return;
            }
            self.begin().revenue += shared;
        }
        self.owed += shared;
        self.pool += amount - shared;
    }

    /// Begins an epoch that needs no revenue.
    pub(crate) fn mark(&mut self) {
        self.credit();
        if !self.supply_at(self.block - 1).is_zero() {
            self.begin();
        }
    }

    /// What `person` can claim of one epoch.
    pub(crate) fn share(&self, person: usize, epoch: &Epoch) -> U256 {
        if epoch.block == self.block || epoch.settled[person] {
            return U256::ZERO;
        }
        self.balance_in(epoch, person) * epoch.revenue / self.supply_in(epoch)
    }

    /// Pays `person` the share of the epoch at `index`.
    pub(crate) fn claim(&mut self, person: usize, index: usize) -> U256 {
        let share = self.epochs.get(index).map_or(U256::ZERO, |epoch| self.share(person, epoch));
        if !share.is_zero() {
            self.epochs[index].settled[person] = true;
            self.owed -= share;
            self.pay(person, share);
        }
        share
    }

    /// The number of epochs with revenue that are over.
    pub(crate) fn closed(&self) -> usize {
        self.entries().filter(|epoch| epoch.block < self.block).count()
    }

    /// Redirects a person's revenue by vote, which counts from the next block on.
    pub(crate) fn redirect(&mut self, person: usize) {
        self.redirected[person] = Some(self.block);
    }

    /// Ends a redirect: the person names itself as recipient.
    pub(crate) fn name(&mut self, person: usize) {
        self.redirected[person] = None;
    }

    /// The number of epochs with revenue that are over and stay the person's own. None if there is
    /// no redirect.
    pub(crate) fn past(&self, person: usize) -> Option<usize> {
        let since = self.redirected[person]?;
        let over = self.entries().filter(|epoch| epoch.block < self.block);
        Some(over.filter(|epoch| epoch.block <= since).count())
    }

    /// What `person` can claim by itself.
    pub(crate) fn claimable(&self, person: usize) -> U256 {
        self.due(person, 0, self.closed())
    }

    /// What the epochs with revenue from `first` up to `count` owe `person`. They are walked at
    /// once, so this is rounded down only once.
    fn due(&self, person: usize, first: usize, count: usize) -> U256 {
        let epochs = self.entries().take(count).skip(first);
        let unpaid = epochs.filter(|epoch| !epoch.settled[person]);
        unpaid.map(|epoch| self.scaled(epoch, person)).sum::<U256>() >> 112
    }

    /// Whether an epoch owes `person` something, but less than a unit.
    pub(crate) fn has_dust(&self, person: usize) -> bool {
        self.entries().filter(|epoch| !epoch.settled[person]).any(|epoch| {
            let scaled = self.scaled(epoch, person);
            !scaled.is_zero() && scaled < U256::ONE << 112
        })
    }

    /// Pays what is due.
    pub(crate) fn collect(&mut self, person: usize, count: usize) -> U256 {
        let due = self.settle(person, 0, count);
        self.owed -= due;
        self.pay(person, due);
        due
    }

    /// Pays the drip what is due after the first `past` epochs, which stay the person's own.
    pub(crate) fn drip(&mut self, person: usize, past: usize, count: usize) -> U256 {
        let due = self.settle(person, past, count);
        self.owed -= due;
        self.held -= due;
        self.dripped += due;
        due
    }

    fn settle(&mut self, person: usize, first: usize, count: usize) -> U256 {
        let due = self.due(person, first, count);
        let entries = self.epochs.iter_mut().filter(|epoch| !epoch.revenue.is_zero());
        entries.take(count).skip(first).for_each(|epoch| epoch.settled[person] = true);
        due
    }

    /// What burning redeems. None if `person` has fewer tokens.
    pub(crate) fn burn(&mut self, person: usize, amount: U256) -> Option<U256> {
        if amount > self.balance(person) {
            return None;
        }
        self.credit();
        let part = (amount * self.pool).checked_div(self.supply()).unwrap_or_default();
        self.change(person, |balance| balance - amount);
        self.pool -= part;
        self.pay(person, part);
        Some(part)
    }

    fn entries(&self) -> impl Iterator<Item = &Epoch> {
        self.epochs.iter().filter(|epoch| !epoch.revenue.is_zero())
    }

    /// What an epoch owes `person`, times 2^112.
    fn scaled(&self, epoch: &Epoch, person: usize) -> U256 {
        self.balance_in(epoch, person) * per_token(epoch.revenue, self.supply_in(epoch))
    }

    fn supply_at(&self, block: u64) -> U256 {
        self.balances[&block].iter().sum()
    }

    fn change(&mut self, person: usize, by: impl Fn(U256) -> U256) {
        let balances = self.balances.get_mut(&self.block).expect("the present block");
        balances[person] = by(balances[person]);
    }

    fn pay(&mut self, person: usize, amount: U256) {
        self.held -= amount;
        self.received[person] += amount;
    }

    /// The epoch of this block.
    fn begin(&mut self) -> &mut Epoch {
        if self.epochs.last().is_none_or(|epoch| epoch.block != self.block) {
            let (block, settled) = (self.block, [false; PEOPLE]);
            self.epochs.push(Epoch { block, revenue: U256::ZERO, settled });
        }
        self.epochs.last_mut().expect("one was there or was pushed")
    }

    /// Whether the sum of revenue per token stays below 2^224 if `more` comes in this block.
    fn has_room(&self, more: U256) -> bool {
        let (past, present): (Vec<&Epoch>, Vec<&Epoch>) =
            self.entries().partition(|epoch| epoch.block < self.block);
        let revenue = present.iter().map(|epoch| epoch.revenue).sum::<U256>() + more;
        let past = past.iter().map(|epoch| per_token(epoch.revenue, self.supply_in(epoch)));
        let sum = past.sum::<U256>() + per_token(revenue, self.supply_at(self.block - 1));
        sum >> 224 == U256::ZERO
    }
}

fn per_token(revenue: U256, supply: U256) -> U256 {
    (revenue << 112) / supply
}
