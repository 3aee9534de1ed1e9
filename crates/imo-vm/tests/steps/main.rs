//! Steps three ways on random machines, and the golden vectors that the contract's tests read.

mod dissection;
mod instructions;
mod machine;
mod scene;
mod vectors;
