//! What each operator computes, bit for bit.
