//! Steps on random machines, taken in three ways, and the golden steps that the contract's tests
//! read.

mod dissection;
mod instructions;
mod machine;
mod scene;
mod vectors;
