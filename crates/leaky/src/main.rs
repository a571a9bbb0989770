//! The command line tool `leaky`.
fn main() {}
