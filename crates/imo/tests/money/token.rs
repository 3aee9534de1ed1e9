//! Compares the token with its full history, over random sequences of what people can do with it.

mod contract;
mod model;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use imo_chain::contracts::ModelToken::{
    RevenueClaimed, balanceOfAtCall, balanceOfCall, booksOfCall, burn_0Call, claimAllCall,
    claimAllForCall, claimCall, claimableAllCall, claimableRevenueCall, deposit_1Call,
    epochCountCall, fixRecipientCall, markCall, openCall, redeemableOnBurnCall, setRecipientCall,
    settleCall, snapshotCall, totalSupplyAtCall, totalSupplyCall, transferCall,
};

use self::contract::{CHUNK, Contract, DRIP, PAYER, address};
use self::model::{LIMIT, Model, OPENER, PEOPLE, Terms};
use crate::books::Random;

const SEQUENCES: u64 = 500;
/// How many entries one word of marks covers. Small numbers make short sequences need many words;
/// the last number is the contract's own.
const CHUNKS: [u64; 3] = [2, 3, CHUNK];

/// How many times as many sequences to try: `IMO_SOAK`, or 1 if it is not set.
fn soak() -> u64 {
    let factor = std::env::var("IMO_SOAK");
    factor.map_or(1, |text| text.parse().expect("IMO_SOAK is a whole number"))
}

/// One sequence, applied to the model and to the contract.
struct Sequence<'a> {
    random: Random,
    terms: Terms,
    /// About the largest deposit.
    most: U256,
    model: Model,
    contract: Contract,
    /// Each person is settled at least up to this entry.
    settled: [usize; PEOPLE],
    /// How often each thing happened, in all sequences.
    seen: &'a mut BTreeMap<&'static str, u64>,
}

impl<'a> Sequence<'a> {
    fn launch(number: u64, seen: &'a mut BTreeMap<&'static str, u64>) -> Self {
        let mut random = Random(U256::from(number));
        let unit = U256::from(10).pow(U256::from([0, 3, 24][random.pick(3)]));
        let supply = unit + random.draw(unit);
        let shared_bps = [10_000, 6000, 3333, 0][random.pick(4)];
        // From twice the supply on, most balances have whole units of most epochs.
        let minimum = [U256::from(50), supply * U256::from(2)][random.pick(2)];
        // Some sequences fill the books.
        let most = if random.below(8) == 0 { LIMIT } else { minimum * U256::from(100) };
        let chunk = CHUNKS[random.pick(CHUNKS.len())];
        let terms = Terms { supply, shared_bps, minimum, chunk };
        let model = Model::launch(terms);
        let contract = Contract::launch(terms, model.block);
        Self { random, terms, most, model, contract, settled: [0; PEOPLE], seen }
    }

    fn run(&mut self) {
        for _ in 0..self.random.below(6) {
            self.act();
        }
        self.must(address(OPENER), &openCall {});
        self.model.open();
        if self.random.below(32) == 0 {
            self.age();
        }
        for _ in 0..self.random.below(200) {
            self.act();
        }
    }

    /// Adds hundreds of epochs, so that single claims need more than one word of marks.
    fn age(&mut self) {
        for _ in 0..200 + self.random.below(300) {
            self.deposit();
            if self.random.below(8) == 0 {
                self.transfer();
            }
            self.roll();
        }
    }

    fn act(&mut self) {
        match self.random.below(32) {
            0..=2 => self.transfer(),
            3..=6 => self.deposit(),
            7 => self.send(),
            8 => self.snapshot(),
            9 => self.mark(),
            10..=19 => self.claim(),
            20 => self.claim_all(),
            21 => self.claim_all_for(),
            22 => self.burn(),
            23 => self.redirect(),
            24 => self.name(),
            25..=26 => self.settle(),
            _ => self.roll(),
        }
    }

    fn roll(&mut self) {
        for _ in 0..1 + self.random.below(3) / 2 {
            self.model.roll();
        }
        self.contract.roll(self.model.block);
    }

    fn transfer(&mut self) {
        let (from, to) = (self.random.pick(PEOPLE), self.random.pick(PEOPLE));
        let amount = self.part(from);
        let done = self.model.transfer(from, to, amount);
        let call = transferCall { to: address(to), value: amount };
        assert_eq!(self.contract.call(address(from), &call).is_some(), done, "a transfer");
        self.saw("refusals", !done);
    }

