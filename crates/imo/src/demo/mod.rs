//! The whole story on a local node, with a real model and real disputes.

mod ask;

mod dispute;

mod gas;

mod launch;

mod mint;

mod nodes;

mod people;

mod revenue;

mod sheet;

mod speed;

mod stage;

mod story;
pub(crate) use story::{Args, run};
