//! End-to-end stories with the real binary.
