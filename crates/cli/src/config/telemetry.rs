//! `[telemetry]`: what the bridge tells of itself.

use serde::{Deserialize, Deserializer, Serialize, de};
use tracing_subscriber::EnvFilter;

/// `[telemetry]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// The log filter: a level, or directives such as `info,worker=debug`.
    #[serde(deserialize_with = "filter")]
    pub(crate) log: String,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// Where traces go; empty means nowhere.
    pub(crate) otlp_endpoint: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { log: "info".to_owned(), log_format: LogFormat::default(), otlp_endpoint: String::new() }
    }
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wanted =
        "expected a level (error, warn, info, debug, trace, off) or directives such as info,worker=debug";
    let known =
        |part: &str| part.contains('=') || part.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let first = text.split(',').next().unwrap_or_default().trim();
    if !known(first) || EnvFilter::builder().parse(&text).is_err() {
        return Err(de::Error::custom(wanted));
    }
    Ok(text)
}
