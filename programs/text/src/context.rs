//! What every node knows about its model and trace.

use imo_model::Header;

use crate::layout::TraceShape;

/// The model's shapes, and how the trace is laid out.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) header: &'a Header,
    pub(crate) shape: TraceShape,
}
