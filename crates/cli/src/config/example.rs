//! The commented example: what `config example` prints. Settings that are off by default or not available in
//! this version are commented out without a blank behind the `#`.

/// A configuration to begin with; valid once its variables are set.
pub(crate) fn example() -> &'static str {
    include_str!("example.toml")
}
