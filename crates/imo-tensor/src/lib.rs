//! What each operator computes, bit for bit (`docs/spec/numerics.md`).
//!
//! The functions here are the definition: a faster path anywhere must give the same bits. The
//! program `programs/text` runs them in the virtual machine when a node is disputed. `imo-kernels`
//! computes the same with vector instructions and threads, and is tested against them. `imo-pack`
//! writes the formats that they read. Each is a function over slices, with its output first, and
//! allocates nothing, so that the same source runs on the host and in the virtual machine.
//!
//! **Invariant:** large sums are exact integers; everything else is IEEE-754 binary32, round to
//! nearest even, in the order that the doc comment gives. Every operator is total, and its doc
//! comment says what infinities and NaN give.
#![cfg_attr(not(test), no_std)]

mod float;
pub use float::{canonical, order, power_of_two, square_root};

mod format;
pub use format::{BLOCK, Format, GROUP};

mod quantise;
pub use quantise::{LARGEST, Quantised, quantise, quantise_head};

mod matrix;
pub use matrix::{BadMatrix, Matrix, half_to_units};

mod linear;
pub use linear::mat_vec;

mod exp;
pub use exp::{exp_of_negative, weight_of_negative};

mod norm;
pub use norm::rms_norm;

mod rope;
pub use rope::rotate;

mod attention;
pub use attention::{Attention, HeadShape, attend};

mod elementwise;
pub use elementwise::{add, silu_mul};

mod penalty;
pub use penalty::{RECENT, penalise};

mod sample;
pub use sample::{CANDIDATES, Candidate, Candidates, Sampling};
