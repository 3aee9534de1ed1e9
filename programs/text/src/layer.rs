//! One layer at one position.

use imo_model::{HEADER_BYTES, Header, LAYER_BYTES, Layer, Tensor, Vector};
use imo_tensor::{
    HeadShape, Quantised, add, attend, mat_vec, quantise, quantise_head, rms_norm, rotate, silu_mul,
};

use crate::memories::Memories;
use crate::node::Context;
use crate::tokens::Prompt;
use crate::workspace::{Workspace, take};

/// The residual stream, keys and values of one layer at one position.
pub(crate) fn layer(
    memories: &mut impl Memories,
    context: &Context<'_>,
    position: u32,
    layer: u32,
    mut workspace: Workspace<'_>,
    out: &mut [u8],
) {
    let prompt = Prompt::read(memories);
    let Some(token) = prompt.token(memories, context, position) else { return };
    let header = context.header;
    let table = memories.model(header.layer_offset(layer), LAYER_BYTES);
    debug_assert!(header.layer_offset(0) == HEADER_BYTES as u64);
    let Ok(weights) = header.layer(table) else { return };

    let residual = take(&mut workspace.floats, header.dim as usize);
    if layer == 0 {
        let embedding = header
            .embedding
            .over(memories.model(header.embedding.offset, header.embedding.bytes()));
        embedding.dequantise_row(residual, token.min(header.vocab - 1) as usize);
    } else {
        read_floats(residual, memories.slot(context.shape.layer(position, layer - 1)));
    }
    attention(memories, context, (position, layer), &weights, residual, &mut workspace, out);
    feed_forward(memories, header, &weights, residual, &mut workspace);
    write_floats(out, residual);
}

/// Adds what attention gives to the residual stream; leaves keys and values in the slot.
fn attention(
    memories: &mut impl Memories,
    context: &Context<'_>,
    (position, layer): (u32, u32),
    weights: &Layer,
    residual: &mut [f32],
    workspace: &mut Workspace<'_>,
    out: &mut [u8],
) {
    let header = context.header;
    let mut floats = &mut *workspace.floats;
    let mut shorts = &mut *workspace.shorts;
    let [dim, query_dim, kv_dim, head_dim] =
        [header.dim, header.query_dim(), header.kv_dim(), header.head_dim]
            .map(|count| count as usize);
    let (query, key, value) =
        (take(&mut floats, query_dim), take(&mut floats, kv_dim), take(&mut floats, kv_dim));
    {
        let normed = take(&mut floats, dim);
        norm(
            memories,
            normed,
            residual,
            weights.attention_norm,
            header.eps,
            take(&mut floats, dim),
        );
        let values = take(&mut shorts, dim);
        let sums = &mut workspace.sums[..dim / 32];
        let input = quantised(values, sums, normed);
        product(memories, query, &weights.query, &input);
        product(memories, key, &weights.key, &input);
        product(memories, value, &weights.value, &input);
    }
    rotate_both(memories, header, position, query, key, &mut floats);

    let slot = KvSlot { dim, kv_dim, head_dim };
    for head in 0..kv_dim / head_dim {
        slot.write(
            out,
            head,
            &key[head * head_dim..][..head_dim],
            &value[head * head_dim..][..head_dim],
            &mut shorts,
        );
    }
    let mixed = take(&mut floats, query_dim);
    let queries_per_key = query_dim / kv_dim;
    let positions = position as usize + 1;
    let (keys, values) =
        (take(&mut shorts, positions * head_dim), take(&mut shorts, positions * head_dim));
    let (key_exponents, value_exponents) =
        (take(&mut shorts, positions), take(&mut shorts, positions));
    let quantised_query = take(&mut shorts, head_dim);
    let scores = take(&mut floats, positions);
    for head in 0..kv_dim / head_dim {
        for at in 0..positions {
            let source = if at + 1 < positions {
                memories.slot(context.shape.layer(at as u32, layer))
            } else {
                &*out
            };
            (key_exponents[at], value_exponents[at]) = slot.read(
                source,
                head,
                &mut keys[at * head_dim..][..head_dim],
                &mut values[at * head_dim..][..head_dim],
            );
        }
        for query_head in head * queries_per_key..(head + 1) * queries_per_key {
            let range = query_head * head_dim..(query_head + 1) * head_dim;
            let exponent = quantise_head(quantised_query, &query[range.clone()]);
            attend(
                &mut mixed[range],
                &mut workspace.totals[..head_dim],
                scores,
                (quantised_query, exponent),
                HeadShape { scale: header.attention_scale },
                keys.chunks_exact(head_dim).zip(key_exponents.iter().copied()),
                values.chunks_exact(head_dim).zip(value_exponents.iter().copied()),
            );
        }
    }
    let mut shorts = &mut *workspace.shorts;
    let values = take(&mut shorts, query_dim);
    let input = quantised(values, &mut workspace.sums[..query_dim / 32], mixed);
    let projected = take(&mut floats, dim);
    product(memories, projected, &weights.output, &input);
    add(residual, projected);
}

