//! The custom store's feed, in SQLite: its one writer is the feed's lock.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use domain::feed::{FeedOrder, FeedWindow};
use domain::ids::{ConnectionName, OrderId};

use super::SqliteLedger;
use crate::column::{instant, micros};
use crate::error::LedgerError;
use crate::feed::{FeedClock, FrozenWindow, SEAM_EVERY, Seam, bodies, forgotten_until, order, place, since};
use crate::roles::Feed;
use crate::row::{feed_clock, feed_order, feed_seam, frozen_window};
use crate::sql;
use crate::types::{FeedPage, FeedPageOf};

#[async_trait]
impl Feed for SqliteLedger {
    async fn put_in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[FeedOrder],
        now: Timestamp,
    ) -> Result<Vec<bool>, LedgerError> {
        let bodies = bodies(orders);
        let mut transaction = self.begin_write().await?;
        let next = clock(&mut transaction, connection).await?.next(now);
        let mut changed = BTreeSet::new();
        for (order, body) in &bodies {
            let query = sqlx::query_scalar(sql::FEED_BODY).bind(connection.as_str()).bind(order);
            let before: Option<String> = query.fetch_optional(&mut *transaction).await?;
            if before.as_ref() != Some(body) {
                move_to(&mut transaction, connection, *order, body, next, now).await?;
                changed.insert(*order);
            }
        }
        if changed.is_empty() {
            return Ok(vec![false; orders.len()]);
        }
        keep_clock(&mut transaction, connection, next).await?;
        let forget = sqlx::query(sql::FEED_FORGET).bind(connection.as_str()).bind(forgotten_until(now));
        forget.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(orders.iter().map(|order| changed.contains(&order.id.0)).collect())
    }

    async fn in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<Option<FeedOrder>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut found = Vec::with_capacity(orders.len());
        for id in orders {
            let query = sqlx::query_scalar(sql::FEED_BODY).bind(connection.as_str()).bind(id.0);
            let body: Option<String> = query.fetch_optional(&mut *transaction).await?;
            found.push(body.as_deref().map(order).transpose()?);
        }
        Ok(found)
    }

    async fn feed_page(
        &self,
        connection: &ConnectionName,
        window: FeedWindow,
        page: FeedPage,
        now: Timestamp,
    ) -> Result<FeedPageOf, LedgerError> {
        let mut reading = self.begin_read().await?;
        let frozen = frozen(&mut reading, connection, window).await?;
        if let Some(frozen) = frozen.filter(|frozen| frozen.is_good_for(page, now)) {
            return read(&mut reading, connection, window, page, frozen).await;
        }
        drop(reading);
        let mut transaction = self.begin_write().await?;
        let frozen = freeze(&mut transaction, connection, window, now).await?;
        let page = read(&mut transaction, connection, window, page, frozen).await?;
        transaction.commit().await?;
        Ok(page)
    }

    async fn feed_changed(&self, connection: &ConnectionName) -> Result<Option<Timestamp>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let clock = clock(&mut transaction, connection).await?;
        (clock.change > 0).then(|| instant("change of the feed", clock.changed)).transpose()
    }
}

async fn clock(connection: &mut SqliteConnection, name: &ConnectionName) -> Result<FeedClock, LedgerError> {
    let row = sqlx::query(sql::FEED_CLOCK).bind(name.as_str()).fetch_optional(connection).await?;
    row.as_ref().map_or(Ok(FeedClock::NEW), feed_clock)
}

async fn keep_clock(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    clock: FeedClock,
) -> Result<(), LedgerError> {
    let query = sqlx::query(sql::FEED_CLOCK_KEEP).bind(name.as_str()).bind(clock.change);
    query.bind(clock.changed).bind(clock.read_until).execute(connection).await?;
    Ok(())
}

async fn move_to(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    order: i64,
    body: &str,
    next: FeedClock,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let keep = sqlx::query(sql::FEED_KEEP).bind(name.as_str()).bind(order).bind(body);
    keep.execute(&mut *connection).await?;
    let supersede = sqlx::query(sql::FEED_SUPERSEDE).bind(name.as_str()).bind(order);
    supersede.bind(next.change).bind(micros(now)).execute(&mut *connection).await?;
    let position = sqlx::query(sql::FEED_POSITION).bind(name.as_str()).bind(order);
    position.bind(next.change).bind(next.changed).bind(since(next, now)).execute(connection).await?;
    Ok(())
}

async fn frozen(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    window: FeedWindow,
) -> Result<Option<FrozenWindow>, LedgerError> {
    let query = sqlx::query(sql::FEED_WINDOW).bind(name.as_str());
    let query = query.bind(micros(window.from)).bind(micros(window.until));
    query.fetch_optional(connection).await?.as_ref().map(frozen_window).transpose()
}

/// Freezes a window as it is now.
async fn freeze(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    window: FeedWindow,
    now: Timestamp,
) -> Result<FrozenWindow, LedgerError> {
    let read = clock(connection, name).await?.read(window, now);
    keep_clock(connection, name, read).await?;
    let count = sqlx::query_scalar(sql::FEED_COUNT).bind(name.as_str());
    let count = count.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
    let orders: i64 = count.fetch_one(&mut *connection).await?;
    let forget = sqlx::query(sql::FEED_WINDOWS_FORGET).bind(name.as_str());
    let forget = forget.bind(micros(window.from)).bind(micros(window.until)).bind(forgotten_until(now));
    forget.execute(&mut *connection).await?;
    let keep = sqlx::query(sql::FEED_WINDOW_KEEP).bind(name.as_str());
    let keep = keep.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
    keep.bind(orders).bind(micros(now)).execute(&mut *connection).await?;
    if orders > SEAM_EVERY {
        let seams = sqlx::query(sql::FEED_SEAMS_KEEP).bind(name.as_str());
        let seams = seams.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
        seams.bind(SEAM_EVERY).execute(connection).await?;
    }
    Ok(FrozenWindow { change: read.change, orders, frozen_at: micros(now) })
}

async fn read(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    window: FeedWindow,
    page: FeedPage,
    frozen: FrozenWindow,
) -> Result<FeedPageOf, LedgerError> {
    let (at, after) = place(page);
    let Some(seam) = seam(connection, name, window, at).await? else {
        return Ok(FeedPageOf { pages: frozen.pages(page), orders: Vec::new() });
    };
    let query = sqlx::query(sql::FEED_PAGE).bind(name.as_str()).bind(seam.changed).bind(seam.order);
    let query = query.bind(micros(window.until)).bind(frozen.change).bind(i64::from(page.size)).bind(after);
    let rows = query.fetch_all(connection).await?;
    let orders = rows.iter().map(|row| feed_order(row, window)).collect::<Result<_, _>>()?;
    Ok(FeedPageOf { pages: frozen.pages(page), orders })
}

/// The seam behind so many orders of a frozen window; none where it has no more.
async fn seam(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    window: FeedWindow,
    at: i64,
) -> Result<Option<Seam>, LedgerError> {
    if at == 0 {
        return Ok(Some(Seam::before(window)));
    }
    let query = sqlx::query(sql::FEED_SEAM).bind(name.as_str());
    let query = query.bind(micros(window.from)).bind(micros(window.until)).bind(at);
    query.fetch_optional(connection).await?.as_ref().map(feed_seam).transpose()
}
