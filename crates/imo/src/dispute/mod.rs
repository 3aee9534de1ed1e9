//! Looks at disputes: lists games, runs disputed nodes again, shows single steps.

mod args;
pub(crate) use args::ModelArgs;

mod command;
pub(crate) use command::{Command, run};

mod replay;
pub(crate) use replay::disputed;

mod scene;
pub(crate) use scene::Scene;

mod show;

mod step;

mod words;
