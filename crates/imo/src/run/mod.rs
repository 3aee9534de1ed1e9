//! Runs a model on this computer: one answer, or a chat.

mod command;
pub(crate) use command::{Args, run};

mod stream;

mod report;

mod interrupt;

mod chat;

mod editor;

mod typed;
