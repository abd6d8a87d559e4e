//! `orders show` and `orders explain`: what is known of an order, and why it is or is not in ShipStation. Searching
//! is [`mod@list`], pushing through is [`mod@sync`].

mod known;
pub(crate) mod list;
mod printing;
mod sentence;
pub(crate) mod sync;

use anyhow::anyhow;

use crate::assembly::OpenLedger;
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use known::{read_now, remembered};
use printing::print;

/// Shows everything known of an order.
pub(crate) async fn show(
    config: &Config,
    connection: Option<&str>,
    order: &str,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let OpenLedger { ledger, .. } = OpenLedger::open(config).await?;
    let Some(known) = remembered(&*ledger, connection, order).await? else {
        let advice = format!("`shipbridge orders explain {order}` reads it from Cin7");
        return Err(anyhow!("order {order} of {} has never been seen; {advice}", connection.name).into());
    };
    print(connection, &known, json, false);
    Ok(())
}

/// Explains why an order is, or is not, in ShipStation. Ends with 1 when Cin7 does not have it.
pub(crate) async fn explain(
    config: &Config,
    connection: Option<&str>,
    order: &str,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let known = match remembered(&*opened.ledger, connection, order).await? {
        Some(known) => known,
        None => read_now(config, connection, &opened, order).await?,
    };
    print(connection, &known, json, true);
    Ok(())
}

/// The connection that is named, or the only one.
pub(crate) fn the_connection<'a>(
    config: &'a Config,
    name: Option<&str>,
) -> Result<&'a Connection, CommandError> {
    let names = || {
        config.connections.iter().map(|connection| connection.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    match (name, config.connections.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => {
            Err(CommandError::Usage(format!("which connection? give --connection with one of: {}", names())))
        }
        (Some(name), connections) => {
            connections.iter().find(|connection| connection.name.as_str() == name).ok_or_else(|| {
                CommandError::Usage(format!("there is no connection `{name}`; there are: {}", names()))
            })
        }
    }
}
