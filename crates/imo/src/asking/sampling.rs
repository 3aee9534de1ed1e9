//! How to choose an answer.

use anyhow::ensure;
use imo_text::layout::{ONE, Stops};

/// What a request says apart from its prompt.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Sampling {
    /// Most tokens to generate, which are the units of a text model
    #[arg(long, aliases = ["max-units", "max-tokens"], value_name = "COUNT", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tokens: u32,
    /// How freely to choose among the tokens, 0 to 65,535; 0 always takes the likeliest
    #[arg(long, default_value = "0", value_parser = parse_temperature)]
    temperature: u32,
    /// Choose among this many of the likeliest tokens [default: 64]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    top_k: Option<u16>,
    /// Choose among the fewest of these tokens that together have this part of the weight, above
    /// 0 and at most 1; 1 disables this
    #[arg(long, value_name = "PART", default_value = "1", value_parser = parse_top_p)]
    top_p: u16,
    /// Leave out tokens that weigh less than this part of the likeliest one, 0 to below 1; 0
    /// disables this
    #[arg(long, value_name = "PART", default_value = "0", value_parser = parse_min_p)]
    min_p: u16,
    /// Make the last 64 tokens less likely: divide a positive logit by this factor, and multiply a
    /// negative one, 1 to 65,535; 1 disables this
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = parse_repeat_penalty)]
    repeat_penalty: u32,
    /// End the answer before this text, of at most 32 bytes; may be given up to four times
    #[arg(long, value_name = "TEXT", value_parser = parse_stop)]
    stop: Vec<String>,
    /// Seed of the random choices; in a chat, of the first answer
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

impl Sampling {
    /// How tokens are chosen.
    pub(crate) fn sampling(&self) -> imo_tensor::Sampling {
        imo_tensor::Sampling {
            temperature: self.temperature,
            top_k: self.top_k.unwrap_or(0),
            top_p: self.top_p,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
        }
    }

    /// The stop sequences.
    pub(crate) fn stops(&self) -> anyhow::Result<Stops> {
        let stops = Stops::new(self.stop.iter().map(String::as_bytes));
        let count = self.stop.len();
        ensure!(
            stops.is_some(),
            "--stop is given {count} times; at most {} are allowed",
            Stops::MOST
        );
        Ok(stops.unwrap_or_default())
    }
}

/// Reads a number in units of 2⁻¹⁶, as requests have it.
fn parse_units(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Ok((number * f64::from(ONE)).round())
}

/// Refuses a number that would mean nothing, since it is nearer to `off` than to any other unit.
fn refuse(off: &str, nearest: &str) -> String {
    format!("is as good as {off}, which disables this; give {off}, or {nearest}")
}

fn parse_temperature(text: &str) -> Result<u32, String> {
    let units = parse_units(text)?;
    if !(0.0..=f64::from(u32::MAX)).contains(&units) {
        return Err("must be between 0 and 65,535".to_owned());
    }
    match whole(units) {
        0 if !is(text, 0.0) => {
            Err("is as good as 0, which takes the likeliest; give 0, or at least 0.00001".into())
        }
        units => Ok(units),
    }
}

/// 1 disables top-p, which is 0 in a request. Anything above 0 that would round to 0 becomes the
/// smallest part, 2⁻¹⁶.
fn parse_top_p(text: &str) -> Result<u16, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if !(number > 0.0 && number <= 1.0) {
        return Err("must be above 0 and at most 1".to_owned());
    }
    match u16::try_from(whole(parse_units(text)?)) {
        Ok(units) => Ok(units.max(1)),
        Err(_) if is(text, 1.0) => Ok(0),
        Err(_) => Err(refuse("1", "at most 0.99999")),
    }
}

fn parse_min_p(text: &str) -> Result<u16, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if !(0.0..1.0).contains(&number) {
        return Err("must be at least 0 and below 1".to_owned());
    }
    match u16::try_from(whole(parse_units(text)?)).unwrap_or(u16::MAX) {
        0 if !is(text, 0.0) => Err(refuse("0", "at least 0.00001")),
        units => Ok(units),
    }
}

fn parse_repeat_penalty(text: &str) -> Result<u32, String> {
    let units = parse_units(text)?;
    if !(f64::from(ONE)..=f64::from(u32::MAX)).contains(&units) {
        return Err("must be between 1 and 65,535".to_owned());
    }
    // A factor of 1 disables the penalty, which is 0 in a request.
    match whole(units) {
        ONE if is(text, 1.0) => Ok(0),
        ONE => Err(refuse("1", "at least 1.00001")),
        units => Ok(units),
    }
}

/// Whether a text is exactly this number.
fn is(text: &str, number: f64) -> bool {
    text.parse().is_ok_and(|it: f64| it.to_bits() == number.to_bits())
}

fn parse_stop(text: &str) -> Result<String, String> {
    match text.len() {
        1..=Stops::LONGEST => Ok(text.to_owned()),
        length => Err(format!("has {length} bytes, not 1 to {}", Stops::LONGEST)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole u32")]
fn whole(units: f64) -> u32 {
    units as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_in_sixty_five_thousandths() {
        assert_eq!(parse_temperature("0"), Ok(0));
        assert_eq!(parse_temperature("0.5"), Ok(1 << 15));
        assert_eq!(parse_temperature("1"), Ok(1 << 16));
        assert_eq!(parse_temperature("0.00001"), Ok(1));
        for text in ["-1", "nan", "inf", "1e9", "warm", "", "1e-6", "-1e-9"] {
            assert!(parse_temperature(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_and_factors_keep_to_their_ranges() {
        assert_eq!(parse_top_p("0.5"), Ok(1 << 15));
        assert_eq!((parse_top_p("1"), parse_top_p("0.99999")), (Ok(0), Ok(u16::MAX)));
        assert_eq!(parse_top_p("1e-9"), Ok(1));
        assert_eq!((parse_min_p("0"), parse_min_p("0.25")), (Ok(0), Ok(1 << 14)));
        assert_eq!(parse_min_p("0.999999"), Ok(u16::MAX));
        assert_eq!((parse_min_p("0.00001"), parse_min_p("0.0")), (Ok(1), Ok(0)));
        assert_eq!(
            (parse_repeat_penalty("1"), parse_repeat_penalty("1.00001")),
            (Ok(0), Ok(65_537))
        );
        assert_eq!(parse_repeat_penalty("1.5"), Ok(3 << 15));
        assert_eq!(parse_repeat_penalty("65535"), Ok(65_535 << 16));
        // These would disable the option without saying so.
        for text in ["0", "-0.1", "1.1", "nan", "inf", "some", "", "0.999999"] {
            assert!(parse_top_p(text).is_err(), "top-p {text}");
        }
        for text in ["1", "-0.1", "nan", "inf", "some", "", "1e-6"] {
            assert!(parse_min_p(text).is_err(), "min-p {text}");
        }
        for text in ["0", "0.99", "-2", "65536", "nan", "inf", "some", "", "1.000001", "0.9999999"]
        {
            assert!(parse_repeat_penalty(text).is_err(), "repeat-penalty {text}");
        }
        assert!(parse_stop("").is_err() && parse_stop(&"x".repeat(33)).is_err());
        assert_eq!(parse_stop("\n"), Ok("\n".to_owned()));
    }
}
