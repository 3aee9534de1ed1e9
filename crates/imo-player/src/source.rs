//! The function and source line that an instruction of a guest comes from.

use std::fmt;

/// A place in a guest's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// File and line, relative to the repository.
    pub line: &'static str,
    /// The function, as the compiler names it.
    pub function: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.function, self.line)
    }
}

/// The place of the instruction at `pc`. None before the first known line.
///
/// Each of the `lines` describes a sequence of instructions: its first address, the file with the
/// line number, and the function. Addresses ascend.
pub(crate) fn place(lines: &'static str, pc: u32) -> Option<Place> {
    let parsed = lines.lines().map(|line| {
        let (address, place) = line.split_once(' ').expect("an address comes first");
        (u32::from_str_radix(address, 16).expect("in hexadecimal"), place)
    });
    let (_, place) = parsed.take_while(|(address, _)| *address <= pc).last()?;
    let (line, function) = place.split_once(' ').expect("a line, then a function");
    Some(Place { line, function })
}
