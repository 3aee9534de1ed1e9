//! The table of guest programs.

use imo_model::ModelImage;

use crate::error::PlayerError;
use crate::guest::Guest;
use crate::text::{TEXT, TEXT_LONG};

/// Every program that this version can run and judge. To add one, write a file beside `text.rs` and
/// a row here.
pub static PROGRAMS: [&Guest; 2] = [&TEXT, &TEXT_LONG];

/// The program that an image needs.
pub fn guest_of(image: &ModelImage) -> Result<&'static Guest, PlayerError> {
    numbered(image.program_number())
}

fn numbered(number: u32) -> Result<&'static Guest, PlayerError> {
    PROGRAMS.into_iter().find(|guest| guest.number == number).ok_or_else(|| {
        let known: Vec<_> =
            PROGRAMS.iter().map(|guest| format!("{} ({})", guest.number, guest.name)).collect();
        PlayerError::UnknownProgram { number, known: known.join(", ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique() {
        for guest in PROGRAMS {
            assert!(std::ptr::eq(numbered(guest.number).expect("a row"), guest));
            assert_eq!(PROGRAMS.iter().filter(|it| it.name == guest.name).count(), 1);
        }
    }

    #[test]
    fn a_run_begins_in_the_start_up_of_guests() {
        for guest in PROGRAMS {
            let place = guest.place(guest.executable().entry + 16).expect("the entry is known");
            assert!(place.line.starts_with("programs/guest/src/machine.rs:"), "{place}");
            assert_eq!(guest.place(0), None);
        }
    }

    #[test]
    fn addresses_of_lines_ascend() {
        let address = |line: &str| u32::from_str_radix(&line[..8], 16).expect("hexadecimal");
        for guest in PROGRAMS {
            assert!(guest.lines.lines().map(address).is_sorted_by(|a, b| a < b), "{}", guest.name);
        }
    }

    #[test]
    fn a_program_that_is_not_here_is_named() {
        let error = numbered(7).expect_err("there is no such row").to_string();
        assert_eq!(
            error,
            "the model needs program 7, which this version does not have; it has 1 (text), \
             2 (text-long)"
        );
    }
}
