//! The ledger's statements in the common subset of SQLite and PostgreSQL: `$1` placeholders, upserts with
//! `excluded`, `CASE` instead of `MAX` or `GREATEST`. SQLite needs no others; where PostgreSQL does a batch in
//! one statement, its own are in `crate::postgres::sql`. A table, sorted by role. `ALL` lists it once more for
//! the tests that prepare every one on each engine; the macro keeps the two from drifting apart.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*

        /// Every statement with its name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// The columns of an effect, for claims and records.
macro_rules! effect_columns {
    () => {
        "version, token, attempt_fingerprint, lease_until_us, started_at_us, doubt_since_us, done_fingerprint"
    };
}

/// What was last recorded as applied. A claim that found its wish done already moved the version on: it counts
/// as recorded too.
macro_rules! select_effect_record {
    ($rest:literal) => {
        concat!(
            "SELECT effect_key, CASE WHEN lease_until_us IS NULL AND doubt_since_us IS NULL \
             AND attempt_fingerprint = done_fingerprint THEN version ELSE done_version END AS version, \
             done_fingerprint, done_at_us, note FROM effects ",
            $rest
        )
    };
}

/// The columns of an order, for every statement that reads whole orders.
macro_rules! order_columns {
    () => {
        "cin7_order, reference, stage, version_us, content, platform_time_us, intake, reached_in_sight, \
         dispatched, verdicts, objection, shipstation_order, document, attempt, progress, \
         answered_us"
    };
}

/// What a reading replaces of an order that is known already.
macro_rules! order_keep_newer_reading {
    () => {
        "ON CONFLICT (connection, cin7_order) DO UPDATE SET reference = excluded.reference, \
         stage = excluded.stage, version_us = excluded.version_us, content = excluded.content, \
         platform_time_us = excluded.platform_time_us, intake = excluded.intake, \
         reached_in_sight = excluded.reached_in_sight, dispatched = excluded.dispatched, \
         verdicts = excluded.verdicts, \
         objection = excluded.objection \
         WHERE excluded.version_us >= orders.version_us"
    };
}

/// The columns of a parked event.
macro_rules! parked_columns {
    () => {
        "lane, cause, text, cin7_order, attempts, since_us, event"
    };
}

pub(crate) use {effect_columns, order_columns, order_keep_newer_reading, select_effect_record, statements};

