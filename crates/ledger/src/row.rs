//! Rows of either engine as values of the domain. A backend fetches; what a row means is said here, once.
//! How single columns are stored is `crate::column`, whole documents are `crate::document`.

use sqlx::{ColumnIndex, Database, Decode, Row, Type};

use domain::alert::Known;
use domain::feed::{FeedOrder, FeedWindow};
use domain::ids::OrderId;
use domain::placed_order::PlacedOrder;
use domain::product::Product;
use domain::record::{OrderRecord, Placed, Reading};
use domain::ship_notice::NoticeId;
use jiff::Timestamp;

use crate::column::{count, from_word, instant, parsed};
use crate::document;
use crate::effect_row::EffectRow;
use crate::error::LedgerError;
use crate::feed::{FeedClock, FrozenWindow, Seam};
use crate::quota_window::Told;
use crate::types::{EffectRecord, JournalEntry, KeptNotice, ParkedEvent};

/// The few kinds of cells that the schema has, by column name, for every engine that can hold them.
pub(crate) trait Cells {
    /// A whole number, an instant, a length.
    fn number(&self, column: &'static str) -> Result<i64, LedgerError>;

    /// A whole number that may be absent.
    fn number_if_any(&self, column: &'static str) -> Result<Option<i64>, LedgerError>;

    /// A text.
    fn text(&self, column: &'static str) -> Result<String, LedgerError>;

    /// A text that may be absent.
    fn text_if_any(&self, column: &'static str) -> Result<Option<String>, LedgerError>;

    /// Yes or no.
    fn flag(&self, column: &'static str) -> Result<bool, LedgerError>;
}

impl<R> Cells for R
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    bool: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    fn number(&self, column: &'static str) -> Result<i64, LedgerError> {
        Ok(self.try_get(column)?)
    }

    fn number_if_any(&self, column: &'static str) -> Result<Option<i64>, LedgerError> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &'static str) -> Result<String, LedgerError> {
        Ok(self.try_get(column)?)
    }

    fn text_if_any(&self, column: &'static str) -> Result<Option<String>, LedgerError> {
        Ok(self.try_get(column)?)
    }

    fn flag(&self, column: &'static str) -> Result<bool, LedgerError> {
        Ok(self.try_get(column)?)
    }
}

/// An effect as claims and records see it.
pub(crate) fn effect(row: &impl Cells) -> Result<EffectRow, LedgerError> {
    Ok(EffectRow {
        version: row.number("version")?,
        token: row.number("token")?,
        attempt: row.text("attempt_fingerprint")?,
        lease_until: row.number_if_any("lease_until_us")?,
        started_at: row.number_if_any("started_at_us")?,
        doubt_since: row.number_if_any("doubt_since_us")?,
        done: row.text_if_any("done_fingerprint")?,
    })
}

/// What was last recorded of an effect as applied.
pub(crate) fn effect_record(row: &impl Cells) -> Result<EffectRecord, LedgerError> {
    let unreadable = |source| LedgerError::Unreadable { what: "note of an effect", source };
    Ok(EffectRecord {
        version: row.number("version")?,
        fingerprint: parsed("fingerprint", &row.text("done_fingerprint")?)?,
        at: instant("time of a record", row.number("done_at_us")?)?,
        note: serde_json::from_str(&row.text("note")?).map_err(unreadable)?,
    })
}

/// A whole order.
pub(crate) fn order(row: &impl Cells) -> Result<OrderRecord, LedgerError> {
    Ok(OrderRecord {
        reading: reading(row)?,
        placed: placed(row)?,
        progress: from_word("progress", &row.text("progress")?)?,
        answered: row.number_if_any("answered_us")?.map(|at| instant("reading", at)).transpose()?,
    })
}

fn reading(row: &impl Cells) -> Result<Reading, LedgerError> {
    let platform_time = row.number_if_any("platform_time_us")?;
    Ok(Reading {
        id: OrderId(row.number("cin7_order")?),
        reference: row.text("reference")?,
        stage: row.text("stage")?,
        version: instant("version of an order", row.number("version_us")?)?,
        content: parsed("fingerprint", &row.text("content")?)?,
        platform_time: platform_time.map(|at| instant("platform time", at)).transpose()?,
        intake: from_word("intake", &row.text("intake")?)?,
        verdicts: document::decode("list of verdicts", &row.text("verdicts")?)?,
        reached_in_sight: row.flag("reached_in_sight")?,
        dispatched: row.flag("dispatched")?,
        objection: row.text_if_any("objection")?,
    })
}

fn placed(row: &impl Cells) -> Result<Option<Placed>, LedgerError> {
    let Some(document) = row.text_if_any("document")? else {
        return Ok(None);
    };
    let document = document::decode("document of an order", &document)?;
    let shipstation_order = row.number_if_any("shipstation_order")?;
    let attempt = row.text_if_any("attempt")?;
    let attempt =
        attempt.map(|text| document::decode("attempted document of an order", &text)).transpose()?;
    Ok(Some(Placed { shipstation_order, document, attempt }))
}

/// An order of ShipStation's.
pub(crate) fn placed_order(row: &impl Cells) -> Result<PlacedOrder, LedgerError> {
    document::decode("order of ShipStation's", &row.text("body")?)
}

/// A product with the time of its reading.
pub(crate) fn product(row: &impl Cells) -> Result<(Product, Timestamp), LedgerError> {
    let product = document::decode("product", &row.text("body")?)?;
    Ok((product, instant("reading of a product", row.number("read_at_us")?)?))
}

/// A line of an order's timeline.
pub(crate) fn journal_entry(order: OrderId, row: &impl Cells) -> Result<JournalEntry, LedgerError> {
    let at = instant("time of an entry", row.number("at_us")?)?;
    Ok(JournalEntry { order, at, kind: row.text("kind")?, text: row.text("text")? })
}

/// What a platform told of a window.
pub(crate) fn told(row: &impl Cells) -> Result<Told, LedgerError> {
    Ok(Told {
        limit: row.number_if_any("limit_told")?.map(|limit| count("limit", limit)).transpose()?,
        ceiling: count("number of calls", row.number("ceiling")?)?,
        ceiling_until: row.number("ceiling_until_us")?,
    })
}

/// A problem that is known.
pub(crate) fn known_problem(row: &impl Cells) -> Result<Known, LedgerError> {
    let told = row.number_if_any("told_us")?;
    Ok(Known {
        problem: document::decode("problem", &row.text("body")?)?,
        first_seen: instant("time of a problem", row.number("first_seen_us")?)?,
        told: told.map(|at| instant("time of a message", at)).transpose()?,
    })
}

/// A feed's clock.
pub(crate) fn feed_clock(row: &impl Cells) -> Result<FeedClock, LedgerError> {
    let (change, changed) = (row.number("change")?, row.number("changed_us")?);
    Ok(FeedClock { change, changed, read_until: row.number("read_until_us")? })
}

/// A window as it was frozen.
pub(crate) fn frozen_window(row: &impl Cells) -> Result<FrozenWindow, LedgerError> {
    let (change, orders) = (row.number("change")?, row.number("orders")?);
    Ok(FrozenWindow { change, orders, frozen_at: row.number("frozen_at_us")? })
}

/// A seam of a frozen window.
pub(crate) fn feed_seam(row: &impl Cells) -> Result<Seam, LedgerError> {
    Ok(Seam { changed: row.number("changed_us")?, order: row.number("cin7_order")? })
}

/// An order of the feed, with the instant of its change. A window that it shows in later than that has it at its
/// beginning.
pub(crate) fn feed_order(
    row: &impl Cells,
    window: FeedWindow,
) -> Result<(Timestamp, FeedOrder), LedgerError> {
    let changed = instant("change of the feed", row.number("since_us")?)?.max(window.from);
    Ok((changed, crate::feed::order(&row.text("body")?)?))
}

/// A notice of the custom store.
pub(crate) fn notice(row: &impl Cells) -> Result<KeptNotice, LedgerError> {
    Ok(KeptNotice {
        id: NoticeId(parsed("id of a notice", &row.text("notice")?)?),
        order: row.number_if_any("cin7_order")?.map(OrderId),
        received_at: instant("time of a notice", row.number("received_at_us")?)?,
        notice: document::decode("notice", &row.text("body")?)?,
        raw: row.text("raw")?,
        taken_in: row.number_if_any("taken_in_us")?.map(|at| instant("time of a notice", at)).transpose()?,
    })
}

/// An event that waits for a person.
pub(crate) fn parked_event(row: &impl Cells) -> Result<ParkedEvent, LedgerError> {
    Ok(ParkedEvent {
        event: document::decode("parked event", &row.text("event")?)?,
        lane: from_word("lane", &row.text("lane")?)?,
        cause: row.text("cause")?,
        text: row.text("text")?,
        order: row.number_if_any("cin7_order")?.map(OrderId),
        attempts: count("number of attempts", row.number("attempts")?)?,
        since: instant("time of parking", row.number("since_us")?)?,
    })
}
