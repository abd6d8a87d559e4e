//! `run`, `serve` and `work`: processes that stay until a signal comes.

use crate::assembly::{Metrics, Role, Running};
use crate::config::{BrokerUrl, Config, LedgerUrl};
use crate::outcome::CommandError;
use crate::{cost, logging, shutdown};

/// Runs a role until a signal comes.
pub(crate) async fn run(role: Role, config: &Config) -> Result<(), CommandError> {
    logging::start(&config.telemetry);
    require_servers(role, config)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    if role != Role::Serve {
        cost::log(config);
    }
    let started = tokio::select! {
        started = Running::start(role, config, Metrics::new()) => started?,
        signal = shutdown::requested() => {
            tracing::info!(signal = signal.map_err(anyhow::Error::from)?, "stopped before it was ready");
            return Ok(());
        }
    };
    let connections: Vec<_> = config.connections.iter().map(|connection| connection.name.as_str()).collect();
    tracing::info!(address = %started.addr(), connections = connections.join(", "), "ready");
    let signal = shutdown::requested().await.map_err(anyhow::Error::from)?;
    tracing::info!(signal, "stopping: finishing what is in hand");
    shutdown::softly(started.stop()).await;
    tracing::info!("stopped");
    Ok(())
}

/// Processes that share the work need a broker and a ledger that can be shared.
fn require_servers(role: Role, config: &Config) -> Result<(), CommandError> {
    let (command, needs_ledger) = match role {
        Role::Run => return Ok(()),
        Role::Serve => ("serve", false),
        Role::Work => ("work", true),
    };
    let mut missing = Vec::new();
    if !matches!(config.broker.url, BrokerUrl::Amqp(_)) {
        missing.push(format!("broker.url is \"{}\" and must be an amqp:// URL", config.broker.url));
    }
    if needs_ledger && !matches!(config.ledger.url, LedgerUrl::Postgres(_)) {
        missing.push(format!("ledger.url is \"{}\" and must be a postgres:// URL", config.ledger.url));
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(CommandError::Usage(format!(
        "`shipbridge {command}` shares its work with other processes: {}; `shipbridge run` does everything in \
         one process on the embedded default",
        missing.join(", and ")
    )))
}
