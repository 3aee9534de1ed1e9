//! Whether a prompt can be answered, and what is said when it cannot.

use imo_model::EncodeError;

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
    /// The request has no prompt, no tokens to generate, or a list of parts that is not one.
    Malformed = 3,
    /// The program cannot read the request's parameters.
    Unreadable = 4,
    /// The model's chat template does not render such a conversation.
    NoSuchConversation = 5,
}

impl From<EncodeError> for Status {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::NotUtf8 => Self::NotUtf8,
            EncodeError::TooLong => Self::TooLong,
            EncodeError::Blank => Self::Malformed,
            EncodeError::NoSuchConversation => Self::NoSuchConversation,
        }
    }
}

impl Status {
    /// The status with this code; any other code is malformed.
    pub const fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Fine,
            1 => Self::NotUtf8,
            2 => Self::TooLong,
            4 => Self::Unreadable,
            5 => Self::NoSuchConversation,
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
            Self::Unreadable => "error: the program cannot read the request's parameters",
            Self::NoSuchConversation => "error: the model's chat template has no such conversation",
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
            (4, Status::Unreadable, "error: the program cannot read the request's parameters"),
            (
                5,
                Status::NoSuchConversation,
                "error: the model's chat template has no such conversation",
            ),
        ];
        for (code, status, answer) in statuses {
            assert_eq!(Status::from_code(code), status);
            assert_eq!((status as u32, status.answer()), (code, answer));
        }
        assert_eq!(Status::from_code(77), Status::Malformed);
    }
}
