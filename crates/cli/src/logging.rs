//! Logs: to standard error, as text or JSON, so that results on standard output stay clean.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogFormat, Telemetry};

/// Starts logging as configured. Called once.
pub(crate) fn start(telemetry: &Telemetry) {
    // The libraries' own talk is for those who ask for it: what matters of it comes in an error of ours.
    let directives = format!("actix_server=warn,lapin=off,{}", telemetry.log);
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(BoxMakeWriter::new(std::io::stderr))
        .with_target(false);
    // Colours are for eyes: a log file, or the journal of a service, gets plain text.
    let builder = if std::io::stderr().is_terminal() { builder } else { builder.with_ansi(false) };
    let started = match telemetry.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.compact().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

/// Starts logging for commands whose output is the result: warnings only.
pub(crate) fn start_quiet() {
    let quiet = Telemetry { log: "warn".to_owned(), ..Telemetry::default() };
    start(&quiet);
}
