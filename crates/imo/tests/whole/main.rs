//! The rooms together: engine, guest, machine and contract on the same nodes.

mod nodes;
