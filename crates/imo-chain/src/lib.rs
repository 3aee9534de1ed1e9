//! Contract bindings, logs to views, moves to transactions.
