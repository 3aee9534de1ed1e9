//! How an answer is to be chosen: what `run` and `ask` have in common.

/// One in the scale of a request's temperature.
const TEMPERATURE_ONE: f64 = 65_536.0;

/// What a request says beside its prompt.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Sampling {
    /// Give the prompt as it is, without the chat template
    #[arg(long)]
    pub(crate) raw: bool,
    /// Most tokens to generate
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tokens: u32,
    /// How freely to choose among tokens; 0 takes the likeliest
    #[arg(long, default_value = "0", value_parser = parse_temperature)]
    pub(crate) temperature: u32,
    /// How many of the likeliest tokens to choose among [default: 64]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) top_k: Option<u16>,
    /// Which choices to make, where there is a choice
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

/// A temperature in units of 2⁻¹⁶, as a request has it.
fn parse_temperature(text: &str) -> Result<u32, String> {
    let temperature: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let units = (temperature * TEMPERATURE_ONE).round();
    if !(0.0..=f64::from(u32::MAX)).contains(&units) {
        return Err("not between 0 and 65,535".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole u32")]
    Ok(units as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_in_sixty_five_thousandths() {
        assert_eq!(parse_temperature("0"), Ok(0));
        assert_eq!(parse_temperature("0.5"), Ok(1 << 15));
        assert_eq!(parse_temperature("1"), Ok(1 << 16));
        for text in ["-1", "nan", "inf", "1e9", "warm", ""] {
            assert!(parse_temperature(text).is_err(), "{text}");
        }
    }
}
