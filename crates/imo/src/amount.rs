//! Amounts of money as people write them.

use imo_chain::primitives::U256;

/// An amount for people, in ether.
pub(crate) fn ether(wei: U256) -> String {
    let text = imo_chain::primitives::utils::format_ether(wei);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let part = if part.len() > 6 { &part[..6] } else { part };
    if part.is_empty() { format!("{whole} ETH") } else { format!("{whole}.{part} ETH") }
}

/// A number of whole ether, or of whole tokens with 18 decimals, in the smallest unit.
pub(crate) fn whole(number: u64) -> U256 {
    U256::from(number) * U256::from(10).pow(U256::from(18))
}

/// Thousandths of an ether.
pub(crate) fn milli(number: u64) -> U256 {
    U256::from(number) * U256::from(10).pow(U256::from(15))
}
