//! Keeps ether for gas: a bond that its owner cannot play for is a bond lost.
//!
//! Each open claim and game has a reserve, at twice the present base fee. A claim or a challenge is
//! opened only if all reserves, its own among them, are left afterwards. Moves always go.

use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, ClaimState, ClaimView, Client, GasPrice, View};

use crate::funds::Stakes;
use crate::mine::Mine;

/// Gas of finalizing a claim and getting its bond back.
const FOLLOW_UPS: u64 = 141_061;
/// Gas of a claim with an answer of a kilobyte, and of a challenge.
const OPENING: u64 = 200_000;
/// A defence shows the prompt, which costs gas for each byte beyond the first thousand.
const PROMPT: u64 = 1_000;
const BYTE_GAS: u64 = 40;
/// A challenger can always afford this many challenges more.
const STANDING: u64 = 2;

/// What the account has, and what everything costs now. Amounts in wei.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purse {
    pub(crate) balance: U256,
    pub(crate) price: GasPrice,
    pub(crate) stakes: Stakes,
}

/// More ether is needed than the account has. Amounts in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// What the account has.
    pub(crate) has: U256,
    /// What it would need.
    pub(crate) needs: U256,
}

impl Purse {
    /// Looks into an account.
    pub(crate) async fn look(
        client: &Client,
        account: Address,
        stakes: Stakes,
    ) -> Result<Self, ChainError> {
        let (balance, price) = (client.balance(account).await?, client.gas_price().await?);
        Ok(Self { balance, price, stakes })
    }

    /// Whether one more claim can be afforded, on a request with a text of so many bytes. Whoever
    /// `watches` keeps bonds and gas for challenges beside.
    pub(crate) fn for_claim(
        &self,
        view: &View,
        mine: &Mine,
        text: usize,
        watches: bool,
    ) -> Result<(), Shortage> {
        let gas = U256::from(OPENING + FOLLOW_UPS) + self.defence(text);
        let bond = self.stakes.claim_bond(self.price.base_fee);
        let standing = if watches { self.challenge(0) * U256::from(STANDING) } else { U256::ZERO };
        self.afford(bond + self.wei(gas) + standing + self.reserve(view, mine))
    }

    /// Whether one more challenge can be afforded, against a claim on such a request.
    pub(crate) fn for_challenge(
        &self,
        view: &View,
        mine: &Mine,
        text: usize,
    ) -> Result<(), Shortage> {
        self.afford(self.challenge(text) + self.reserve(view, mine))
    }

    /// What all open claims and games of mine may still take.
    pub(crate) fn reserve(&self, view: &View, mine: &Mine) -> U256 {
        let pending = || view.claims.values().filter(|it| it.state == ClaimState::Pending);
        let text = |claim: &ClaimView| {
            let request = claim.request.and_then(|id| view.requests.get(&id));
            request.map_or(0, |request| request.input.len())
        };
        let open = |claim: &ClaimView| {
            let games = claim.games.iter().filter_map(|id| view.games.get(id));
            games.filter(|game| game.is_open()).count() as u64
        };
        let claims = pending().filter(|claim| mine.defends(claim)).map(|claim| {
            let window_is_open = view.time <= claim.window_end;
            let games = open(claim) + u64::from(window_is_open);
            U256::from(games) * self.defence(text(claim)) + U256::from(FOLLOW_UPS)
        });
        let games = view.open_games().filter(|(game, claim)| {
            game.challenger == mine.account && claim.state == ClaimState::Pending
        });
        let games = games.map(|(_, claim)| self.defence(text(claim)));
        self.wei(claims.chain(games).sum())
    }

    /// Gas of a claimant's moves in a game. A challenger's take a little less.
    fn defence(&self, text: usize) -> U256 {
        let bytes = (text as u64).saturating_sub(PROMPT);
        self.stakes.defence_gas + U256::from(bytes * BYTE_GAS)
    }

    /// Bond and gas of a challenge.
    fn challenge(&self, text: usize) -> U256 {
        let bond = self.stakes.challenge_bond(self.price.base_fee);
        bond + self.wei(U256::from(OPENING) + self.defence(text))
    }

    fn wei(&self, gas: U256) -> U256 {
        gas * self.price.doubled()
    }

    fn afford(&self, needs: U256) -> Result<(), Shortage> {
        let has = self.balance;
        if needs <= has { Ok(()) } else { Err(Shortage { has, needs }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u64 = 1_000_000_000;

    /// At a base fee of so many gwei, with the bonds and the defence of `imo deploy`.
    fn purse(base_fee: u64, milli_ether: u64) -> Purse {
        let milli = U256::from(10).pow(U256::from(15));
        Purse {
            balance: U256::from(milli_ether) * milli,
            price: GasPrice { base_fee: U256::from(base_fee * GWEI), tip: U256::ZERO },
            stakes: Stakes {
                claim: U256::from(400) * milli,
                challenge: U256::from(100) * milli,
                defence_gas: U256::from(1_109_600),
            },
        }
    }

    fn view() -> View {
        let nobody = Address::ZERO;
        View::new(imo_chain::Deployment {
            chain_id: 1,
            block: 0,
            stepper: nobody,
            verifier: nobody,
            registry: nobody,
            oracle: nobody,
            factory: nobody,
            offering: nobody,
        })
    }

    fn claims(base_fee: u64, milli_ether: u64, text: usize, watches: bool) -> bool {
        let mine = Mine { account: Address::ZERO, defends: Vec::new() };
        purse(base_fee, milli_ether).for_claim(&view(), &mine, text, watches).is_ok()
    }

    #[test]
    fn a_claim_needs_its_bond_and_a_defence_at_twice_the_base_fee() {
        // 1,450,661 gas at 2 gwei are 0.0029 ETH; at 40 gwei, 0.058 ETH.
        assert!(!claims(1, 402, 0, false) && claims(1, 403, 0, false));
        assert!(!claims(20, 458, 0, false) && claims(20, 459, 0, false));
        // 10,000 bytes of prompt cost 360,000 gas more.
        assert!(!claims(20, 472, 10_000, false) && claims(20, 473, 10_000, false));
        // At 100 gwei the bond is four defences at five quarters of the base fee.
        assert!(!claims(100, 844, 0, false) && claims(100, 845, 0, false));
    }

    #[test]
    fn who_watches_keeps_two_challenges_beside() {
        // Twice 0.1 ETH and 1,309,600 gas at 2 gwei.
        assert!(!claims(1, 608, 0, true) && claims(1, 609, 0, true));
        let mine = Mine { account: Address::ZERO, defends: Vec::new() };
        assert!(purse(1, 103).for_challenge(&view(), &mine, 0).is_ok());
        let short = purse(1, 102).for_challenge(&view(), &mine, 0).expect_err("too little");
        assert_eq!(short.has, purse(1, 102).balance);
    }
    /// The path of an endpoint's URL often holds a key, and what a node says is logged.
    #[tokio::test]
    async fn what_is_said_of_an_endpoint_holds_no_key() {
        let signer = imo_chain::Signer::development(0).expect("a development account");
        let client = Client::connect("http://127.0.0.1:1/secret", signer).expect("a URL");
        let said = client.gas_price().await.expect_err("nobody listens").to_string();
        assert!(!said.contains("secret"), "{said}");
    }
}
