//! The binary on a fresh chain, as makers, operators, customers and challengers use it.

#[path = "../binary/mod.rs"]
mod binary;
mod refusals;
mod story;
mod talk;
mod world;
