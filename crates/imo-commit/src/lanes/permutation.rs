//! Keccak-f[1600], written once for vectors of any width.

/// Words of the state that a message may fill; the last bit of padding is in the last one.
pub(super) const RATE: usize = 17;

pub(super) const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Keccak-f[1600] on vectors, from five operations. A round is spelled out in full, because the
/// state stays in registers only then.
macro_rules! permutation {
    ($(#[$doc:meta])* $name:ident($vector:ty), $feature:literal,
     $xor:ident, $xor5:ident, $rotate:ident, $chi:ident, $splat:ident) => {
        $(#[$doc])*
        #[target_feature(enable = $feature)]
        fn $name(a: &mut [$vector; 25]) {
            for constant in $crate::lanes::permutation::ROUND_CONSTANTS {
                let c = [
                    $xor5(a[0], a[5], a[10], a[15], a[20]),
                    $xor5(a[1], a[6], a[11], a[16], a[21]),
                    $xor5(a[2], a[7], a[12], a[17], a[22]),
                    $xor5(a[3], a[8], a[13], a[18], a[23]),
                    $xor5(a[4], a[9], a[14], a[19], a[24]),
                ];
                let d = [
                    $xor(c[4], $rotate::<1, 63>(c[1])),
                    $xor(c[0], $rotate::<1, 63>(c[2])),
                    $xor(c[1], $rotate::<1, 63>(c[3])),
                    $xor(c[2], $rotate::<1, 63>(c[4])),
                    $xor(c[3], $rotate::<1, 63>(c[0])),
                ];
                let b = [
                    $xor(a[0], d[0]),
                    $rotate::<44, 20>($xor(a[6], d[1])),
                    $rotate::<43, 21>($xor(a[12], d[2])),
                    $rotate::<21, 43>($xor(a[18], d[3])),
                    $rotate::<14, 50>($xor(a[24], d[4])),
                    $rotate::<28, 36>($xor(a[3], d[3])),
                    $rotate::<20, 44>($xor(a[9], d[4])),
                    $rotate::<3, 61>($xor(a[10], d[0])),
                    $rotate::<45, 19>($xor(a[16], d[1])),
                    $rotate::<61, 3>($xor(a[22], d[2])),
                    $rotate::<1, 63>($xor(a[1], d[1])),
                    $rotate::<6, 58>($xor(a[7], d[2])),
                    $rotate::<25, 39>($xor(a[13], d[3])),
                    $rotate::<8, 56>($xor(a[19], d[4])),
                    $rotate::<18, 46>($xor(a[20], d[0])),
                    $rotate::<27, 37>($xor(a[4], d[4])),
                    $rotate::<36, 28>($xor(a[5], d[0])),
                    $rotate::<10, 54>($xor(a[11], d[1])),
                    $rotate::<15, 49>($xor(a[17], d[2])),
                    $rotate::<56, 8>($xor(a[23], d[3])),
                    $rotate::<62, 2>($xor(a[2], d[2])),
                    $rotate::<55, 9>($xor(a[8], d[3])),
                    $rotate::<39, 25>($xor(a[14], d[4])),
                    $rotate::<41, 23>($xor(a[15], d[0])),
                    $rotate::<2, 62>($xor(a[21], d[1])),
                ];
                let mut row = 0;
                while row < 25 {
                    a[row] = $chi(b[row], b[row + 1], b[row + 2]);
                    a[row + 1] = $chi(b[row + 1], b[row + 2], b[row + 3]);
                    a[row + 2] = $chi(b[row + 2], b[row + 3], b[row + 4]);
                    a[row + 3] = $chi(b[row + 3], b[row + 4], b[row]);
                    a[row + 4] = $chi(b[row + 4], b[row], b[row + 1]);
                    row += 5;
                }
                a[0] = $xor(a[0], $splat(constant.cast_signed()));
            }
        }
    };
}

pub(super) use permutation;
