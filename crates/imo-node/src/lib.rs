//! A node: an operator who answers requests, a challenger who disputes wrong answers, or both.
//!
//! `imo node` reads the arguments, opens the models, and starts a node ([`Node::work`]). Its loop
//! reads the chain's logs, decides what is most urgent, and sends a transaction. Beside the loop, a
//! server shows the traces of the node's claims to anybody who doubts them. The node tells what
//! happens as an [`Event`], which the caller prints.
//!
//! Other commands use parts of it. `imo verify` and `imo dispute` read requests ([`request_of`]),
//! disputed slots ([`shown_slot`]) and other people's traces ([`Sources`]). `imo launch` and `imo
//! deploy` put programs on a chain ([`registration`], [`put_code`]).
//!
//! **Invariant:** a node keeps nothing that it cannot work out again from the chain, the model file
//! and the request, so it may be killed at any moment.
#![deny(clippy::float_arithmetic)]

mod error;
pub use error::NodeError;

mod event;
pub use event::{Event, Report};

mod on_chain;
pub use on_chain::{registration, request_of, shown_slot};

mod code;
pub use code::{put_code, store_calls};

mod mine;

mod agenda;

mod fees;

mod follow_ups;

mod role;
pub use role::Role;

mod metrics;

mod traces;

mod serve;

mod address;
pub use address::may_be_asked;

mod fetch;
pub use fetch::Sources;

mod memory;

mod funds;

mod treasury;

mod judge;

mod send;
pub use send::claimed_answer;

mod words;
pub use words::short;

mod worker;

mod node;
pub use node::Node;
