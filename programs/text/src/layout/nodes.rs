//! Node numbers of the `text` program, computed from position, layer and part
//! (`docs/spec/trace.md`).

use imo_model::Shapes;

use crate::layout::slots::{self, LayerSlot};

/// What a node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chunk of the prompt's tokens.
    Tokens {
        /// Which chunk.
        chunk: u32,
    },
    /// One layer at one position.
    Layer {
        /// Position.
        position: u32,
        /// Layer.
        layer: u32,
    },
    /// The logits of a part of the vocabulary.
    Head {
        /// Position.
        position: u32,
        /// Part.
        part: u32,
    },
    /// The choice of the next token.
    Sampler {
        /// Position.
        position: u32,
    },
    /// The digest of the answer.
    Emit,
    /// Nothing: the slot is zero.
    Zero,
}

/// How a model's trace is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceShape {
    /// Nodes, as a power of two.
    pub nodes_log2: u8,
    /// Bytes of a slot, as a power of two.
    pub slot_log2: u8,
    layers: u32,
    head_parts: u32,
    context: u32,
}

impl TraceShape {
    /// The smallest trace for a model.
    pub fn smallest(shapes: &Shapes) -> Self {
        let mut slot_log2 = 7;
        while 1_u64 << slot_log2 < slot_bytes(shapes) {
            slot_log2 += 1;
        }
        let mut shape = Self::new(shapes, 1, slot_log2);
        while shape.nodes_log2 < 31 && !shape.holds(shapes) {
            shape.nodes_log2 += 1;
        }
        shape
    }

    /// The trace of a model in a program with these sizes.
    pub const fn new(shapes: &Shapes, nodes_log2: u8, slot_log2: u8) -> Self {
        Self {
            nodes_log2,
            slot_log2,
            layers: shapes.layers,
            head_parts: shapes.head_parts,
            context: shapes.context,
        }
    }

    /// Whether the trace has enough nodes for the model, and a slot enough bytes for each node.
    pub fn holds(&self, shapes: &Shapes) -> bool {
        let nodes = u64::from(self.token_chunks())
            + u64::from(self.context) * (u64::from(self.layers) + u64::from(self.head_parts) + 1)
            + 1;
        (7..=20).contains(&self.slot_log2)
            && self.nodes_log2 <= 31
            && slot_bytes(shapes) <= 1 << self.slot_log2
            && nodes <= 1 << self.nodes_log2
    }

    /// How many tokens a tokenizer slot holds.
    pub const fn chunk_tokens(&self) -> u32 {
        ((1 << self.slot_log2) - 4 * slots::tokens::HEADER_WORDS) / 4
    }

    /// How many tokenizer nodes there are.
    pub const fn token_chunks(&self) -> u32 {
        self.context.div_ceil(self.chunk_tokens())
    }

    /// How many nodes a position has.
    pub const fn stride(&self) -> u32 {
        self.layers + self.head_parts + 1
    }

    /// The node of a layer.
    pub const fn layer(&self, position: u32, layer: u32) -> u32 {
        self.token_chunks() + position * self.stride() + layer
    }

    /// The node of a head part.
    pub const fn head(&self, position: u32, part: u32) -> u32 {
        self.layer(position, self.layers) + part
    }

    /// The node of a sampler.
    pub const fn sampler(&self, position: u32) -> u32 {
        self.head(position, self.head_parts)
    }

    /// The last node, which emits the answer's digest.
    pub const fn emit(&self) -> u32 {
        (u32::MAX >> 1) >> (31 - self.nodes_log2)
    }

    /// What a node computes.
    pub const fn kind(&self, node: u32) -> Kind {
        if node == self.emit() {
            return Kind::Emit;
        }
        if node < self.token_chunks() {
            return Kind::Tokens { chunk: node };
        }
        let (position, within) = (
            (node - self.token_chunks()) / self.stride(),
            (node - self.token_chunks()) % self.stride(),
        );
        if position >= self.context {
            Kind::Zero
        } else if within < self.layers {
            Kind::Layer { position, layer: within }
        } else if within < self.layers + self.head_parts {
            Kind::Head { position, part: within - self.layers }
        } else {
            Kind::Sampler { position }
        }
    }
}

/// Bytes of the largest slot: a layer's or a head part's.
const fn slot_bytes(shapes: &Shapes) -> u64 {
    let (layer, head) = (LayerSlot::new(shapes).bytes(), slots::head::BYTES);
    if layer > head { layer as u64 } else { head as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(layers: u32, head_parts: u32, context: u32) -> Shapes {
        Shapes {
            layers,
            dim: 64,
            ffn: 64,
            heads: 2,
            kv_heads: 1,
            head_dim: 32,
            vocab: 512,
            context,
            head_parts,
            eps: 1e-5,
            attention_scale: 0.125,
            ends: imo_model::Ends::one(0),
            window: 0,
        }
    }

    #[test]
    fn node_numbers_tile_the_trace() {
        arbtest::arbtest(|u| {
            let shapes =
                shapes(u.int_in_range(1..=5)?, u.int_in_range(1..=9)?, u.int_in_range(1..=300)?);
            let shape = TraceShape::smallest(&shapes);
            assert!(shape.holds(&shapes));
            let mut nodes = 0..1 << shape.nodes_log2;
            let mut next = |kind: Kind, node: u32| {
                assert_eq!(nodes.next(), Some(node), "{kind:?}");
                assert_eq!(shape.kind(node), kind);
            };
            for chunk in 0..shape.token_chunks() {
                next(Kind::Tokens { chunk }, chunk);
            }
            for position in 0..shapes.context {
                for layer in 0..shapes.layers {
                    next(Kind::Layer { position, layer }, shape.layer(position, layer));
                }
                for part in 0..shapes.head_parts {
                    next(Kind::Head { position, part }, shape.head(position, part));
                }
                next(Kind::Sampler { position }, shape.sampler(position));
            }
            let end = nodes.next_back();
            assert_eq!(end, Some(shape.emit()));
            assert_eq!(shape.kind(shape.emit()), Kind::Emit);
            assert!(nodes.all(|node| shape.kind(node) == Kind::Zero));
            // One level less would be too small.
            let smaller = TraceShape::new(&shapes, shape.nodes_log2 - 1, shape.slot_log2);
            assert!(!smaller.holds(&shapes));
            Ok(())
        });
    }
}