statements! {
    /// The newest migration of the schema.
    SCHEMA_VERSION = "SELECT MAX(version) FROM _sqlx_migrations";

    // Effects

    /// $1 key
    EFFECT = concat!("SELECT ", effect_columns!(), " FROM effects WHERE effect_key = $1");

    /// $1 key, $2 version, $3 token, $4 fingerprint, $5 lease, $6 start, $7 doubt. What was applied is left alone.
    EFFECT_STORE =
        "INSERT INTO effects (effect_key, version, token, attempt_fingerprint, lease_until_us, started_at_us, \
         doubt_since_us) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (effect_key) DO UPDATE SET version = excluded.version, token = excluded.token, \
         attempt_fingerprint = excluded.attempt_fingerprint, lease_until_us = excluded.lease_until_us, \
         started_at_us = excluded.started_at_us, doubt_since_us = excluded.doubt_since_us";

    /// $1 key, $2 now, $3 note. The claim that is recorded is what was applied.
    EFFECT_APPLIED =
        "UPDATE effects SET done_fingerprint = attempt_fingerprint, done_version = version, done_at_us = $2, \
         note = $3 WHERE effect_key = $1";

    /// $1 key
    EFFECT_RECORD = select_effect_record!("WHERE effect_key = $1 AND done_fingerprint IS NOT NULL");

    // Orders

    /// $1 connection, $2 order
    ORDER_BY_ID = concat!(
        "SELECT ", order_columns!(), " FROM orders WHERE connection = $1 AND cin7_order = $2"
    );

    /// $1 connection, $2 reference. Cin7 lets a reference be used again: the order changed last is meant.
    ORDER_BY_REFERENCE = concat!(
        "SELECT ", order_columns!(), " FROM orders WHERE connection = $1 AND reference = $2 \
         ORDER BY version_us DESC, cin7_order DESC LIMIT 1"
    );

    /// $1 connection, $2 order, $3 reference, $4 stage, $5 version, $6 content, $7 platform time, $8 intake,
    /// $9 reached in sight, $10 dispatched, $11 verdicts, $12 objection, $13 progress of a new order
    ORDER_KEEP_READING = concat!(
        "INSERT INTO orders (connection, cin7_order, reference, stage, version_us, content, platform_time_us, \
         intake, reached_in_sight, dispatched, verdicts, objection, progress) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ",
        order_keep_newer_reading!()
    );

    /// $1 connection, $2 order, $3 ShipStation's order, $4 document, $5 its status, $6 attempt
    ORDER_KEEP_PLACED =
        "UPDATE orders SET shipstation_order = COALESCE($3, shipstation_order), document = $4, \
         placed_status = $5, attempt = $6 \
         WHERE connection = $1 AND cin7_order = $2";

    /// $1 connection, $2 order, $3 ShipStation's order
    ORDER_LEARN_PLACE =
        "UPDATE orders SET shipstation_order = $3 \
         WHERE connection = $1 AND cin7_order = $2 AND document IS NOT NULL";

    /// $1 connection, $2 order, $3 progress
    ORDER_KEEP_PROGRESS = "UPDATE orders SET progress = $3 WHERE connection = $1 AND cin7_order = $2";

    /// $1 connection, $2 order, $3 answered. It never goes back.
    ORDER_KEEP_ANSWERED =
        "UPDATE orders SET answered_us = $3 WHERE connection = $1 AND cin7_order = $2 \
         AND (answered_us IS NULL OR answered_us < $3)";

    /// $1 connection, $2 the last order of the page before, $3 the oldest version of those that are not in
    /// ShipStation, $4 how many. Orders that nothing has shipped of.
    ORDERS_OPEN =
        "SELECT cin7_order FROM orders WHERE connection = $1 AND cin7_order > $2 AND progress = 'nothing' \
         AND (document IS NOT NULL OR version_us >= $3) ORDER BY cin7_order LIMIT $4";

    /// $1 connection, $2 the latest instant of the reading, by the platform's time, $3 how many. Orders that were to
    /// be sent and of which nobody recorded that they arrived; those that were read first come first.
    ORDERS_UNSENT =
        "SELECT cin7_order FROM orders WHERE connection = $1 AND progress = 'nothing' AND intake = 'eligible' \
         AND placed_status IS NULL AND COALESCE(platform_time_us, 0) <= $2 \
         ORDER BY COALESCE(platform_time_us, 0), cin7_order LIMIT $3";

    /// $1 connection, $2 progress, $3 intake, $4 placed status, if any, $5 whether there is no objection, $6 the last
    /// order of the page before, $7 how many. Orders that share everything an order's state is made of.
    ORDERS_OF_KIND = concat!(
        "SELECT ", order_columns!(), " FROM orders WHERE connection = $1 AND progress = $2 AND intake = $3 \
         AND placed_status IS NOT DISTINCT FROM $4 AND (objection IS NULL) = $5 AND cin7_order > $6 \
         ORDER BY cin7_order LIMIT $7"
    );

    /// $1 connection, $2 ShipStation's order
    ORDER_AT_SHIPSTATION =
        "SELECT cin7_order FROM orders WHERE connection = $1 AND shipstation_order = $2 \
         ORDER BY version_us DESC, cin7_order DESC LIMIT 1";

    /// $1 connection. Orders in groups that share everything an order's state is made of, with one of each.
    ORDER_GROUPS =
        "SELECT MIN(cin7_order), COUNT(*) FROM orders WHERE connection = $1 \
         GROUP BY progress, intake, placed_status, objection IS NULL";

    /// $1 connection, $2 pattern of the reference in lower case, $3 text, $4 how many, $5 kinds between bars; empty
    /// for any.
    ORDERS_SEARCH = concat!(
        "SELECT ", order_columns!(), " FROM orders WHERE connection = $1 \
         AND (LOWER(reference) LIKE $2 ESCAPE '!' OR CAST(cin7_order AS TEXT) = $3) \
         AND ($5 = '' OR $5 LIKE '%|' || progress || '/' || intake || '/' || COALESCE(placed_status, '') || '/' || \
         CASE WHEN objection IS NULL THEN '' ELSE 'objected' END || '|%') \
         ORDER BY version_us DESC, cin7_order DESC LIMIT $4"
    );

    /// $1 connection. The waiting orders by stage.
    ORDER_STAGES =
        "SELECT stage, COUNT(*) FROM orders WHERE connection = $1 AND document IS NULL \
         AND progress = 'nothing' AND intake IN ('waiting', 'eligible') GROUP BY stage ORDER BY stage";

    // What is in ShipStation

    /// $1 connection, $2 ShipStation's order, $3 number, $4 modified, $5 body. An older reading changes nothing.
    INDEX_KEEP =
        "INSERT INTO shipstation_orders (connection, shipstation_order, order_number, modified_us, body) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (connection, shipstation_order) DO UPDATE SET \
         order_number = excluded.order_number, modified_us = excluded.modified_us, body = excluded.body \
         WHERE excluded.modified_us >= shipstation_orders.modified_us";

    /// $1 connection, $2 ShipStation's order
    INDEX_BY_ID = "SELECT body FROM shipstation_orders WHERE connection = $1 AND shipstation_order = $2";

    /// $1 connection, $2 number
    INDEX_BY_NUMBER =
        "SELECT body FROM shipstation_orders WHERE connection = $1 AND order_number = $2 \
         ORDER BY shipstation_order";

    // Shipments

    /// $1 connection, $2 order
    SHIPMENT_REVISION = "SELECT revision FROM shipment_sets WHERE connection = $1 AND cin7_order = $2";

    /// $1 connection, $2 order
    SHIPMENTS = "SELECT body FROM shipments WHERE connection = $1 AND cin7_order = $2 ORDER BY shipment";

    /// $1 connection, $2 shipment
    ORDERS_OF_SHIPMENT = "SELECT cin7_order FROM shipments WHERE connection = $1 AND shipment = $2";

    /// $1 connection, $2 order, $3 shipment, $4 body
    SHIPMENT_KEEP =
        "INSERT INTO shipments (connection, cin7_order, shipment, body) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (connection, cin7_order, shipment) DO UPDATE SET body = excluded.body";

    /// $1 connection, $2 order, $3 revision, $4 now
    SHIPMENT_SET_KEEP =
        "INSERT INTO shipment_sets (connection, cin7_order, revision, changed_at_us) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (connection, cin7_order) DO UPDATE SET revision = excluded.revision, \
         changed_at_us = excluded.changed_at_us";

    /// $1 connection, $2 from, $3 to, $4 how many. Sets of orders in ShipStation that changed within that time, and
    /// whose present revision nobody recorded as written. The effect's key is that of `EffectKey`.
    SHIPMENT_SETS_UNWRITTEN =
        "SELECT known.cin7_order FROM shipment_sets AS known \
         JOIN orders ON orders.connection = known.connection AND orders.cin7_order = known.cin7_order \
         AND orders.document IS NOT NULL \
         LEFT JOIN effects ON effects.effect_key = \
         'fulfil/' || known.connection || '/' || CAST(known.cin7_order AS TEXT) \
         WHERE known.connection = $1 AND known.changed_at_us >= $2 AND known.changed_at_us <= $3 \
         AND COALESCE(CASE WHEN effects.lease_until_us IS NULL AND effects.doubt_since_us IS NULL \
         AND effects.attempt_fingerprint = effects.done_fingerprint THEN effects.version \
         ELSE effects.done_version END, -1) < known.revision \
         ORDER BY known.changed_at_us, known.cin7_order LIMIT $4";

    // The custom store

    /// $1 connection
    FEED_CLOCK = "SELECT change, changed_us, read_until_us FROM feed_clocks WHERE connection = $1";

    /// $1 connection, $2 change, $3 its stamp, $4 until when windows have been read
    FEED_CLOCK_KEEP =
        "INSERT INTO feed_clocks (connection, change, changed_us, read_until_us) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (connection) DO UPDATE SET change = excluded.change, changed_us = excluded.changed_us, \
         read_until_us = excluded.read_until_us";

    /// $1 connection, $2 order
    FEED_BODY = "SELECT body FROM feed WHERE connection = $1 AND cin7_order = $2";

    /// $1 connection, $2 order, $3 body
    FEED_KEEP =
        "INSERT INTO feed (connection, cin7_order, body) VALUES ($1, $2, $3) \
         ON CONFLICT (connection, cin7_order) DO UPDATE SET body = excluded.body";

    /// $1 connection, $2 order, $3 change, $4 now
    FEED_SUPERSEDE =
        "UPDATE feed_positions SET superseded = $3, superseded_at_us = $4 \
         WHERE connection = $1 AND cin7_order = $2 AND superseded IS NULL";

    /// $1 connection, $2 order, $3 change, $4 its stamp, $5 since when
    FEED_POSITION =
        "INSERT INTO feed_positions (connection, cin7_order, change, changed_us, since_us) \
         VALUES ($1, $2, $3, $4, $5)";

    /// $1 connection, $2 the last instant to forget
    FEED_FORGET =
        "DELETE FROM feed_positions WHERE connection = $1 AND superseded IS NOT NULL AND superseded_at_us <= $2";

    /// $1 connection, $2 from, $3 until, $4 change
    FEED_COUNT =
        "SELECT COUNT(*) FROM feed_positions WHERE connection = $1 AND changed_us >= $2 AND since_us <= $3 \
         AND change <= $4 AND (superseded IS NULL OR superseded > $4)";

    /// $1 connection, $2 stamp and $3 order behind which it begins, $4 until, $5 change, $6 how many, $7 after how many
    /// more. The page is found among the positions alone, its bodies are fetched afterwards.
    FEED_PAGE =
        "SELECT page.since_us, feed.body FROM (SELECT changed_us, since_us, cin7_order FROM feed_positions \
         WHERE connection = $1 AND (changed_us, cin7_order) > ($2, $3) AND since_us <= $4 \
         AND change <= $5 AND (superseded IS NULL OR superseded > $5) \
         ORDER BY changed_us, cin7_order LIMIT $6 OFFSET $7) AS page \
         JOIN feed ON feed.connection = $1 AND feed.cin7_order = page.cin7_order \
         ORDER BY page.changed_us, page.cin7_order";

    /// $1 connection, $2 from, $3 until
    FEED_WINDOW =
        "SELECT change, orders, frozen_at_us FROM feed_windows \
         WHERE connection = $1 AND from_us = $2 AND until_us = $3";

    /// $1 connection, $2 from, $3 until, $4 change, $5 orders, $6 now
    FEED_WINDOW_KEEP =
        "INSERT INTO feed_windows (connection, from_us, until_us, change, orders, frozen_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6)";

    /// $1 connection, $2 from, $3 until: the window that is frozen anew; $4 the last instant to forget. Seams go with
    /// their windows.
    FEED_WINDOWS_FORGET =
        "DELETE FROM feed_windows \
         WHERE connection = $1 AND (frozen_at_us <= $4 OR from_us = $2 AND until_us = $3)";

    /// $1 connection, $2 from, $3 until, $4 change, $5 orders from seam to seam
    FEED_SEAMS_KEEP =
        "INSERT INTO feed_seams (connection, from_us, until_us, place, changed_us, cin7_order) \
         SELECT $1, $2, $3, place, changed_us, cin7_order FROM (SELECT changed_us, cin7_order, \
         ROW_NUMBER() OVER (ORDER BY changed_us, cin7_order) AS place FROM feed_positions \
         WHERE connection = $1 AND changed_us >= $2 AND since_us <= $3 \
         AND change <= $4 AND (superseded IS NULL OR superseded > $4)) AS placed WHERE place % $5 = 0";

    /// $1 connection, $2 from, $3 until, $4 behind how many orders
    FEED_SEAM =
        "SELECT changed_us, cin7_order FROM feed_seams \
         WHERE connection = $1 AND from_us = $2 AND until_us = $3 AND place = $4";

    /// $1 connection, $2 notice, $3 order, $4 received, $5 body, $6 raw
    NOTICE_KEEP =
        "INSERT INTO notices (connection, notice, cin7_order, received_at_us, body, raw) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection, notice) DO UPDATE SET \
         cin7_order = excluded.cin7_order \
         WHERE notices.cin7_order IS NULL AND excluded.cin7_order IS NOT NULL";

    /// $1 connection, $2 notice
    NOTICE =
        "SELECT notice, cin7_order, received_at_us, body, raw, taken_in_us FROM notices WHERE connection = $1 AND notice = $2";

    /// $1 connection, $2 notice, $3 now
    NOTICE_TAKEN_IN =
        "UPDATE notices SET taken_in_us = $3 WHERE connection = $1 AND notice = $2 AND taken_in_us IS NULL";

    /// $1 connection, $2 received until, $3 how many
    NOTICES_OPEN =
        "SELECT notice FROM notices WHERE connection = $1 AND taken_in_us IS NULL AND cin7_order IS NOT NULL \
         AND received_at_us <= $2 ORDER BY received_at_us, notice LIMIT $3";

    // Products

    /// $1 connection, $2 product
    PRODUCT = "SELECT body, read_at_us FROM products WHERE connection = $1 AND cin7_product = $2";

    /// $1 connection, $2 product, $3 body, $4 now
    PRODUCT_KEEP =
        "INSERT INTO products (connection, cin7_product, body, read_at_us) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (connection, cin7_product) DO UPDATE SET body = excluded.body, \
         read_at_us = excluded.read_at_us WHERE excluded.read_at_us >= products.read_at_us";

    // Journal

    /// $1 connection, $2 order, $3 at, $4 kind, $5 text
    JOURNAL_WRITE =
        "INSERT INTO journal (connection, cin7_order, at_us, kind, text) \
         SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), $4, $5 WHERE NOT EXISTS (\
         SELECT 1 FROM journal AS latest WHERE latest.kind = $4 AND latest.text = $5 AND latest.entry = (\
         SELECT MAX(entry) FROM journal WHERE connection = $1 AND cin7_order = $2))";

    /// $1 connection, $2 order
    JOURNAL_TIMELINE =
        "SELECT at_us, kind, text FROM journal WHERE connection = $1 AND cin7_order = $2 ORDER BY entry";

    /// $1 connection, $2 kind, $3 since
    JOURNAL_COUNT = "SELECT COUNT(*) FROM journal WHERE connection = $1 AND kind = $2 AND at_us >= $3";

    // Quota

    /// $1 credential
    QUOTA_BLOCK = "SELECT until_us FROM quota_blocks WHERE credential = $1";

    /// $1 credential, $2 until. A block never gets shorter.
    QUOTA_BLOCK_KEEP =
        "INSERT INTO quota_blocks (credential, until_us) VALUES ($1, $2) \
         ON CONFLICT (credential) DO UPDATE SET until_us = excluded.until_us \
         WHERE excluded.until_us > quota_blocks.until_us";

    /// $1 credential, $2 length
    QUOTA_TOLD =
        "SELECT limit_told, ceiling, ceiling_until_us FROM quota_told WHERE credential = $1 AND length_us = $2";

    /// $1 credential, $2 length, $3 limit, $4 ceiling, $5 its end
    QUOTA_TOLD_KEEP =
        "INSERT INTO quota_told (credential, length_us, limit_told, ceiling, ceiling_until_us) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (credential, length_us) DO UPDATE SET limit_told = excluded.limit_told, \
         ceiling = excluded.ceiling, ceiling_until_us = excluded.ceiling_until_us";

    /// $1 credential, $2 begin, exclusive
    QUOTA_COUNT = "SELECT COUNT(*) FROM quota_calls WHERE credential = $1 AND at_us > $2";

    /// $1 credential, $2 begin, exclusive, $3 how many later ones to pass over. Walks the index only.
    QUOTA_LATEST =
        "SELECT at_us FROM quota_calls WHERE credential = $1 AND at_us > $2 \
         ORDER BY at_us DESC LIMIT 1 OFFSET $3";

    /// $1 credential, $2 at
    QUOTA_TAKE = "INSERT INTO quota_calls (credential, at_us) VALUES ($1, $2)";

    /// $1 credential, $2 the last instant to forget
    QUOTA_FORGET = "DELETE FROM quota_calls WHERE credential = $1 AND at_us <= $2";

    // Leases

    /// $1 name, $2 holder, $3 until, $4 now. Nothing comes back while somebody else holds it.
    LEASE =
        "INSERT INTO leases (name, holder, token, until_us) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (name) DO UPDATE SET \
         token = leases.token + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END, \
         holder = excluded.holder, until_us = excluded.until_us \
         WHERE leases.holder IS NULL OR leases.holder = excluded.holder OR leases.until_us <= $4 \
         RETURNING token";

    /// $1 name, $2 holder
    LEASE_GIVE_BACK = "UPDATE leases SET holder = NULL WHERE name = $1 AND holder = $2";

    // Cursors

    /// $1 name
    CURSOR = "SELECT at_us FROM cursors WHERE name = $1";

    /// $1 name, $2 to
    CURSOR_MOVE =
        "INSERT INTO cursors (name, at_us) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us WHERE excluded.at_us > cursors.at_us";

    // Marks

    /// $1 name
    MARK = "SELECT value FROM marks WHERE name = $1";

    /// $1 name, $2 value
    MARK_KEEP =
        "INSERT INTO marks (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";

    // Parked

    /// $1 event, $2 connection, $3 lane, $4 cause, $5 text, $6 order, $7 attempts, $8 since, $9 event's document
    PARK =
        "INSERT INTO parked (event_id, connection, lane, cause, text, cin7_order, attempts, since_us, event) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (event_id) DO NOTHING";

    /// Everything parked.
    PARKED = concat!("SELECT ", parked_columns!(), " FROM parked ORDER BY since_us, event_id");

    /// $1 connection
    PARKED_OF = concat!(
        "SELECT ", parked_columns!(), " FROM parked WHERE connection = $1 ORDER BY since_us, event_id"
    );

    /// $1 event
    UNPARK = concat!("DELETE FROM parked WHERE event_id = $1 RETURNING ", parked_columns!());

    // Alerts

    /// $1 connection, $2 channel
    ALERTS =
        "SELECT body, first_seen_us, told_us FROM alerts WHERE connection = $1 AND channel = $2 ORDER BY problem";

    /// $1 connection, $2 channel, $3 problem, $4 body, $5 first seen, $6 told
    ALERT_KEEP =
        "INSERT INTO alerts (connection, channel, problem, body, first_seen_us, told_us) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection, channel, problem) DO UPDATE SET \
         body = excluded.body, first_seen_us = excluded.first_seen_us, told_us = excluded.told_us";

    /// $1 connection, $2 channel, $3 problem
    ALERT_FORGET = "DELETE FROM alerts WHERE connection = $1 AND channel = $2 AND problem = $3";
}
