//! Launches a model as its `imo.toml` says, or shows what a launch would mean.

mod command;
pub(crate) use command::{Args, run};

mod currency;

mod file;

mod plan;

mod rehearsal;
