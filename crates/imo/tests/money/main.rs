//! Compares the money with models that were written apart from the contracts.

mod books;
mod commands;
mod token;
