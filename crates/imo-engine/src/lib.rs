//! Graph and input to output and trace, fast.
