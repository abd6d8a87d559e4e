//! What `make bench` prints.

fn main() {}
