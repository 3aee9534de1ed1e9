//! From a model file's vocabulary to the tokenizer's tables.

mod byte_level;
mod classes;
#[cfg(test)]
mod conversations;
mod fields;
mod read;
mod sentence_piece;

mod specials;
pub(crate) use specials::ends;

mod tables;
pub(crate) use tables::Vocabulary;
