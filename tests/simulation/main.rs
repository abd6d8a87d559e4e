//! The whole line in one process, driven by a seed.
