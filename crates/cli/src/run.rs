//! `run`: every role in one process, until a signal comes.

use crate::assembly::{Metrics, Running};
use crate::config::Config;
use crate::outcome::CommandError;
use crate::{logging, shutdown};

/// Runs until a signal comes.
pub(crate) async fn run(config: &Config) -> Result<(), CommandError> {
    logging::start(&config.telemetry);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let running = Running::start(config, Metrics::new()).await?;
    let connections: Vec<_> = config.connections.iter().map(|connection| connection.name.as_str()).collect();
    tracing::info!(address = %running.addr(), connections = connections.join(", "), "ready");
    let signal = shutdown::requested().await.map_err(anyhow::Error::from)?;
    tracing::info!(signal, "stopping: finishing what is in hand");
    shutdown::softly(running.stop()).await;
    tracing::info!("stopped");
    Ok(())
}
