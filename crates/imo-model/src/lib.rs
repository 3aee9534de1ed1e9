//! Model file to packed image, checked graph, tokenizer and model id.
