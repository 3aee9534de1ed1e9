//! From an instruction set's name to its code.
#![cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    expect(unsafe_code, reason = "calls code for instructions that were detected")
)]

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::x86::{attention, avx2, avx512, elementwise};
use crate::heads::{Queries, Scratch};
use crate::isa::Isa;
use crate::kv::{Keys, Values};
use crate::product::Product;

/// As [`crate::linear::mat_tile`].
///
/// # Panics
///
/// When the machine lacks `isa`, or `isa` is the scalar one, which has no kernel here.
pub(crate) fn mat_tile(out: &mut [f32], product: &Product<'_>, isa: Isa) {
    assert_eq!(product.w.columns(), product.x.columns(), "one value per column");
    assert!(isa.is_available(), "this machine has no {isa:?}");
    match isa {
        // SAFETY: the machine has what was asked for, as the assertion says.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512::mat_tile(out, product) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2::mat_tile(out, product) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Isa::NeonDot => unsafe { neon::mat_tile::<true>(out, product) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => unsafe { neon::mat_tile::<false>(out, product) },
        _ => unreachable!("{isa:?} has no kernel here"),
    }
}

/// As [`crate::attention::attend_heads`], for heads of a multiple of 8.
///
/// # Panics
///
/// As [`mat_tile`].
pub(crate) fn attend_heads(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
    isa: Isa,
) {
    assert!(isa.is_available(), "this machine has no {isa:?}");
    match isa {
        // SAFETY: the machine has what was asked for, and the heads are of the right width.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if (out.len() / queries.exponents.len()).is_multiple_of(16) => unsafe {
            attention::attend_heads::<true>(out, scratch, queries, scale, (keys, values));
        },
        // SAFETY: the machine has what was asked for, and AVX-512 machines have AVX2.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 => unsafe {
            attention::attend_heads::<false>(out, scratch, queries, scale, (keys, values));
        },
        // SAFETY: the machine has what was asked for.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon | Isa::NeonDot => unsafe {
            neon::attend_heads(out, scratch, queries, scale, (keys, values));
        },
        _ => unreachable!("{isa:?} has no kernel here"),
    }
}

/// As [`crate::elementwise::silu_mul`].
///
/// # Panics
///
/// As [`mat_tile`].
pub(crate) fn silu_mul(gate: &mut [f32], up: &[f32], isa: Isa) {
    assert!(isa.is_available(), "this machine has no {isa:?}");
    match isa {
        // SAFETY: the machine has what was asked for, and AVX-512 machines have AVX2.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 => unsafe { elementwise::silu_mul(gate, up) },
        // SAFETY: the machine has what was asked for.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon | Isa::NeonDot => unsafe { neon::silu_mul(gate, up) },
        _ => unreachable!("{isa:?} has no kernel here"),
    }
}

/// As [`crate::elementwise::sum_of_weights`].
///
/// # Panics
///
/// As [`mat_tile`].
pub(crate) fn sum_of_weights(x: &[f32], largest: f32, isa: Isa) -> u64 {
    assert!(isa.is_available(), "this machine has no {isa:?}");
    match isa {
        // SAFETY: the machine has what was asked for, and AVX-512 machines have AVX2.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 => unsafe { elementwise::sum_of_weights(x, largest) },
        // SAFETY: the machine has what was asked for.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon | Isa::NeonDot => unsafe { neon::sum_of_weights(x, largest) },
        _ => unreachable!("{isa:?} has no kernel here"),
    }
}
