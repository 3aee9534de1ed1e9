//! The vector kernels, one file per instruction set. Each gives the bits of the scalar definition.

#[cfg(target_arch = "x86_64")]
mod attention;
#[cfg(target_arch = "x86_64")]
mod attention512;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
#[cfg(target_arch = "x86_64")]
mod elementwise;
#[cfg(target_arch = "x86_64")]
mod exp;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) use dispatch::{attend_heads, mat_tile, silu_mul, sum_of_weights};
