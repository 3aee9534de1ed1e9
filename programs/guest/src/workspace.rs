//! Working memory, taken from slices of the caller.

/// How many entries of each kind a node needs, or a workspace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// binary32.
    pub floats: usize,
    /// 16-bit integers.
    pub shorts: usize,
    /// Sums of a quantised vector's blocks.
    pub sums: usize,
    /// Sums of one head's weighted values.
    pub totals: usize,
    /// 32-bit words.
    pub words: usize,
    /// 64-bit words.
    pub longs: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Needs {
    /// Whether `self` is enough for `other`.
    pub const fn covers(&self, other: &Self) -> bool {
        self.floats >= other.floats
            && self.shorts >= other.shorts
            && self.sums >= other.sums
            && self.totals >= other.totals
            && self.words >= other.words
            && self.longs >= other.longs
            && self.bytes >= other.bytes
    }
}

/// Slices to work in; what they hold before does not matter.
#[derive(Debug)]
pub struct Workspace<'a> {
    /// binary32.
    pub floats: &'a mut [f32],
    /// 16-bit integers.
    pub shorts: &'a mut [i16],
    /// Sums of a quantised vector's blocks.
    pub sums: &'a mut [i32],
    /// Sums of one head's weighted values.
    pub totals: &'a mut [i64],
    /// 32-bit words.
    pub words: &'a mut [u32],
    /// 64-bit words.
    pub longs: &'a mut [u64],
    /// Bytes.
    pub bytes: &'a mut [u8],
}

impl Workspace<'_> {
    /// How many entries of each kind it has.
    pub const fn size(&self) -> Needs {
        Needs {
            floats: self.floats.len(),
            shorts: self.shorts.len(),
            sums: self.sums.len(),
            totals: self.totals.len(),
            words: self.words.len(),
            longs: self.longs.len(),
            bytes: self.bytes.len(),
        }
    }
}

/// Takes the first `count` entries off a slice.
///
/// # Panics
/// If there are fewer. `Needs` says how many are enough.
pub fn take<'a, T>(pool: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (taken, rest) = core::mem::take(pool).split_at_mut(count);
    *pool = rest;
    taken
}
