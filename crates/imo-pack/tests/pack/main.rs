//! Packing and tokenizing, on tiny generated models and on the real one.

mod hostile;
mod real;
mod tiny;
mod tokens;
