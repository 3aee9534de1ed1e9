//! What a model is asked: the options that `run` and `ask` share, and how a request is shown.

mod messages;
pub(crate) use messages::{Message, read as read_messages, write as write_messages};

mod prompt;
pub(crate) use prompt::Prompt;

mod sampling;

mod options;
pub(crate) use options::{Options, Wanted};

mod fit;
pub(crate) use fit::{Takes, check_fits, without_thoughts};

mod refusal;
pub(crate) use refusal::advice;

mod shown;
pub(crate) use shown::{Asked, asked};
