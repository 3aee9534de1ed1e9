//! From a node's number to its slot.

use imo_guest::{Memories, Workspace};
use imo_model::{HEADER_BYTES, Header};

use crate::context::Context;
use crate::layout::{Kind, TraceShape, needs};
use crate::{emit, head, layer, tokens};

/// Computes the slot of `node` into `out`, which has `2^slot_log2` bytes.
///
/// If the trace is too small for the model, or the workspace is, all slots are zero. No packed
/// model leads to that.
///
/// # Panics
/// If `out` has any other size.
pub fn node(
    memories: &mut impl Memories,
    node: u32,
    (nodes_log2, slot_log2): (u8, u8),
    workspace: Workspace<'_>,
    out: &mut [u8],
) {
    assert_eq!(out.len(), 1 << slot_log2, "a whole slot");
    out.fill(0);
    let Ok(header) = Header::parse(memories.model(0, HEADER_BYTES)) else { return };
    let shape = TraceShape::new(&header, nodes_log2, slot_log2);
    if !shape.holds(&header) || !workspace.size().covers(&needs(&header)) {
        return;
    }
    let context = Context { header: &header, shape };
    match shape.kind(node) {
        Kind::Tokens { chunk } => tokens::chunk(memories, &context, chunk, workspace, out),
        Kind::Layer { position, layer } => {
            layer::layer(memories, &context, position, layer, workspace, out);
        }
        Kind::Head { position, part } => {
            head::part(memories, &context, position, part, workspace, out)
        }
        Kind::Sampler { position } => head::sampler(memories, &context, position, out),
        Kind::Emit => emit::emit(memories, &context, workspace, out),
        Kind::Zero => {}
    }
}
