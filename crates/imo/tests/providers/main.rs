//! The binary behind endpoints that lag, limit, lose and lie by mistake, as providers of Ethereum
//! nodes do.

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../binary/mod.rs"]
mod binary;
mod game;
mod proxy;
mod sending;
mod waiting;
mod world;