fn feed_forward(
    memories: &mut impl Memories,
    header: &Header,
    weights: &Layer,
    residual: &mut [f32],
    workspace: &mut Workspace<'_>,
) {
    let mut floats = &mut *workspace.floats;
    let (dim, ffn) = (header.dim as usize, header.ffn as usize);
    let (gate, up) = (take(&mut floats, ffn), take(&mut floats, ffn));
    let (normed, weight) = (take(&mut floats, dim), take(&mut floats, dim));
    norm(memories, normed, residual, weights.ffn_norm, header.eps, weight);
    let input = quantised(&mut workspace.shorts[..dim], &mut workspace.sums[..dim / 32], normed);
    product(memories, gate, &weights.gate, &input);
    product(memories, up, &weights.up, &input);
    silu_mul(gate, up);
    let input = quantised(&mut workspace.shorts[..ffn], &mut workspace.sums[..ffn / 32], gate);
    product(memories, normed, &weights.down, &input);
    add(residual, normed);
}

/// Quantises a vector where `values` and `sums` have room for it.
pub(crate) fn quantised<'a>(
    values: &'a mut [i16],
    sums: &'a mut [i32],
    x: &[f32],
) -> Quantised<'a> {
    let scale = quantise(values, sums, x);
    Quantised { values, sums, scale }
}

/// out = tensor · x.
fn product(memories: &mut impl Memories, out: &mut [f32], tensor: &Tensor, x: &Quantised<'_>) {
    let matrix = tensor.over(memories.model(tensor.offset, tensor.bytes()));
    mat_vec(out, &matrix, 0, x);
}

/// The norm of `x` with weights from the model, which are copied to `weight` first.
pub(crate) fn norm(
    memories: &mut impl Memories,
    out: &mut [f32],
    x: &[f32],
    vector: Vector,
    eps: f32,
    weight: &mut [f32],
) {
    read_floats(weight, memories.model(vector.offset, 4 * vector.length as usize));
    rms_norm(out, x, weight, eps);
}

fn rotate_both(
    memories: &mut impl Memories,
    header: &Header,
    position: u32,
    query: &mut [f32],
    key: &mut [f32],
    floats: &mut &mut [f32],
) {
    let row = 4 * header.head_dim as usize;
    let offset = header.rope.offset + u64::from(position) * row as u64;
    let table = take(floats, header.head_dim as usize);
    read_floats(table, memories.model(offset, row));
    let table = table.as_chunks().0;
    rotate(query, table);
    rotate(key, table);
}

/// Reads as many binary32 as `out` has.
pub(crate) fn read_floats(out: &mut [f32], bytes: &[u8]) {
    for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        *value = f32::from_le_bytes(*bytes);
    }
}

fn write_floats(out: &mut [u8], values: &[f32]) {
    for (place, value) in out.as_chunks_mut().0.iter_mut().zip(values) {
        *place = value.to_le_bytes();
    }
}

/// Where keys and values lie in a layer's slot.
#[derive(Clone, Copy)]
struct KvSlot {
    dim: usize,
    kv_dim: usize,
    head_dim: usize,
}

impl KvSlot {
    /// Offsets of a head's key, value, and their exponents.
    const fn places(self, head: usize) -> [usize; 4] {
        let keys = 4 * self.dim;
        let values = keys + 2 * self.kv_dim;
        let key_exponents = values + 2 * self.kv_dim;
        let value_exponents = key_exponents + 2 * (self.kv_dim / self.head_dim);
        let within = 2 * head * self.head_dim;
        [keys + within, values + within, key_exponents + 2 * head, value_exponents + 2 * head]
    }

    fn write(
        self,
        slot: &mut [u8],
        head: usize,
        key: &[f32],
        value: &[f32],
        shorts: &mut &mut [i16],
    ) {
        let [key_at, value_at, key_exponent_at, value_exponent_at] = self.places(head);
        let quants = &mut shorts[..self.head_dim];
        for (vector, at, exponent_at) in
            [(key, key_at, key_exponent_at), (value, value_at, value_exponent_at)]
        {
            let exponent = quantise_head(quants, vector);
            slot[exponent_at..exponent_at + 2].copy_from_slice(&exponent.to_le_bytes());
            for (place, quant) in slot[at..].as_chunks_mut().0.iter_mut().zip(&*quants) {
                *place = quant.to_le_bytes();
            }
        }
    }

    /// Copies a head's key and value out of a slot; returns their exponents.
    fn read(self, slot: &[u8], head: usize, key: &mut [i16], value: &mut [i16]) -> (i16, i16) {
        let [key_at, value_at, key_exponent_at, value_exponent_at] = self.places(head);
        for (out, at) in [(key, key_at), (value, value_at)] {
            for (quant, bytes) in out.iter_mut().zip(slot[at..].as_chunks().0) {
                *quant = i16::from_le_bytes(*bytes);
            }
        }
        let exponent = |at: usize| i16::from_le_bytes([slot[at], slot[at + 1]]);
        (exponent(key_exponent_at), exponent(value_exponent_at))
    }
}
