//! One layer at one position.

use imo_guest::{Memories, Workspace, copy_floats, put_floats, take};
use imo_model::{HEADER_BYTES, Header, LAYER_BYTES, Layer, Tensor, Vector};
use imo_tensor::{
    Attention, HeadShape, Quantised, add, mat_vec, quantise, quantise_head, rms_norm, rotate,
    silu_mul,
};

use crate::context::Context;
use crate::layout::LayerSlot;
use crate::tokens::Prompt;

/// The slot of a layer: its residual stream, keys and values at one position.
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
        let row = token.min(header.vocab - 1);
        let group = header.embedding.groups(row / 8 * 8, 8);
        let rows = group.over(memories.model(group.offset, group.bytes()));
        rows.dequantise_row(residual, row as usize % 8);
    } else {
        copy_floats(residual, memories.slot(context.shape.layer(position, layer - 1)));
    }
    attention(memories, context, (position, layer), &weights, residual, &mut workspace, out);
    feed_forward(memories, header, &weights, residual, &mut workspace);
    put_floats(out, residual);
}

/// Adds the output of attention to the residual stream, and leaves keys and values in the slot.
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
    let [dim, query_dim, head_dim] =
        [header.dim, header.query_dim(), header.head_dim].map(|count| count as usize);
    let layout = LayerSlot::new(header);
    let kv_dim = layout.kv_dim();
    let projected = take(&mut floats, query_dim + 2 * kv_dim);
    let integers = (&mut *shorts, &mut *workspace.sums);
    project(memories, header, weights, residual, projected, &mut floats, integers);
    let (query, key_and_value) = projected.split_at_mut(query_dim);
    let (key, value) = key_and_value.split_at_mut(kv_dim);
    rotate_both(memories, header, position, query, key, &mut floats);

    // Keys, values and exponents, laid out as in a slot.
    let own = take(&mut shorts, layout.kv_length());
    quantise_kv(&layout, own, key, value);
    for (place, value) in out[layout.kv_at()..].as_chunks_mut().0.iter_mut().zip(&*own) {
        *place = value.to_le_bytes();
    }
    let mixed = take(&mut floats, query_dim);
    let quantised_query = take(&mut shorts, head_dim);
    let first = header.window_start(position);
    let scores = take(&mut floats, (position - first) as usize + 1);
    let sums = &mut workspace.totals[..head_dim];
    let seen = Seen { context, layer, position, own, at: layout.kv_at() };
    let shape = HeadShape { scale: header.attention_scale };
    for (index, mixed) in mixed.chunks_exact_mut(head_dim).enumerate() {
        let head = index / (query_dim / kv_dim);
        let exponent = quantise_head(quantised_query, &query[index * head_dim..][..head_dim]);
        let mut attention = Attention::new((quantised_query, exponent), shape);
        for (score, at) in scores.iter_mut().zip(first..) {
            let kv = seen.kv(memories, at);
            *score = attention.score(layout.key(kv, head), layout.value(kv, head).1);
        }
        sums.fill(0);
        for (score, at) in scores.iter().zip(first..) {
            attention.add(sums, *score, layout.value(seen.kv(memories, at), head));
        }
        attention.mean(mixed, sums);
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

/// Quantises a vector into `values` and `sums`.
pub(crate) fn quantised<'a>(
    values: &'a mut [i16],
    sums: &'a mut [i32],
    x: &[f32],
) -> Quantised<'a> {
    let scale = quantise(values, sums, x);
    Quantised { values, sums, scale }
}

/// Queries, keys and values of the normalised residual stream, one after the other, with the biases
/// of the model, if it has any.
fn project(
    memories: &mut impl Memories,
    header: &Header,
    weights: &Layer,
    residual: &[f32],
    out: &mut [f32],
    floats: &mut &mut [f32],
    (values, sums): (&mut [i16], &mut [i32]),
) {
    let dim = header.dim as usize;
    let normed = take(floats, dim);
    norm(memories, normed, residual, weights.attention_norm, header.eps, take(floats, dim));
    let input = quantised(&mut values[..dim], &mut sums[..dim / 32], normed);
    let (query, rest) = out.split_at_mut(header.query_dim() as usize);
    let (key, value) = rest.split_at_mut(header.kv_dim() as usize);
    product(memories, query, &weights.query, &input);
    product(memories, key, &weights.key, &input);
    product(memories, value, &weights.value, &input);
    if let Some(bias) = weights.bias {
        let values = take(floats, bias.length as usize);
        copy_floats(values, memories.model(bias.offset, 4 * values.len()));
        add(out, values);
    }
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
    copy_floats(weight, memories.model(vector.offset, 4 * vector.length as usize));
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
    copy_floats(table, memories.model(offset, row));
    let table = table.as_chunks().0;
    rotate(query, table);
    rotate(key, table);
}

/// Keys and values of a layer at all positions that one position attends to.
struct Seen<'a> {
    context: &'a Context<'a>,
    layer: u32,
    position: u32,
    /// Keys and values of the position itself.
    own: &'a [i16],
    /// Where keys and values begin in a slot, in bytes.
    at: usize,
}

impl Seen<'_> {
    fn kv<'a>(&'a self, memories: &'a mut impl Memories, position: u32) -> &'a [i16] {
        if position == self.position {
            return self.own;
        }
        let node = self.context.shape.layer(position, self.layer);
        memories.slot_shorts(node, self.at, self.own.len())
    }
}

/// Quantises each head's key and value by itself.
fn quantise_kv(layout: &LayerSlot, kv: &mut [i16], key: &[f32], value: &[f32]) {
    let head_dim = layout.head_dim();
    let (quants, exponents) = kv.split_at_mut(2 * layout.kv_dim());
    let heads = key.chunks_exact(head_dim).chain(value.chunks_exact(head_dim));
    for ((quants, exponent), head) in quants.chunks_exact_mut(head_dim).zip(exponents).zip(heads) {
        *exponent = quantise_head(quants, head);
    }
}
