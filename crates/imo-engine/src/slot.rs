//! What stands where in a slot (`docs/spec/trace.md`).

use imo_model::Header;

use crate::weights::size;

/// The layout of a layer's slot: residual, keys, values, their exponents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerSlot {
    dim: usize,
    kv_dim: usize,
    kv_heads: usize,
}

impl LayerSlot {
    pub(crate) fn new(header: &Header) -> Self {
        Self {
            dim: size(header.dim),
            kv_dim: size(header.kv_dim()),
            kv_heads: size(header.kv_heads),
        }
    }

    pub(crate) fn put_residual(&self, slot: &mut [u8], residual: &[f32]) {
        for (bytes, value) in slot[..4 * self.dim].as_chunks_mut().0.iter_mut().zip(residual) {
            *bytes = value.to_le_bytes();
        }
    }

    pub(crate) fn residual(&self, slot: &[u8], residual: &mut [f32]) {
        for (bytes, value) in slot[..4 * self.dim].as_chunks().0.iter().zip(residual) {
            *value = f32::from_le_bytes(*bytes);
        }
    }

    /// Writes keys, values, exponents of keys and of values, which lie so in `kv` too.
    pub(crate) fn put_kv(&self, slot: &mut [u8], kv: &[i16]) {
        let bytes = &mut slot[4 * self.dim..][..2 * self.kv_length()];
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(kv) {
            *bytes = value.to_le_bytes();
        }
    }

    pub(crate) fn kv(&self, slot: &[u8], kv: &mut [i16]) {
        let bytes = &slot[4 * self.dim..][..2 * self.kv_length()];
        for (bytes, value) in bytes.as_chunks().0.iter().zip(kv) {
            *value = i16::from_le_bytes(*bytes);
        }
    }

    /// Numbers that [`Self::put_kv`] takes.
    pub(crate) fn kv_length(&self) -> usize {
        2 * (self.kv_dim + self.kv_heads)
    }

    /// Keys, values, exponents of keys and of values.
    pub(crate) fn split<'a>(&self, kv: &'a [i16]) -> [&'a [i16]; 4] {
        let (keys, rest) = kv.split_at(self.kv_dim);
        let (values, rest) = rest.split_at(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }

    /// As [`Self::split`].
    pub(crate) fn split_mut<'a>(&self, kv: &'a mut [i16]) -> [&'a mut [i16]; 4] {
        let (keys, rest) = kv.split_at_mut(self.kv_dim);
        let (values, rest) = rest.split_at_mut(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at_mut(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }
}
