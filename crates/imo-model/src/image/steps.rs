//! How many steps of the virtual machine a node can take.
//!
//! A claim can be defended, and a lie in it be proven, only if the disputed node's run ends within
//! the machine's cap. So a model whose nodes could take longer is neither packed nor served. The
//! formula was fitted to runs of the guest, with a margin for values that cost more. A test in
//! `imo-player` compares it with runs of every format and of many shapes.

use imo_tensor::{BLOCK, Format, GROUP};

use super::header::Header;
use super::layer::Layer;
use super::layout::STEPS_LOG2;
use super::place::Tensor;
use super::program::TextProgram;
use super::shapes::Shapes;
use crate::tokenizer::SEPARATED_LIMIT;

/// Steps for a row of a matrix, beside its blocks.
const ROW: u64 = 400;
/// Steps for one value of the residual stream, in everything but products.
const STREAM_VALUE: u64 = 3_000;
/// Steps for one query, key or value, in everything but products and attention.
const HEAD_VALUE: u64 = 1_000;
/// Steps for one value of the feed-forward network, in everything but products.
const FFN_VALUE: u64 = 2_000;
/// Steps for one position that one head attends to, beside the head's dimensions.
const SEEN: u64 = 900;
/// Steps for one dimension of a head, at each position that it attends to.
const SEEN_DIMENSION: u64 = 56;
/// Steps for one logit: as a candidate, it may displace 63 others.
const LOGIT: u64 = 6_000;
/// Steps for what every node does, and for 64 recent tokens.
const NODE: u64 = 1_000_000;
/// Steps for one token of an answer, beside its text.
const TOKEN: u64 = 4_000;
/// Steps for a byte of the longest input, and for a byte that the template adds to it. They are
/// enough for the text of an answer, too, whose length is bounded.
const INPUT_BYTE: u64 = 1 << 19;

/// Bounds of the steps that a model's nodes take.
#[derive(Clone, Copy, Debug)]
pub struct NodeSteps<'a> {
    program: TextProgram,
    shapes: Shapes,
    head: Tensor,
    layers: &'a [Layer],
}

impl<'a> NodeSteps<'a> {
    /// The bounds for a model with this header and these layers.
    pub const fn new(header: &Header, layers: &'a [Layer]) -> Self {
        Self::of(header.program, header.shapes, header.head, layers)
    }

    /// The bounds for a model that this program runs, with these shapes, head and layers.
    pub const fn of(
        program: TextProgram,
        shapes: Shapes,
        head: Tensor,
        layers: &'a [Layer],
    ) -> Self {
        Self { program, shapes, head, layers }
    }

    /// Most steps of any node.
    pub fn most(&self) -> u64 {
        let last = self.shapes.context - 1;
        let layers = self.layers.iter().map(|layer| self.layer(layer, last));
        layers.chain([self.head_part(), self.rest()]).max().unwrap_or(0)
    }

    /// How many positions a text may have so that no node takes more steps than a run may have.
    /// `None` if even the first position takes more.
    pub fn positions(&self) -> Option<u32> {
        let fits = |context: u32| {
            let shapes = Shapes { context, ..self.shapes };
            Self { shapes, ..*self }.most() <= 1 << STEPS_LOG2
        };
        let (mut fitting, mut beyond) = (0, self.shapes.context + 1);
        while beyond - fitting > 1 {
            let middle = fitting.midpoint(beyond);
            *(if fits(middle) { &mut fitting } else { &mut beyond }) = middle;
        }
        (fitting > 0).then_some(fitting)
    }

    /// Most steps of a layer at a position.
    pub fn layer(&self, layer: &Layer, position: u32) -> u64 {
        let Shapes { dim, ffn, heads, head_dim, .. } = self.shapes;
        let products: u64 = layer.tensors().iter().map(product).sum();
        let seen = u64::from(position + 1 - self.shapes.window_start(position));
        let head_values = u64::from(self.shapes.query_dim() + 2 * self.shapes.kv_dim());
        NODE + products
            + STREAM_VALUE * u64::from(dim)
            + HEAD_VALUE * head_values
            + FFN_VALUE * u64::from(ffn)
            + seen * u64::from(heads) * (SEEN + SEEN_DIMENSION * u64::from(head_dim))
    }

