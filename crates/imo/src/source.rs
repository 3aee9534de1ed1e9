//! Which function and line of the guest's source an instruction comes from.

use std::fmt;

/// Address, file with line, and function of each run of instructions, ascending, as `programs/build.sh` wrote it.
const LINES: &str = include_str!("../../../programs/text.lines");

/// A place in the guest's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Place {
    /// File and line, from the repository's root.
    pub(crate) line: &'static str,
    pub(crate) function: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.function, self.line)
    }
}

/// The place of the instruction at `pc`; none before the first that is known.
pub(crate) fn place(pc: u32) -> Option<Place> {
    let parsed = LINES.lines().map(|line| {
        let (address, place) = line.split_once(' ').expect("an address comes first");
        (u32::from_str_radix(address, 16).expect("in hexadecimal"), place)
    });
    let (_, place) = parsed.take_while(|(address, _)| *address <= pc).last()?;
    let (line, function) = place.split_once(' ').expect("a line, then a function");
    Some(Place { line, function })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_in_the_guests_main() {
        let place = place(0x4000_0010).expect("the entry is known");
        assert!(place.line.starts_with("programs/text/src/main.rs:"), "{place}");
        assert_eq!(super::place(0), None);
    }

    #[test]
    fn addresses_ascend() {
        let address = |line: &str| u32::from_str_radix(&line[..8], 16).expect("hexadecimal");
        assert!(LINES.lines().map(address).is_sorted_by(|a, b| a < b));
    }
}
