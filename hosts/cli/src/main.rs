//! The holm program.
fn main() {}