    fn deposit(&mut self) {
        let amount = self.amount();
        self.contract.pay(PAYER, amount, deposit_1Call {}.abi_encode()).expect("a deposit");
        self.model.held += amount;
        self.model.credit();
        self.saw("full books", self.model.owed + self.model.pool == LIMIT);
    }

    fn send(&mut self) {
        let amount = self.amount();
        self.contract.pay(PAYER, amount, Vec::new()).expect("a plain send");
        self.model.held += amount;
    }

    fn snapshot(&mut self) {
        self.must(PAYER, &snapshotCall {});
        self.model.credit();
    }

    fn mark(&mut self) {
        self.must(PAYER, &markCall {});
        self.model.mark();
    }

    fn claim(&mut self) {
        let person = self.random.pick(PEOPLE);
        // One index too many is possible: an unknown epoch.
        let index = self.random.pick(self.model.epochs.len() + 1);
        let share = self.model.claim(person, index);
        let call = claimCall { epoch: U256::from(index + 1) };
        let claimed = self.contract.call(address(person), &call);
        let paid = claimed.map_or(U256::ZERO, |claimed| claimed[0].amount);
        assert_eq!(paid, share, "a claim");
        self.saw("claims", !share.is_zero());
    }

    fn claim_all(&mut self) {
        let person = self.random.pick(PEOPLE);
        let steps = self.steps(&[person]);
        let call = claimAllCall { asset: Address::ZERO, steps };
        let claimed = self.must(address(person), &call);
        self.walked(person, steps, claimed.first());
    }

    fn claim_all_for(&mut self) {
        let (first, count) = (self.random.pick(PEOPLE), 1 + self.random.pick(PEOPLE));
        let people: Vec<usize> = (first..first + count).map(|person| person % PEOPLE).collect();
        let steps = self.steps(&people);
        let accounts = people.iter().map(|person| address(*person)).collect();
        let asset = Address::ZERO;
        let events = self.must(PAYER, &claimAllForCall { accounts, asset, steps });
        for person in people {
            let claimed = events.iter().find(|event| event.account == address(person));
            match self.model.past(person) {
                None => self.walked(person, steps, claimed),
                Some(past) => self.redirected(person, past, steps, claimed),
            }
        }
    }

    /// What was earned before the redirect stays as it is. The drip is paid only what came since. A
    /// page that pays nothing has passed only entries that owe nothing, so it does not matter where
    /// it ended. But if entries owe dust, a walk goes to the end.
    fn redirected(
        &mut self,
        person: usize,
        past: usize,
        steps: U256,
        claimed: Option<&RevenueClaimed>,
    ) {
        let closed = self.model.closed();
        let nowhere = if steps == U256::MAX { closed } else { past };
        let reached = claimed.map_or(nowhere, |event| event.cursor.to());
        assert!(past <= reached && reached <= closed, "{past} {reached} {closed}");
        let paid = claimed.map_or(U256::ZERO, |event| event.amount);
        let due = self.model.claimable(person);
        assert_eq!(self.model.drip(person, past, reached), paid, "what the drip gets");
        assert!(claimed.is_none_or(|event| event.to == DRIP), "{claimed:?}");
        self.saw("kept", !paid.is_zero() && due > paid + U256::ONE);
        self.saw("drips", !paid.is_zero());
    }

    fn redirect(&mut self) {
        let person = self.random.pick(PEOPLE);
        self.must(PAYER, &fixRecipientCall { account: address(person), to: DRIP });
        self.model.redirect(person);
    }

    /// It changes nothing that can be asked.
    fn settle(&mut self) {
        let account = address(self.random.pick(PEOPLE));
        self.must(PAYER, &settleCall { account });
    }

    fn name(&mut self) {
        let person = self.random.pick(PEOPLE);
        self.must(address(person), &setRecipientCall { to: address(person) });
        self.model.name(person);
    }

    /// A walk passes at least as many entries as it was given steps, and pays the sum of the
    /// entries it passed.
    fn walked(&mut self, person: usize, steps: U256, event: Option<&RevenueClaimed>) {
        let closed = self.model.closed();
        let least =
            (U256::from(self.settled[person]).saturating_add(steps)).min(U256::from(closed));
        let reached = event.map_or(least, |event| event.cursor);
        assert!(least <= reached && reached <= U256::from(closed), "{least} {reached} {closed}");
        self.settled[person] = reached.to();
        let paid = event.map_or(U256::ZERO, |event| event.amount);
        assert_eq!(self.model.collect(person, reached.to()), paid, "a walk");
        self.saw("walks", !paid.is_zero());
        self.saw("pages", !paid.is_zero() && reached < U256::from(closed));
    }

