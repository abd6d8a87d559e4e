//! The call that asks for quotes. The server cannot call a platform itself: it is handed this one, which knows how to
//! ask for a price and nothing else.

use std::sync::Arc;

use domain::clock::Clock;
use server::{Api, QuoteSource};
use worker::{Quoter, QuoterParts};

use super::stores::OpenLedger;
use super::{Clients, Metrics};
use crate::config::{self, Config};

/// The API, where it is configured. A process that works on no connection has no quotes of its own.
pub(super) fn api(config: &Config, quoters: &[Quoter]) -> Option<Api> {
    let token = config.api.as_ref()?.token.clone();
    let source = |connection: &config::Connection| {
        let quoter = quoters.iter().find(|quoter| quoter.rules.connection == connection.name)?.clone();
        Some(QuoteSource::new(move |ask| {
            let quoter = quoter.clone();
            Box::pin(async move { quoter.quote(&ask).await })
        }))
    };
    let quotes = config.connections.iter().map(|connection| (connection.name.clone(), source(connection)));
    Some(Api { token, quotes: quotes.collect() })
}

/// The quoter of one connection, for a command.
pub(crate) fn quoter(
    config: &Config,
    connection: &config::Connection,
    opened: &OpenLedger,
) -> anyhow::Result<Quoter> {
    let clock = Arc::clone(&opened.clock) as Arc<dyn Clock>;
    let clients = Clients::new(config, connection, &opened.ledger, &clock, &Metrics::new().worker)?;
    Ok(Quoter::new(QuoterParts {
        rules: Arc::new(connection.rules()),
        cin7: clients.cin7,
        cin7_gate: clients.cin7_gate,
        shipstation: clients.shipstation,
        shipstation_v2: clients.shipstation_v2,
        ledger: Arc::clone(&opened.ledger),
        clock,
    }))
}
