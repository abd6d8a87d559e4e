//! What may be configured and is not available in this version. A feature that arrives deletes its row.

use domain::settings::Target;

use super::Config;
use super::connection::{Connection, Mode};
use super::error::{ConfigError, Problem};
use super::place::Places;

/// A feature of a later version.
struct Later<T> {
    /// The key that asks for it.
    key: &'static str,
    /// The feature, with its verb.
    what: &'static str,
    /// What to do instead.
    mend: &'static str,
    /// Whether it is asked for.
    asked: fn(&T) -> bool,
}

/// Features whose absence would change what the bridge does: the start is refused.
const REFUSED: &[Later<Config>] = &[Later {
    key: "telemetry.otlp_endpoint",
    what: "traces are",
    mend: "leave it empty",
    asked: |config| !config.telemetry.otlp_endpoint.is_empty(),
}];

/// Features whose absence does no harm: the start says so.
const IGNORED: &[Later<Config>] = &[Later {
    key: "console",
    what: "the console is",
    mend: "the section has no effect",
    asked: |config| config.console.is_some(),
}];

/// The same of a connection.
const IGNORED_OF_CONNECTION: &[Later<Connection>] = &[Later {
    key: "writeback.notes_to_buyer",
    what: "notes to the buyer are told by the custom store alone, and through ShipStation's V1 API are",
    mend: "the setting has no effect",
    asked: |connection| {
        let by_api = connection.mode == Mode::Api;
        by_api && !matches!(connection.writeback.notes_to_buyer, Target::InternalComments | Target::Off)
    },
}];

/// What refuses the start.
pub(crate) fn errors(config: &Config, places: &Places) -> Vec<ConfigError> {
    asked(config, REFUSED, &[])
        .into_iter()
        .map(|(path, problem)| ConfigError::Key { place: places.of(&path), problem })
        .collect()
}

/// What is written without effect, a line each.
pub(crate) fn warnings(config: &Config, places: &Places) -> Vec<String> {
    asked(config, IGNORED, IGNORED_OF_CONNECTION)
        .into_iter()
        .filter(|(path, _)| places.is_written(path))
        .map(|(path, problem)| format!("{}: {problem}", places.of(&path)))
        .collect()
}

fn asked(
    config: &Config,
    rows: &[Later<Config>],
    of_connection: &[Later<Connection>],
) -> Vec<(String, Problem)> {
    let mut found: Vec<_> = rows.iter().filter_map(|row| row.problem(config, "")).collect();
    for (index, connection) in config.connections.iter().enumerate() {
        let table = format!("connections[{index}].");
        found.extend(of_connection.iter().filter_map(|row| row.problem(connection, &table)));
    }
    found
}

impl<T> Later<T> {
    fn problem(&self, settings: &T, table: &str) -> Option<(String, Problem)> {
        let problem = Problem::NotAvailable { what: self.what, mend: self.mend };
        (self.asked)(settings).then(|| (format!("{table}{}", self.key), problem))
    }
}
