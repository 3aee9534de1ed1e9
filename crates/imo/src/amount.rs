//! Amounts of money and of time as people write them.

use imo_chain::primitives::U256;

/// An amount in ether, for people.
pub(crate) fn ether(wei: U256) -> String {
    let text = imo_chain::primitives::utils::format_ether(wei);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let part = if part.len() > 6 { &part[..6] } else { part };
    if part.is_empty() { format!("{whole} ETH") } else { format!("{whole}.{part} ETH") }
}

/// A whole number of ether, or of tokens with 18 decimals, in the smallest unit.
pub(crate) fn whole(number: u64) -> U256 {
    U256::from(number) * U256::from(10).pow(U256::from(18))
}

/// A number of thousandths of an ether, in wei.
pub(crate) fn milli(number: u64) -> U256 {
    U256::from(number) * U256::from(10).pow(U256::from(15))
}

/// Reads an amount: `20 ETH`, `1 gwei`, `300 wei`; a number without a unit is in ether.
pub(crate) fn parse_ether(text: &str) -> Result<u128, String> {
    let (number, unit) = split_unit(text);
    let decimals = match unit {
        "" | "ETH" | "ether" => 18,
        "gwei" => 9,
        "wei" => 0,
        _ => return Err(format!("{unit:?} is not ETH, gwei or wei")),
    };
    parse_decimal(number, decimals)
}

/// Reads a share such as `2.5 %`, in basis points.
pub(crate) fn parse_share(text: &str) -> Result<u16, String> {
    let (number, unit) = split_unit(text);
    if unit != "%" {
        return Err(format!("{text:?} is not a share, such as \"2.5 %\""));
    }
    let bps = parse_decimal(number, 2)?;
    let bps = u16::try_from(bps).ok().filter(|bps| *bps <= 10_000);
    bps.ok_or_else(|| format!("{text:?} is more than 100 %"))
}

/// Reads a time such as `3 days` or `36 hours`, in seconds.
pub(crate) fn parse_duration(text: &str) -> Result<u64, String> {
    let (number, unit) = split_unit(text);
    let seconds: u64 = match unit.strip_suffix('s').unwrap_or(unit) {
        "" | "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "year" => 365 * 86_400,
        _ => return Err(format!("{unit:?} is not a unit of time, from seconds to years")),
    };
    let number: u64 = number.parse().map_err(|_| format!("{text:?} is not a whole number"))?;
    number.checked_mul(seconds).ok_or_else(|| format!("{text:?} is too long"))
}

/// A time in seconds, for people.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if minutes > 0 {
        format!("{minutes} min {seconds} s")
    } else {
        format!("{seconds} s")
    }
}

/// Reads a decimal number, in units of its last decimal place. Underscores may group digits.
pub(crate) fn parse_decimal(text: &str, decimals: usize) -> Result<u128, String> {
    let wrong = || format!("{text:?} is not a number with at most {decimals} decimals");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = [whole, part].concat().replace('_', "");
    let sound = digits.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= decimals;
    if !sound || whole.is_empty() {
        return Err(wrong());
    }
    let zeros = "0".repeat(decimals - part.replace('_', "").len());
    (digits + &zeros).parse().map_err(|_| wrong())
}

fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|it: char| !it.is_ascii_digit() && !".,_-".contains(it));
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_shares_and_times_are_exact() {
        assert_eq!(parse_ether("20 ETH"), Ok(20 * 10_u128.pow(18)));
        assert_eq!(parse_ether("0.000000000000000001"), Ok(1));
        assert_eq!(parse_ether("1.5gwei"), Ok(1_500_000_000));
        assert_eq!(parse_ether("1_000 wei"), Ok(1000));
        assert_eq!(parse_share("2.5 %"), Ok(250));
        assert_eq!(parse_share("100%"), Ok(10_000));
        assert_eq!(parse_duration("3 days"), Ok(259_200));
        assert_eq!(parse_duration("1 year"), Ok(31_536_000));
    }

    #[test]
    fn amounts_that_cannot_be_exact_are_refused() {
        for text in ["", "ETH", "-1 ETH", "1,5 ETH", "1 USD", "0.0000000000000000001", "1..2"] {
            assert!(parse_ether(text).is_err(), "{text}");
        }
        for text in ["5", "101 %", "0.001 %", "-1 %"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        for text in ["soon", "1.5 days", "3 moons", "-1 day"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
