//! A few tokens on their way through the layers.

use std::ops::Range;

use imo_kernels::{
    Effort, KvCache, Queries, Rows, Scratch, Tile, attend_heads, products, silu_mul,
};
use imo_tensor::{add, quantise_head, rms_norm, rotate};
use imo_text::layout::{LayerSlot, TraceShape};
use imo_trace::Fault;
use rayon::prelude::*;

use crate::numbers::{number, size};
use crate::pending::Pending;
use crate::slot;
use crate::weights::{LayerWeights, Weights};

/// Consecutive positions, at most [`imo_kernels::TILE`], with their activations.
#[derive(Debug)]
pub(crate) struct TilePass {
    /// The positions.
    pub(crate) positions: Range<usize>,
    /// Residual stream: (token, dim).
    pub(crate) residual: Vec<f32>,
    /// Keys, values and exponents of the current layer: (token, as in the slot).
    pub(crate) kv: Vec<i16>,
    layout: LayerSlot,
    /// (token, pair): cos and sin.
    angles: Vec<Vec<[f32; 2]>>,
    /// Quantised queries and their exponents: (token, head, dimension), (token, head).
    queries: Vec<i16>,
    query_exponents: Vec<i16>,
    tile: Tile,
    /// Slots that are written and not yet handed over.
    pub(crate) pending: Pending,
}

impl TilePass {
    /// Begins with the embeddings of `tokens`, the first of which stands at `position`.
    ///
    /// A token that is not in the vocabulary counts as the last one there. Only a fault leads to
    /// such a token.
    pub(crate) fn new(
        weights: &Weights<'_>,
        shape: &TraceShape,
        position: usize,
        tokens: &[u32],
    ) -> Self {
        let header = weights.header;
        let layout = LayerSlot::new(header);
        let mut residual = vec![0.0; tokens.len() * size(header.dim)];
        for (row, token) in residual.chunks_exact_mut(size(header.dim)).zip(tokens) {
            weights.embedding.dequantise_row(row, size((*token).min(header.vocab - 1)));
        }
        let positions = position..position + tokens.len();
        Self {
            residual,
            kv: vec![0; tokens.len() * layout.kv_length()],
            layout,
            angles: positions.clone().map(|position| weights.angles(position)).collect(),
            queries: vec![0; tokens.len() * size(header.query_dim())],
            query_exponents: vec![0; tokens.len() * size(header.heads)],
            tile: Tile::default(),
            pending: Pending::new(shape.slot_log2),
            positions,
        }
    }

    /// The first half of a layer: queries, and the keys and values for the cache.
    pub(crate) fn project(&mut self, weights: &Weights<'_>, layer: usize, means: Effort) {
        let header = weights.header;
        let layer = &weights.layers[layer];
        self.normalise(&layer.attention_norm, header.eps);
        let [mut query, mut key, mut value] =
            products([&layer.query, &layer.key, &layer.value], &self.tile, means);

        let (query_dim, kv_dim) = (size(header.query_dim()), size(header.kv_dim()));
        let head_dim = size(header.head_dim);
        if let Some(bias) = &layer.bias {
            let (query_bias, rest) = bias.split_at(query_dim);
            let (key_bias, value_bias) = rest.split_at(kv_dim);
            for (out, bias) in
                [(&mut query, query_bias), (&mut key, key_bias), (&mut value, value_bias)]
            {
                out.chunks_exact_mut(bias.len()).for_each(|out| add(out, bias));
            }
        }
        for (token, angles) in self.angles.iter().enumerate() {
            let queries = &mut query[token * query_dim..(token + 1) * query_dim];
            rotate(queries, angles);
            let heads = size(header.heads);
            quantise_heads(
                &mut self.queries[token * query_dim..(token + 1) * query_dim],
                &mut self.query_exponents[token * heads..(token + 1) * heads],
                queries,
                head_dim,
            );
            let keys = &mut key[token * kv_dim..(token + 1) * kv_dim];
            rotate(keys, angles);
            let length = self.layout.kv_length();
            let kv = &mut self.kv[token * length..(token + 1) * length];
            let [k, v, k_exponents, v_exponents] = self.layout.split_mut(kv);
            quantise_heads(k, k_exponents, keys, head_dim);
            let values = &value[token * kv_dim..(token + 1) * kv_dim];
            quantise_heads(v, v_exponents, values, head_dim);
        }
    }

    /// Puts the keys and values of the current layer into the cache.
    pub(crate) fn store(&self, cache: &mut KvCache, layer: usize) {
        let rows = self.kv.chunks_exact(self.layout.kv_length());
        for (position, kv) in self.positions.clone().zip(rows) {
            let [keys, values, key_exponents, value_exponents] = self.layout.split(kv);
            cache.put(
                layer,
                position,
                Rows { values: keys, exponents: key_exponents },
                Rows { values, exponents: value_exponents },
            );
        }
    }

