//! The Initial Model Offering on the command line.
fn main() {}
