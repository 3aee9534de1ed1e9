//! A binary heap in a caller's slice.

/// The least entry first.
pub(super) struct Heap<'a> {
    entries: &'a mut [u64],
    length: usize,
}

impl<'a> Heap<'a> {
    pub(super) const fn new(entries: &'a mut [u64]) -> Self {
        Self { entries, length: 0 }
    }

    /// # Panics
    /// If the slice is full.
    pub(super) fn push(&mut self, entry: u64) {
        let mut at = self.length;
        self.length += 1;
        self.entries[at] = entry;
        while at > 0 && self.entries[at] < self.entries[(at - 1) / 2] {
            self.entries.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    pub(super) fn pop(&mut self) -> Option<u64> {
        self.length = self.length.checked_sub(1)?;
        self.entries.swap(0, self.length);
        let mut at = 0;
        loop {
            let least = [2 * at + 1, 2 * at + 2]
                .into_iter()
                .filter(|child| *child < self.length)
                .min_by_key(|child| self.entries[*child]);
            match least {
                Some(child) if self.entries[child] < self.entries[at] => {
                    self.entries.swap(at, child);
                    at = child;
                }
                _ => return Some(self.entries[self.length]),
            }
        }
    }
}
