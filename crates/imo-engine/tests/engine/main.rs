//! Whole inferences: on tiny models in every way of computing, and on a real one.

mod architectures;
mod input;
mod options;
mod real;
mod tiny;
mod totality;
mod turns;
