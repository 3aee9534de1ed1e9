//! The traces of this node's claims, shared by the loop, which computes them, and the server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use imo_commit::Hash;
use imo_trace::TraceTree;

/// Trees of traces, by root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces(Arc<Mutex<BTreeMap<Hash, Arc<TraceTree>>>>);

impl Traces {
    pub(crate) fn add(&self, tree: &Arc<TraceTree>) {
        self.lock().entry(tree.root()).or_insert_with(|| Arc::clone(tree));
    }

    pub(crate) fn has(&self, root: &Hash) -> bool {
        self.lock().contains_key(root)
    }

    /// Drops all traces except the wanted ones.
    pub(crate) fn retain(&self, wanted: impl Fn(&Hash) -> bool) {
        self.lock().retain(|root, _| wanted(root));
    }

    /// The two children of a subtree that lies `level` levels above the slots. None if there is no
    /// such subtree.
    pub(crate) fn children(&self, root: &Hash, level: u8, index: u32) -> Option<(Hash, Hash)> {
        let traces = self.lock();
        let trace = traces.get(root)?;
        let depth = trace.nodes_log2();
        let exists = (1..=depth).contains(&level) && u64::from(index) < 1 << (depth - level);
        let child = |side| trace.subtree(level - 1, 2 * index + side);
        exists.then(|| (child(0), child(1)))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Hash, Arc<TraceTree>>> {
        self.0.lock().expect("no thread panicked while it held the traces")
    }
}
