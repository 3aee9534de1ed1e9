//! A node: an operator who answers requests, a challenger who disputes wrong answers, or both.
//!
//! `imo node` reads arguments, opens models, and starts one ([`Node::work`]). The loop reads what
//! the chain's logs say, decides what is most urgent, and sends it as a transaction; beside it a
//! server shows the traces of the node's claims to anybody who doubts them. `imo verify` and `imo
//! dispute` read the chain's structures as it does ([`request_of`], [`shown_slot`]), and other
//! people's traces ([`Sources`]); `imo launch` and `imo deploy` put programs on a chain with it
//! ([`registration`], [`put_code`]). What there is to tell people comes as an [`Event`], which
//! whoever starts the node prints.
//!
//! **Invariant:** it keeps nothing that it cannot work out again from the chain, the model file and
//! the request, so it may be killed at any moment.
#![deny(clippy::float_arithmetic)]

mod error;
pub use error::NodeError;

mod event;
pub use event::{Event, Report};

mod on_chain;
pub use on_chain::{registration, request_of, shown_slot};

mod code;
pub use code::{put_code, store_calls};

mod agenda;

mod role;
pub use role::Role;

mod metrics;

mod traces;

mod serve;

mod fetch;
pub use fetch::Sources;

mod judge;

mod funds;

mod send;

mod words;
pub use words::short;

mod worker;

mod node;
pub use node::Node;
