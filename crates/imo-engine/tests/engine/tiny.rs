//! Tiny models of every shape and format.
