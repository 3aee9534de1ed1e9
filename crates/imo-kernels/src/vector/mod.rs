//! The vector kernels, one folder per processor family. Each gives the bits of the definition.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

mod dispatch;
pub(crate) use dispatch::{attend_heads, mat_tile, silu_mul, sum_of_weights};
