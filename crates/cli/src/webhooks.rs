//! `webhooks list`, `register` and `remove`: a connection's subscriptions at ShipStation, and what to enter for Cin7.
//! What is needed is decided in `domain::subscription`, and done by the worker's `Registrar`.

mod cin7;
mod printing;

use std::sync::Arc;

use domain::clock::Clock;
use domain::quota::Priority;
use domain::subscription::plan;
use worker::{Registrar, SubscribeError};

use crate::args::WebhooksCommand;
use crate::assembly::{Clients, Metrics, OpenLedger};
use crate::config::{Config, Connection, Unregistrable};
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

/// Does what was asked for.
pub(crate) async fn webhooks(
    config: &Config,
    connection: Option<&str>,
    command: WebhooksCommand,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    match command {
        WebhooksCommand::List => list(config, connection, json).await,
        WebhooksCommand::Register => register(config, connection, json).await,
        WebhooksCommand::Remove => remove(config, connection, json).await,
    }
}

/// Ends with 1 unless all that is needed is there.
async fn list(config: &Config, connection: &Connection, json: bool) -> Result<(), CommandError> {
    let account = Account::open(config, connection).await?;
    let listed = account.registrar()?.list().await.map_err(SubscribeError::from)?;
    let told = match config.wanted_subscriptions(connection) {
        Ok(wanted) => printing::Told::of(&connection.name, &wanted.address, &plan(&wanted, &listed)),
        Err(problem) => {
            let address = config.shipstation_hook(connection).ok();
            printing::Told::without_want(&connection.name, address.as_ref(), &listed, &problem)
        }
    };
    if json {
        output::json(&told);
    } else {
        told.print();
    }
    if told.complete { Ok(()) } else { Err(CommandError::NotSo) }
}

async fn register(config: &Config, connection: &Connection, json: bool) -> Result<(), CommandError> {
    let wanted = config.wanted_subscriptions(connection)?;
    let account = Account::open(config, connection).await?;
    let registered = account.registrar()?.register(&wanted).await?;
    let told = printing::Changed::by_registering(&connection.name, &wanted.address, &registered);
    let cin7 = cin7::Entry::of(config, connection);
    if json {
        output::json(&serde_json::json!({"shipstation": told, "cin7": cin7}));
    } else {
        told.print();
        cin7.print();
    }
    Ok(())
}

async fn remove(config: &Config, connection: &Connection, json: bool) -> Result<(), CommandError> {
    let address = config.shipstation_hook(connection)?;
    let account = Account::open(config, connection).await?;
    let removed = account.registrar()?.remove(&address).await?;
    let told = printing::Changed::by_removing(&connection.name, &address, &removed);
    if json {
        output::json(&serde_json::json!({"shipstation": told}));
    } else {
        told.print();
        if config.wanted_subscriptions(connection).is_ok() {
            output::line(
                "A bridge that runs registers them again, at its start and once a day, for as long as \
                 http.public_url is set.",
            );
        }
    }
    Ok(())
}

/// The way to a connection's ShipStation account, through the budget that it shares with the workers.
struct Account<'a> {
    connection: &'a Connection,
    opened: OpenLedger,
    clients: Clients,
}

impl<'a> Account<'a> {
    async fn open(config: &Config, connection: &'a Connection) -> anyhow::Result<Self> {
        let opened = OpenLedger::open(config).await?;
        let time = Arc::clone(&opened.clock) as Arc<dyn Clock>;
        let clients = Clients::new(config, connection, &opened.ledger, &time, &Metrics::new().worker)?;
        Ok(Self { connection, opened, clients })
    }

    fn registrar(&self) -> anyhow::Result<Registrar<'_>> {
        let api = self.clients.api()?;
        Ok(Registrar {
            connection: &self.connection.name,
            client: &api.client,
            gate: &api.gate,
            ledger: &*self.opened.ledger,
            clock: &*self.opened.clock,
            priority: Priority::Import,
        })
    }
}

impl From<SubscribeError> for CommandError {
    fn from(error: SubscribeError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Unregistrable> for CommandError {
    fn from(error: Unregistrable) -> Self {
        Self::Usage(error.to_string())
    }
}
