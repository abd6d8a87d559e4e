//! The custom store's feed, in PostgreSQL: whoever changes it, or freezes a window of it, holds its lock.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgConnection;

use domain::feed::{FeedOrder, FeedWindow};
use domain::ids::{ConnectionName, OrderId};

use super::lock::AdvisoryLock;
use super::{PostgresLedger, sql};
use crate::column::{instant, micros};
use crate::error::LedgerError;
use crate::feed::{FeedClock, FrozenWindow, SEAM_EVERY, Seam, bodies, forgotten_until, order, place, since};
use crate::roles::Feed;
use crate::row::{Cells, feed_clock, feed_order, feed_seam, frozen_window};
use crate::sql as common;
use crate::types::{FeedPage, FeedPageOf};

#[async_trait]
impl Feed for PostgresLedger {
    async fn put_in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[FeedOrder],
        now: Timestamp,
    ) -> Result<Vec<bool>, LedgerError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = bodies(orders);
        let ids: Vec<i64> = wanted.keys().copied().collect();
        let put = || async {
            let mut transaction = self.connections.begin(&[lock(connection)]).await?;
            let next = clock(&mut transaction, connection).await?.next(now);
            let before = load(&mut transaction, connection, &ids).await?;
            let mut changed = wanted.clone();
            changed.retain(|order, body| before.get(order) != Some(body));
            if changed.is_empty() {
                transaction.roll_back().await?;
                return Ok(changed);
            }
            move_to(&mut transaction, connection, &changed, next, now).await?;
            keep_clock(&mut transaction, connection, next).await?;
            transaction.commit().await?;
            Ok(changed)
        };
        let changed = self.connections.answer(put).await?;
        Ok(orders.iter().map(|order| changed.contains_key(&order.id.0)).collect())
    }

    async fn in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<Option<FeedOrder>>, LedgerError> {
        let ids: Vec<i64> = orders.iter().map(|order| order.0).collect();
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let found = load(&mut lent, connection, &ids).await?;
            lent.give_back();
            Ok(found)
        };
        let found = self.connections.answer(read).await?;
        ids.iter().map(|id| found.get(id).map(|body| order(body)).transpose()).collect()
    }

    async fn feed_page(
        &self,
        connection: &ConnectionName,
        window: FeedWindow,
        page: FeedPage,
        now: Timestamp,
    ) -> Result<FeedPageOf, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let frozen = frozen(&mut lent, connection, window).await?;
            if let Some(frozen) = frozen.filter(|frozen| frozen.is_good_for(page, now)) {
                let found = read(&mut lent, connection, window, page, frozen).await?;
                lent.give_back();
                return Ok(found);
            }
            lent.give_back();
            let mut transaction = self.connections.begin(&[lock(connection)]).await?;
            let frozen = freeze(&mut transaction, connection, window, now).await?;
            let found = read(&mut transaction, connection, window, page, frozen).await?;
            transaction.commit().await?;
            Ok(found)
        };
        self.connections.answer(read).await
    }

    async fn feed_changed(&self, connection: &ConnectionName) -> Result<Option<Timestamp>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let clock = clock(&mut lent, connection).await?;
            lent.give_back();
            (clock.change > 0).then(|| instant("change of the feed", clock.changed)).transpose()
        };
        self.connections.answer(read).await
    }
}

fn lock(connection: &ConnectionName) -> AdvisoryLock {
    AdvisoryLock::of("feed", connection.as_str())
}

async fn clock(connection: &mut PgConnection, name: &ConnectionName) -> Result<FeedClock, LedgerError> {
    let row = sqlx::query(common::FEED_CLOCK).bind(name.as_str()).fetch_optional(connection).await?;
    row.as_ref().map_or(Ok(FeedClock::NEW), feed_clock)
}

async fn keep_clock(
    connection: &mut PgConnection,
    name: &ConnectionName,
    clock: FeedClock,
) -> Result<(), LedgerError> {
    let query = sqlx::query(common::FEED_CLOCK_KEEP).bind(name.as_str()).bind(clock.change);
    query.bind(clock.changed).bind(clock.read_until).execute(connection).await?;
    Ok(())
}

async fn load(
    connection: &mut PgConnection,
    name: &ConnectionName,
    orders: &[i64],
) -> Result<BTreeMap<i64, String>, LedgerError> {
    let rows = sqlx::query(sql::FEED_BODIES).bind(name.as_str()).bind(orders).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.number("cin7_order")?, row.text("body")?))).collect()
}

