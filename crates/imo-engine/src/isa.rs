//! Which instructions the vector paths may use.

/// An instruction set that the engine has code for, from the plainest to the widest.
///
/// The choice changes the speed and nothing else: every path gives the scalar one's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// The definition, in portable code.
    Scalar,
    /// x86-64 with AVX2 and F16C.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, DQ, VL) and its 8-bit dot products (VNNI).
    Avx512,
}

impl Isa {
    /// The widest one that this machine has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;

            let avx2 = has!("avx2") && has!("f16c");
            let avx512 =
                has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
            if avx2 && avx512 && has!("avx512vnni") {
                return Self::Avx512;
            }
            if avx2 {
                return Self::Avx2;
            }
        }
        Self::Scalar
    }

    /// All that this machine has, the plainest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let widest = Self::detect();
        [Self::Scalar, Self::Avx2, Self::Avx512].into_iter().filter(move |isa| *isa <= widest)
    }
}