    /// Most steps of a part of the head.
    pub fn head_part(&self) -> u64 {
        let rows = self.shapes.part_rows();
        NODE + product(&self.head.groups(0, rows))
            + STREAM_VALUE * u64::from(self.shapes.dim)
            + LOGIT * u64::from(rows)
    }

    /// Most steps of any other node: the tokenizer's, a sampler's or the last one.
    pub fn rest(&self) -> u64 {
        let candidates = 64 * u64::from(self.shapes.head_parts);
        let text = u64::from(self.program.input_limit) + SEPARATED_LIMIT as u64;
        NODE + INPUT_BYTE * text + TOKEN * u64::from(self.shapes.context) + LOGIT * candidates
    }
}

/// Steps for the product of a matrix and a vector.
fn product(tensor: &Tensor) -> u64 {
    // For a row of a block. ROUNDING: up, by about an eighth.
    let block = match tensor.format {
        Format::Q4_0 => 400,
        Format::Q4_1 => 440,
        Format::Q8_0 => 290,
        Format::I16 => 650,
        Format::K4 => 490,
        Format::K8 => 340,
    };
    let rows = u64::from(tensor.rows).next_multiple_of(GROUP as u64);
    rows * (ROW + block * u64::from(tensor.columns) / BLOCK as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::ends::Ends;
    use crate::image::place::Vector;

    /// A layer of LLaMA's kind, and its shapes.
    fn model(dim: u32, ffn: u32, (heads, kv_heads): (u32, u32), context: u32) -> (Shapes, Layer) {
        let shapes = Shapes {
            layers: 1,
            dim,
            ffn,
            heads,
            kv_heads,
            head_dim: dim / heads,
            vocab: 128_256,
            context,
            head_parts: 8,
            eps: 1e-5,
            attention_scale: 0.1,
            ends: Ends::one(0),
            window: 0,
        };
        let matrix = |rows, columns| Tensor { offset: 0, format: Format::K4, rows, columns };
        let vector = Vector { offset: 0, length: dim };
        let kv_dim = shapes.kv_dim();
        let layer = Layer {
            attention_norm: vector,
            ffn_norm: vector,
            query: matrix(dim, dim),
            key: matrix(kv_dim, dim),
            value: matrix(kv_dim, dim),
            output: matrix(dim, dim),
            gate: matrix(ffn, dim),
            up: matrix(ffn, dim),
            down: matrix(dim, ffn),
            bias: None,
        };
        (shapes, layer)
    }

    fn positions((shapes, layer): (Shapes, Layer)) -> Option<u32> {
        let head = Tensor { rows: shapes.vocab, ..layer.query };
        NodeSteps::of(TextProgram::TEXT_LONG, shapes, head, &[layer]).positions()
    }

    #[test]
    fn models_up_to_405_b_keep_131_072_positions() {
        let all = 1 << 17;
        for (dim, ffn, heads) in [
            (2048, 8192, (32, 8)),
            (4096, 14_336, (32, 8)),
            (8192, 28_672, (64, 8)),
            (16_384, 53_248, (128, 8)),
        ] {
            assert_eq!(positions(model(dim, ffn, heads, all)), Some(all), "{dim}");
        }
    }

    #[test]
    fn the_last_position_that_fits_is_found() {
        let (shapes, layer) = model(32_768, 32_768, (256, 8), 1 << 17);
        let fitting = positions((shapes, layer)).expect("some fit");
        assert!(fitting < shapes.context, "{fitting}");
        let head = Tensor { rows: shapes.vocab, ..layer.query };
        let most = |context| {
            let shapes = Shapes { context, ..shapes };
            NodeSteps::of(TextProgram::TEXT_LONG, shapes, head, &[layer]).most()
        };
        assert!(most(fitting) <= 1 << STEPS_LOG2 && most(fitting + 1) > 1 << STEPS_LOG2);
        // With a window, a position at the end costs no more than one a window from the start.
        assert_eq!(positions((Shapes { window: 4096, ..shapes }, layer)), Some(shapes.context));
        let far_too_wide = model(1 << 20, 1 << 20, (1024, 8), 1);
        assert_eq!(positions(far_too_wide), None);
    }
}
