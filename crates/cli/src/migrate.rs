//! `migrate`: brings the ledger's schema up to date, before a newer version of the program is started.

use serde_json::json;

use crate::assembly;
use crate::config::Config;
use crate::outcome::CommandError;
use crate::{logging, output};

/// Migrates, and says from which version to which.
pub(crate) async fn migrate(config: &Config, json: bool) -> Result<(), CommandError> {
    logging::start_quiet();
    let (url, migrated) = (config.ledger.url.to_string(), assembly::migrate(config).await?);
    let (from, to) = (migrated.map(|migrated| migrated.from), migrated.map(|migrated| migrated.to));
    if json {
        output::json(&json!({"ledger": url, "automatic": migrated.is_none(), "from": from, "to": to}));
        return Ok(());
    }
    output::line(&match (from, to) {
        (Some(from), Some(to)) if from != to => {
            format!("The ledger {url} was migrated from schema {from} to {to}.")
        }
        (_, Some(to)) => format!("The ledger {url} is up to date: schema {to}."),
        (_, None) => format!("The ledger {url} is up to date: it migrates by itself whenever it is opened."),
    });
    Ok(())
}
