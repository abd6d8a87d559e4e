//! The refresh of product data: asks Cin7 now and then which products changed, and brings those up to date that
//! the ledger keeps because orders have needed them. Others are read when an order needs them.

use jiff::SignedDuration;

use domain::product::Product;
use domain::quota::Priority;
use domain::walk::Walk;
use platforms::{ChangedProduct, Listing};

use crate::connection::Connection;
use crate::leader::RoundError;

/// How long product data is believed without being told of a change. Most changes are found by the next round;
/// this is for those that do not move a product's modified date.
pub(crate) const FRESH_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How far back the second round looks; the first of a connection only begins to count. What was kept before
/// then was believed for as long.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);
/// Changes up to so long before the cursor are looked at again: the platform's writes may become visible a little
/// out of order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// The most pages of a round: a bulk edit of the whole catalogue is spread over several.
const PAGES: usize = 20;

/// One round: walks the products modified since the cursor, as the watch walks orders. The cursor is a date of
/// Cin7's, whose clock is not ours: without a row it stays.
pub(crate) async fn refresh(connection: &Connection) -> Result<(), RoundError> {
    let name = format!("products/{}", connection.name());
    let Some(cursor) = connection.ledger.cursor(&name).await? else {
        let first = connection.clock.now() - FIRST_LOOK;
        return Ok(connection.ledger.move_cursor(&name, first).await?);
    };
    let (mut walk, mut pages) = (Walk::since(cursor - OVERLAP), 0);
    while pages < PAGES {
        let listing = read(connection, walk).await?;
        let (last, more) = (listing.records.iter().map(|changed| changed.modified).max(), listing.has_more());
        keep_known(connection, listing.records).await?;
        connection.ledger.move_cursor(&name, last.unwrap_or(walk.since)).await?;
        if !more {
            return Ok(());
        }
        walk = walk.after(last);
        // Pages of one date are read to their end: the cursor cannot stop among them.
        pages += usize::from(walk.page == 1);
    }
    tracing::info!(connection = %connection.name(), "more products changed than one round reads; the next goes on");
    Ok(())
}

async fn read(connection: &Connection, walk: Walk) -> Result<Listing<ChangedProduct>, RoundError> {
    let call = async |permit| connection.cin7.products_changed_since(permit, walk.since, walk.page).await;
    let listing = connection.cin7_gate.call(Priority::Watch, call).await?;
    for record in &listing.unreadable {
        tracing::warn!(connection = %connection.name(), product = ?record.id, reason = %record.reason, "a changed product cannot be read");
    }
    Ok(listing)
}

/// Keeps those that are kept already.
async fn keep_known(connection: &Connection, changed: Vec<ChangedProduct>) -> Result<(), RoundError> {
    let ids: Vec<i64> = changed.iter().map(|changed| changed.product.id).collect();
    let known = connection.ledger.products(connection.name(), &ids).await?;
    let products: Vec<Product> = changed
        .into_iter()
        .zip(&known)
        .filter_map(|(changed, known)| known.is_some().then_some(changed.product))
        .collect();
    Ok(connection.ledger.keep_products(connection.name(), &products, connection.clock.now()).await?)
}
