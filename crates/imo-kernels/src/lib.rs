//! The operators of `imo-tensor` on real machines: vector instructions, several tokens at once,
//! several threads.
//!
//! An engine quantises the activations of a few tokens into a [`Tile`] and multiplies matrices with
//! the tile ([`products`], or [`mat_tile`] for some rows). It keeps the keys and values of earlier
//! positions in a [`KvCache`], and [`attend_heads`] reads them there. [`Isa`] names the
//! instructions to use, with code for x86-64 (AVX2, AVX-512) and 64-bit ARM (NEON); on other
//! processors the definition in `imo-tensor` runs. Nothing here knows a model's layers, or files.
//!
//! **Invariant:** every path gives the bits that `imo-tensor` gives.

#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    expect(dead_code, unused_variables, reason = "other processors run the definition itself")
)]

mod isa;
pub use isa::Isa;

mod tile;
pub use tile::{TILE, Tile};

mod product;
pub use product::Product;

mod linear;
pub use linear::mat_tile;

mod threads;
pub use threads::{Effort, products};

mod kv;
pub use kv::{Keys, KvCache, KvShape, Rows, Values};

mod heads;
pub use heads::{Queries, Scratch};

mod attention;
pub use attention::attend_heads;

mod elementwise;
pub use elementwise::{silu_mul, sum_of_weights};

mod vector;
