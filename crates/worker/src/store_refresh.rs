//! Asks ShipStation to fetch from the custom store when the feed has changed: it fetches by itself only now and then.
//! Needs its API and the store's id. Asking twice does no harm, so this write needs no claim.

use std::time::Duration;

use domain::quota::Priority;

use crate::connection::Connection;
use crate::leader::RoundError;

/// How often it is looked whether the feed has changed: all that changed in between is fetched together.
pub(crate) const EVERY: Duration = Duration::from_mins(1);

/// One look.
pub(crate) async fn look(connection: &Connection) -> Result<(), RoundError> {
    let (Some(api), Some(store)) = (&connection.shipstation, connection.rules.store_id) else {
        return Ok(());
    };
    let (ledger, name) = (&connection.ledger, format!("refreshed/{}", connection.name()));
    let Some(changed) = ledger.feed_changed(connection.name()).await? else { return Ok(()) };
    if ledger.cursor(&name).await?.is_some_and(|refreshed| refreshed >= changed) {
        return Ok(());
    }
    let call = async |permit| api.client.refresh_store(permit, store).await;
    api.gate.call(Priority::Watch, call).await?;
    Ok(ledger.move_cursor(&name, changed).await?)
}
