//! What each operator computes, bit for bit (`docs/spec/numerics.md`).
//!
//! Functions over slices, output first, nothing allocated; the same source runs on the host and in the virtual machine. These are the
//! definition: a faster path anywhere must give the same bits.
//!
//! **Invariant:** large sums are exact integers; everything else is IEEE-754 binary32, round to nearest even, in the order that the doc
//! comment gives. Every operator is total, and its doc comment says what infinities and NaN give.
#![cfg_attr(not(test), no_std)]

mod float;
pub use float::{canonical, order, power_of_two, square_root};

mod block;
pub use block::{BLOCK, BadMatrix, Format, GROUP, Matrix, half_to_units};

mod linear;
pub use linear::{LARGEST, Quantised, mat_vec, quantise};

mod exp;
pub use exp::{exp_of_negative, weight_of_negative};

mod norm;
pub use norm::rms_norm;

mod rope;
pub use rope::rotate;

mod attention;
pub use attention::{Attention, HeadShape, attend, quantise_head};

mod elementwise;
pub use elementwise::{add, silu_mul};

mod penalty;
pub use penalty::{RECENT, penalise};

mod sample;
pub use sample::{CANDIDATES, Candidate, Candidates, Sampling};