    fn burn(&mut self) {
        let person = self.random.pick(PEOPLE);
        let amount = self.part(person) / U256::from(1 + self.random.below(20));
        let quoted = self.contract.view(&redeemableOnBurnCall { amount });
        let redeemed = self.model.burn(person, amount);
        let done = self.contract.call(address(person), &burn_0Call { amount }).is_some();
        assert_eq!(done, redeemed.is_some(), "a burn");
        assert_eq!(redeemed.unwrap_or(quoted), quoted, "what burning was said to redeem");
        self.saw("redemptions", redeemed.is_some_and(|part| !part.is_zero()));
        self.saw("refusals", !done);
    }

    fn must(&mut self, from: Address, call: &impl SolCall) -> Vec<RevenueClaimed> {
        self.contract.call(from, call).expect("a call that no rule forbids")
    }

    fn amount(&mut self) -> U256 {
        let minimum = self.terms.minimum;
        match self.random.below(4) {
            0 => self.random.draw(minimum),
            _ => minimum * U256::from(4) + self.random.draw(self.most),
        }
    }

    /// Some of a person's tokens, all of them, or one unit too many.
    fn part(&mut self, person: usize) -> U256 {
        let balance = self.model.balance(person);
        match self.random.below(8) {
            0 => balance,
            1 => balance + U256::ONE,
            2 => U256::ZERO,
            _ => self.random.draw(balance + U256::ONE),
        }
    }

    /// The steps of a walk. A page that pays nothing does not say where it ended, so if a single
    /// epoch pays nothing, the walk goes to the end.
    fn steps(&mut self, people: &[usize]) -> U256 {
        let dust = people.iter().any(|person| self.model.has_dust(*person));
        if dust { U256::MAX } else { U256::from(1 + self.random.below(4)) }
    }

    fn saw(&mut self, what: &'static str, happened: bool) {
        *self.seen.entry(what).or_default() += u64::from(happened);
    }

    /// Compares everything that can be asked with the history.
    fn compare(&mut self) {
        let Self { model, contract, .. } = self;
        let books = contract.view(&booksOfCall { asset: Address::ZERO });
        assert_eq!((books.owed, books.pool), (model.owed, model.pool), "the books");
        assert_eq!(contract.eth(contract.token), model.held, "what is held");
        assert_eq!(contract.eth(DRIP), model.dripped, "what the drip has");
        assert!(model.owed + model.pool <= model.held, "solvent");
        assert_eq!(contract.view(&totalSupplyCall {}), model.supply(), "the supply");
        assert_eq!(contract.view(&epochCountCall {}), U256::from(model.epochs.len()), "epochs");
        let mut claimable = U256::ZERO;
        for person in 0..PEOPLE {
            let account = address(person);
            assert_eq!(contract.eth(account), model.received[person], "what was paid");
            assert_eq!(contract.view(&balanceOfCall { account }), model.balance(person), "balance");
            let due = model.claimable(person);
            let all = claimableAllCall { account, asset: Address::ZERO };
            assert_eq!(contract.view(&all), due, "claimable in all");
            claimable += due;
            for (epoch, id) in model.epochs.iter().zip(1_u64..) {
                let id = U256::from(id);
                let balance = contract.view(&balanceOfAtCall { account, epoch: id });
                assert_eq!(balance, model.balance_in(epoch, person), "balance at epoch {id}");
                let share = contract.view(&claimableRevenueCall { account, epoch: id });
                assert_eq!(share, model.share(person, epoch), "claimable of epoch {id}");
            }
        }
        assert!(claimable <= model.owed, "what all can claim is owed");
        for (epoch, id) in model.epochs.iter().zip(1_u64..) {
            let supply = contract.view(&totalSupplyAtCall { epoch: U256::from(id) });
            assert_eq!(supply, model.supply_in(epoch), "supply at epoch {id}");
        }
    }
}

#[test]
fn the_contract_pays_what_full_history_says() {
    let mut seen = BTreeMap::new();
    for number in 0..SEQUENCES * soak() {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut sequence = Sequence::launch(number, &mut seen);
            sequence.run();
            sequence.compare();
        }));
        assert!(outcome.is_ok(), "in sequence {number}");
    }
    assert!(seen.values().all(|count| *count > SEQUENCES / 20), "all of it, and often: {seen:?}");
}
