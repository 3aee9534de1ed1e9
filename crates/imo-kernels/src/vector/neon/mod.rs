//! The kernels with NEON, which every 64-bit ARM processor has.

mod attention;
mod elementwise;
mod exp;
mod matrix;
mod shorts;

pub(super) use attention::attend_heads;
pub(super) use elementwise::{silu_mul, sum_of_weights};
pub(super) use matrix::mat_tile;
