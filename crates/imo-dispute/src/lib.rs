//! What the honest move is, given a game and a trace.
