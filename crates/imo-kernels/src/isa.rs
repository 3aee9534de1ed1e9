//! Which instructions the vector paths may use.

/// An instruction set that there is code for.
///
/// The choice changes the speed and nothing else: every path gives the scalar one's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// The definition, in portable code.
    Scalar,
    /// x86-64 with AVX2 and F16C.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, DQ, VL) and its 8-bit dot products (VNNI).
    Avx512,
    /// 64-bit ARM, all of which has NEON.
    Neon,
    /// 64-bit ARM with 8-bit dot products (`FEAT_DotProd`).
    NeonDot,
}

impl Isa {
    /// All instruction sets. Within one processor family, the plainest comes first.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Avx2, Self::Avx512, Self::Neon, Self::NeonDot];

    /// The name that people give on the command line and read in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
            Self::NeonDot => "neon-dot",
        }
    }

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "aarch64")]
        use std::arch::is_aarch64_feature_detected as has;
        #[cfg(target_arch = "x86_64")]
        use std::arch::is_x86_feature_detected as has;

        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has!("avx2") && has!("f16c"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                let avx512 =
                    has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
                avx512 && has!("avx512vnni") && Self::Avx2.is_available()
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => has!("neon"),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => has!("neon") && has!("dotprod"),
            _ => false,
        }
    }

    /// The instruction sets that this machine has, the plainest first.
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// The widest one that this machine has.
    pub fn detect() -> Self {
        Self::available().next_back().unwrap_or(Self::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_is_known_to_have_is_found() {
        assert_eq!(Isa::Neon.is_available(), cfg!(target_arch = "aarch64"));
        // The script that runs these tests under an emulator names what the emulator has.
        if let Ok(name) = std::env::var("IMO_WIDEST_ISA") {
            assert_eq!(Isa::detect().name(), name);
        }
    }
}
