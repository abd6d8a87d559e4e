//! The effective configuration, secrets masked: what `config show` prints.

use super::Config;

/// As TOML.
pub(crate) fn show(config: &Config) -> String {
    toml::to_string(config).expect("every section is made of what TOML has")
}

/// As JSON.
pub(crate) fn show_json(config: &Config) -> serde_json::Value {
    serde_json::to_value(config).expect("every section is made of what JSON has")
}