async fn move_to(
    connection: &mut PgConnection,
    name: &ConnectionName,
    changed: &BTreeMap<i64, String>,
    next: FeedClock,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let ids: Vec<i64> = changed.keys().copied().collect();
    let bodies: Vec<&str> = changed.values().map(String::as_str).collect();
    let keep = sqlx::query(sql::FEED_KEEP).bind(name.as_str()).bind(&ids).bind(&bodies);
    keep.execute(&mut *connection).await?;
    let supersede = sqlx::query(sql::FEED_SUPERSEDE).bind(name.as_str()).bind(&ids);
    supersede.bind(next.change).bind(micros(now)).execute(&mut *connection).await?;
    let positions = sqlx::query(sql::FEED_POSITIONS).bind(name.as_str()).bind(&ids);
    positions.bind(next.change).bind(next.changed).bind(since(next, now)).execute(&mut *connection).await?;
    let forget = sqlx::query(common::FEED_FORGET).bind(name.as_str()).bind(forgotten_until(now));
    forget.execute(connection).await?;
    Ok(())
}

async fn frozen(
    connection: &mut PgConnection,
    name: &ConnectionName,
    window: FeedWindow,
) -> Result<Option<FrozenWindow>, LedgerError> {
    let query = sqlx::query(common::FEED_WINDOW).bind(name.as_str());
    let query = query.bind(micros(window.from)).bind(micros(window.until));
    query.fetch_optional(connection).await?.as_ref().map(frozen_window).transpose()
}

/// Freezes a window as it is now.
async fn freeze(
    connection: &mut PgConnection,
    name: &ConnectionName,
    window: FeedWindow,
    now: Timestamp,
) -> Result<FrozenWindow, LedgerError> {
    let read = clock(connection, name).await?.read(window, now);
    keep_clock(connection, name, read).await?;
    let count = sqlx::query_scalar(common::FEED_COUNT).bind(name.as_str());
    let count = count.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
    let orders: i64 = count.fetch_one(&mut *connection).await?;
    let forget = sqlx::query(common::FEED_WINDOWS_FORGET).bind(name.as_str());
    let forget = forget.bind(micros(window.from)).bind(micros(window.until)).bind(forgotten_until(now));
    forget.execute(&mut *connection).await?;
    let keep = sqlx::query(common::FEED_WINDOW_KEEP).bind(name.as_str());
    let keep = keep.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
    keep.bind(orders).bind(micros(now)).execute(&mut *connection).await?;
    if orders > SEAM_EVERY {
        let seams = sqlx::query(common::FEED_SEAMS_KEEP).bind(name.as_str());
        let seams = seams.bind(micros(window.from)).bind(micros(window.until)).bind(read.change);
        seams.bind(SEAM_EVERY).execute(connection).await?;
    }
    Ok(FrozenWindow { change: read.change, orders, frozen_at: micros(now) })
}

async fn read(
    connection: &mut PgConnection,
    name: &ConnectionName,
    window: FeedWindow,
    page: FeedPage,
    frozen: FrozenWindow,
) -> Result<FeedPageOf, LedgerError> {
    let (at, after) = place(page);
    let Some(seam) = seam(connection, name, window, at).await? else {
        return Ok(FeedPageOf { pages: frozen.pages(page), orders: Vec::new() });
    };
    let query = sqlx::query(common::FEED_PAGE).bind(name.as_str()).bind(seam.changed).bind(seam.order);
    let query = query.bind(micros(window.until)).bind(frozen.change).bind(i64::from(page.size)).bind(after);
    let rows = query.fetch_all(connection).await?;
    let orders = rows.iter().map(|row| feed_order(row, window)).collect::<Result<_, _>>()?;
    Ok(FeedPageOf { pages: frozen.pages(page), orders })
}

/// The seam behind so many orders of a frozen window; none where it has no more.
async fn seam(
    connection: &mut PgConnection,
    name: &ConnectionName,
    window: FeedWindow,
    at: i64,
) -> Result<Option<Seam>, LedgerError> {
    if at == 0 {
        return Ok(Some(Seam::before(window)));
    }
    let query = sqlx::query(common::FEED_SEAM).bind(name.as_str());
    let query = query.bind(micros(window.from)).bind(micros(window.until)).bind(at);
    query.fetch_optional(connection).await?.as_ref().map(feed_seam).transpose()
}
