//! The kernels with AVX2 and AVX-512.

pub(super) mod attention;
pub(super) mod avx2;
pub(super) mod avx512;
pub(super) mod elementwise;
mod exp;
mod sums;
mod sums512;
