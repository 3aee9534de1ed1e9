//! Whether a prompt can be answered, and what is said when it cannot.

/// What became of the prompt: the first word of a tokenizer slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// The prompt has tokens, and can be answered.
    Fine = 0,
    /// The prompt is not UTF-8.
    NotUtf8 = 1,
    /// The prompt has more tokens than the model has positions.
    TooLong = 2,
    /// The request has no prompt, no tokens to generate, or fields out of range.
    Malformed = 3,
}

impl Status {
    /// The status with this code; any other code is malformed.
    pub const fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Fine,
            1 => Self::NotUtf8,
            2 => Self::TooLong,
            _ => Self::Malformed,
        }
    }

    /// The error text that answers a prompt with this status.
    pub const fn answer(self) -> &'static str {
        match self {
            Self::Fine => "",
            Self::NotUtf8 => "error: the prompt is not UTF-8",
            Self::TooLong => "error: the prompt has more tokens than the model has positions",
            Self::Malformed => "error: the request is malformed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_answers_are_those_of_the_spec() {
        let statuses = [
            (0, Status::Fine, ""),
            (1, Status::NotUtf8, "error: the prompt is not UTF-8"),
            (2, Status::TooLong, "error: the prompt has more tokens than the model has positions"),
            (3, Status::Malformed, "error: the request is malformed"),
        ];
        for (code, status, answer) in statuses {
            assert_eq!(Status::from_code(code), status);
            assert_eq!((status as u32, status.answer()), (code, answer));
        }
        assert_eq!(Status::from_code(77), Status::Malformed);
    }
}