    /// The second half of a layer: attention over the cache and the feed-forward network.
    pub(crate) fn finish(
        &mut self,
        weights: &Weights<'_>,
        layer: usize,
        cache: &KvCache,
        means: Effort,
    ) {
        let header = weights.header;
        let attended = self.attend(weights, layer, cache, means);
        let layer = &weights.layers[layer];
        self.tile.fill(&attended, size(header.query_dim()));
        let [output] = products([&layer.output], &self.tile, means);
        add(&mut self.residual, &output);

        self.normalise(&layer.ffn_norm, header.eps);
        let hidden = self.feed(layer, means);
        self.tile.fill(&hidden, size(header.ffn));
        let [output] = products([&layer.down], &self.tile, means);
        add(&mut self.residual, &output);
    }

    /// Writes the slots of a layer. If a fault changes one, the changed slot is used from then on.
    pub(crate) fn write(&mut self, shape: &TraceShape, layer: usize, fault: Option<Fault>) {
        let dim = self.residual.len() / self.positions.len();
        let residuals = self.residual.chunks_exact_mut(dim);
        let kvs = self.kv.chunks_exact_mut(self.layout.kv_length());
        for (position, (residual, kv)) in self.positions.clone().zip(residuals.zip(kvs)) {
            let node = shape.layer(number(position), number(layer));
            let slot = self.pending.slot(node);
            slot::put_residual(slot, residual);
            slot::put_kv(&self.layout, slot, kv);
            if Fault::flip(fault, node, slot) {
                slot::residual(slot, residual);
                slot::kv(&self.layout, slot, kv);
            }
        }
    }

    /// The residual stream, normalised for the head, of one of the tokens.
    pub(crate) fn for_head(&self, weights: &Weights<'_>, token: usize) -> Tile {
        let dim = size(weights.header.dim);
        let mut normed = vec![0.0; dim];
        let residual = &self.residual[token * dim..(token + 1) * dim];
        rms_norm(&mut normed, residual, &weights.output_norm, weights.header.eps);
        let mut tile = Tile::default();
        tile.fill(&normed, dim);
        tile
    }

    /// Fills the tile with the normalised residual stream.
    fn normalise(&mut self, weight: &[f32], eps: f32) {
        let dim = weight.len();
        let mut normed = vec![0.0; self.residual.len()];
        for (out, x) in normed.chunks_exact_mut(dim).zip(self.residual.chunks_exact(dim)) {
            rms_norm(out, x, weight, eps);
        }
        self.tile.fill(&normed, dim);
    }

    /// The outputs of attention: (token, head, dimension).
    fn attend(
        &self,
        weights: &Weights<'_>,
        layer: usize,
        cache: &KvCache,
        means: Effort,
    ) -> Vec<f32> {
        let header = weights.header;
        let (kv_heads, head_dim) = (size(header.kv_heads), size(header.head_dim));
        let together = size(header.heads) / kv_heads;
        let scale = header.attention_scale;
        let mut attended = vec![0.0; self.queries.len()];
        // Index i means token i / kv_heads, and its queries of key and value head i % kv_heads.
        let attend_from = |(first, out): (usize, &mut [f32])| {
            let mut scratch = Scratch::default();
            for (index, out) in (first..).zip(out.chunks_exact_mut(together * head_dim)) {
                let (token, head) = (index / kv_heads, index % kv_heads);
                let position = self.positions.start + token;
                let seen = size(header.window_start(number(position)))..position + 1;
                let queries = Queries {
                    values: &self.queries[index * together * head_dim..][..together * head_dim],
                    exponents: &self.query_exponents[index * together..][..together],
                };
                let cached =
                    (cache.keys(layer, head, seen.clone()), cache.values(layer, head, seen));
                attend_heads(out, &mut scratch, queries, scale, cached, means.isa);
            }
        };
        if means.threads == 1 {
            attend_from((0, &mut attended));
        } else {
            let share = (self.positions.len() * kv_heads).div_ceil(means.threads);
            let shares = attended.par_chunks_mut(share * together * head_dim).enumerate();
            shares.for_each(|(index, out)| attend_from((index * share, out)));
        }
        attended
    }

    /// The inner activations of the feed-forward network: (token, ffn).
    fn feed(&self, layer: &LayerWeights<'_>, means: Effort) -> Vec<f32> {
        let [mut gate, up] = products([&layer.gate, &layer.up], &self.tile, means);
        silu_mul(&mut gate, &up, means.isa);
        gate
    }
}

fn quantise_heads(values: &mut [i16], exponents: &mut [i16], x: &[f32], head_dim: usize) {
    let heads = values.chunks_exact_mut(head_dim).zip(x.chunks_exact(head_dim));
    for ((values, x), exponent) in heads.zip(exponents) {
        *exponent = quantise_head(values, x);
    }
}
