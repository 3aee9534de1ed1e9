//! The currency of a sale.

use imo_chain::primitives::{Address, U256};
use serde::{Deserialize, Serialize};

use crate::amount::{parse_decimal, parse_ether};

/// Decimals to show when an amount need not be exact.
const SHOWN_DECIMALS: usize = 6;

/// ETH, or an ERC-20 token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Currency {
    pub(crate) address: Address,
    pub(crate) symbol: String,
    pub(crate) decimals: u8,
}

impl Default for Currency {
    fn default() -> Self {
        Self { address: Address::ZERO, symbol: "ETH".to_owned(), decimals: 18 }
    }
}

impl Currency {
    pub(crate) fn is_ether(&self) -> bool {
        self.address.is_zero()
    }

    /// Checks that ETH has its own symbol and decimals. Otherwise amounts would be shown wrongly.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_named = self.symbol == "ETH" && self.decimals == 18;
        if self.is_ether() && !is_named {
            return Err("a currency at address 0 is ETH, with 18 decimals".to_owned());
        }
        Ok(())
    }

    /// Reads an amount, in the smallest unit: `20 ETH`, `5000 USDC`. A number without a unit is in
    /// this currency.
    pub(crate) fn parse(&self, text: &str) -> Result<u128, String> {
        if self.is_ether() {
            return parse_ether(text);
        }
        let text = text.trim();
        let number = text.strip_suffix(self.symbol.as_str()).unwrap_or(text);
        parse_decimal(number.trim(), self.decimals.into())
            .map_err(|error| format!("{error}, in {}", self.symbol))
    }

    /// The amount with all its decimals.
    pub(crate) fn exact(&self, amount: U256) -> String {
        let (whole, part) = self.split(amount);
        self.named(&whole, &part)
    }

    /// The amount for people, with a few decimals.
    pub(crate) fn show(&self, amount: U256) -> String {
        let (whole, part) = self.split(amount);
        self.named(&whole, &part[..part.len().min(SHOWN_DECIMALS)])
    }

    fn split(&self, amount: U256) -> (String, String) {
        let width = usize::from(self.decimals) + 1;
        let digits = format!("{:0>width$}", amount.to_string());
        let (whole, part) = digits.split_at(digits.len() + 1 - width);
        (whole.to_owned(), part.to_owned())
    }

    fn named(&self, whole: &str, part: &str) -> String {
        let number = [whole, part.trim_end_matches('0')].join(".");
        format!("{} {}", number.trim_end_matches('.'), self.symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown_in_the_currency() {
        let coin =
            Currency { address: Address::repeat_byte(1), symbol: "USDC".to_owned(), decimals: 6 };
        assert_eq!(coin.parse("0.25 USDC"), Ok(250_000));
        assert_eq!(coin.parse("5000"), Ok(5_000_000_000));
        for text in ["1 ETH", "0.0000001", "1 gwei"] {
            assert!(coin.parse(text).is_err_and(|error| error.ends_with("in USDC")), "{text}");
        }
        assert_eq!(coin.exact(U256::from(250_000)), "0.25 USDC");
        assert_eq!(coin.show(U256::from(5_000_000_000_u64)), "5000 USDC");
        let ether = Currency::default();
        assert_eq!((ether.check(), coin.check()), (Ok(()), Ok(())));
        let disguised = Currency { address: Address::ZERO, ..coin.clone() };
        assert!(disguised.check().is_err_and(|error| error.contains("is ETH")));
        assert_eq!(ether.parse("1 gwei"), Ok(1_000_000_000));
        assert_eq!(ether.exact(U256::from(1)), "0.000000000000000001 ETH");
        assert_eq!(ether.show(U256::from(1)), "0 ETH");
        let whole = Currency { decimals: 0, ..coin };
        assert_eq!(whole.exact(U256::from(30)), "30 USDC");
    }
}
