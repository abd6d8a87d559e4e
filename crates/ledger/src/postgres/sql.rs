//! The statements that only PostgreSQL understands: one for a whole batch, whatever its size, with an array for
//! each column, and locks on rows. A table, sorted by role; what both engines understand is `crate::sql`.
//!
//! Rows are locked in the order of their keys, so that no two batches wait for each other: by arrays that are
//! sorted (an insert goes through its array in order), or by `ORDER BY ... FOR UPDATE`.

use crate::sql::{effect_columns, order_columns, order_keep_newer_reading, select_effect_record, statements};

/// What is known of each window: one row per window, in order, at least one. $1 credential, $2 lengths,
/// $3 begins, exclusive.
macro_rules! quota_state {
    ($call:literal) => {
        concat!(
            "SELECT asked.position, told.limit_told, told.ceiling, told.ceiling_until_us, \
             (SELECT until_us FROM quota_blocks WHERE credential = $1) AS blocked_until_us, \
             (SELECT COUNT(*) FROM quota_calls WHERE credential = $1 AND at_us > asked.begin_us) AS counted",
            $call,
            " FROM (SELECT 1) AS one \
             LEFT JOIN UNNEST($2::BIGINT[], $3::BIGINT[]) WITH ORDINALITY AS asked (length_us, begin_us, position) \
             ON TRUE \
             LEFT JOIN quota_told AS told ON told.credential = $1 AND told.length_us = asked.length_us \
             ORDER BY asked.position"
        )
    };
}

statements! {
    /// Whether there is a schema at all.
    HAS_SCHEMA = "SELECT TO_REGCLASS('_sqlx_migrations') IS NOT NULL";

    /// The server's clock.
    CLOCK = "SELECT (EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000000)::BIGINT";

    // Effects

    /// $1 keys, sorted. Locks the rows and makes those that are missing, with token 0, so that the first claims
    /// of a key wait for each other too.
    EFFECTS_LOCK_OR_MAKE = concat!(
        "INSERT INTO effects (effect_key, version, token, attempt_fingerprint) \
         SELECT asked.effect_key, 0, 0, '' FROM UNNEST($1::TEXT[]) AS asked (effect_key) \
         ON CONFLICT (effect_key) DO UPDATE SET token = effects.token RETURNING effect_key, ",
        effect_columns!()
    );

    /// $1 keys
    EFFECTS_LOCK = concat!(
        "SELECT effect_key, ", effect_columns!(),
        " FROM effects WHERE effect_key = ANY ($1) ORDER BY effect_key FOR UPDATE"
    );

    /// $1 keys, $2 versions, $3 tokens, $4 fingerprints, $5 leases, $6 starts, $7 doubts, $8 notes of what was
    /// applied, $9 now. The rows are locked already.
    EFFECTS_STORE =
        "UPDATE effects SET version = kept.version, token = kept.token, \
         attempt_fingerprint = kept.attempt_fingerprint, lease_until_us = kept.lease_until_us, \
         started_at_us = kept.started_at_us, doubt_since_us = kept.doubt_since_us, \
         done_fingerprint = CASE WHEN kept.note IS NULL THEN effects.done_fingerprint \
         ELSE kept.attempt_fingerprint END, \
         done_version = CASE WHEN kept.note IS NULL THEN effects.done_version ELSE kept.version END, \
         done_at_us = CASE WHEN kept.note IS NULL THEN effects.done_at_us ELSE $9 END, \
         note = COALESCE(kept.note, effects.note) \
         FROM UNNEST($1::TEXT[], $2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::BIGINT[], $6::BIGINT[], \
         $7::BIGINT[], $8::TEXT[]) AS kept (effect_key, version, token, attempt_fingerprint, lease_until_us, \
         started_at_us, doubt_since_us, note) \
         WHERE effects.effect_key = kept.effect_key";

    /// $1 keys
    EFFECTS_RECORDED =
        select_effect_record!("WHERE effect_key = ANY ($1) AND done_fingerprint IS NOT NULL");

    // Orders

    /// $1 connection, $2 orders, $3 references. Of several orders with one reference, the one that changed last.
    ORDERS = concat!(
        "SELECT ", order_columns!(), " FROM orders WHERE connection = $1 AND cin7_order = ANY ($2) \
         UNION ALL SELECT latest.* FROM UNNEST($3::TEXT[]) AS asked (by_reference) CROSS JOIN LATERAL (SELECT ",
        order_columns!(), " FROM orders WHERE connection = $1 AND reference = asked.by_reference \
         ORDER BY version_us DESC, cin7_order DESC LIMIT 1) AS latest"
    );

    /// $1 connection, then arrays: $2 orders, sorted, $3 references, $4 stages, $5 versions, $6 contents,
    /// $7 platform times, $8 intakes, $9 reached in sight, $10 dispatched, $11 verdicts, $12 objections;
    /// $13 progress of a new order
    ORDERS_KEEP_READINGS = concat!(
        "INSERT INTO orders (connection, cin7_order, reference, stage, version_us, content, platform_time_us, \
         intake, reached_in_sight, dispatched, verdicts, objection, progress) \
         SELECT $1, kept.*, $13 FROM UNNEST($2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[], $6::TEXT[], \
         $7::BIGINT[], $8::TEXT[], $9::BOOLEAN[], $10::BOOLEAN[], $11::TEXT[], $12::TEXT[]) AS kept ",
        order_keep_newer_reading!()
    );

    /// $1 connection, $2 orders, each once, $3 ShipStation's orders
    ORDERS_LEARN_PLACES =
        "UPDATE orders SET shipstation_order = learned.shipstation_order \
         FROM UNNEST($2::BIGINT[], $3::BIGINT[]) AS learned (cin7_order, shipstation_order) \
         WHERE connection = $1 AND orders.cin7_order = learned.cin7_order AND document IS NOT NULL";

    /// $1 connection, $2 orders, each once, $3 ShipStation's orders, $4 documents, $5 their statuses, $6
    /// attempts. Changes all or, when one is not known, nothing; answers with those that are.
    ORDERS_KEEP_PLACED =
        "WITH known AS (SELECT cin7_order FROM orders WHERE connection = $1 AND cin7_order = ANY ($2) \
         ORDER BY cin7_order FOR UPDATE), \
         changed AS (UPDATE orders SET \
         shipstation_order = COALESCE(kept.shipstation_order, orders.shipstation_order), document = kept.document, \
         placed_status = kept.placed_status, attempt = kept.attempt \
         FROM UNNEST($2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::TEXT[], $6::TEXT[]) \
         AS kept (cin7_order, shipstation_order, document, placed_status, attempt) \
         WHERE connection = $1 AND orders.cin7_order = kept.cin7_order \
         AND (SELECT COUNT(*) FROM known) = CARDINALITY($2)) \
         SELECT cin7_order FROM known";

    /// $1 connection, $2 orders, each once, $3 progress. Changes all or, when one is not known, nothing;
    /// answers with those that are.
    ORDERS_KEEP_PROGRESS =
        "WITH known AS (SELECT cin7_order FROM orders WHERE connection = $1 AND cin7_order = ANY ($2) \
         ORDER BY cin7_order FOR UPDATE), \
         changed AS (UPDATE orders SET progress = kept.progress \
         FROM UNNEST($2::BIGINT[], $3::TEXT[]) AS kept (cin7_order, progress) \
         WHERE connection = $1 AND orders.cin7_order = kept.cin7_order \
         AND (SELECT COUNT(*) FROM known) = CARDINALITY($2)) \
         SELECT cin7_order FROM known";

    /// $1 connection, $2 orders, sorted, each once, $3 answered. It never goes back.
    ORDERS_KEEP_ANSWERED =
        "WITH known AS (SELECT cin7_order FROM orders WHERE connection = $1 AND cin7_order = ANY ($2) \
         ORDER BY cin7_order FOR UPDATE) \
         UPDATE orders SET answered_us = $3 FROM known WHERE orders.connection = $1 \
         AND orders.cin7_order = known.cin7_order AND (answered_us IS NULL OR answered_us < $3)";

    /// $1 connection, $2 ShipStation's orders. Of several orders, the one that changed last.
    ORDERS_AT_SHIPSTATION =
        "SELECT DISTINCT ON (shipstation_order) shipstation_order, cin7_order FROM orders \
         WHERE connection = $1 AND shipstation_order = ANY ($2) \
         ORDER BY shipstation_order, version_us DESC, cin7_order DESC";

    /// $1 connection. Orders in groups that share everything an order's state is made of: the size of each
    /// and one whole order of it.
    ORDER_GROUPS = concat!(
        "WITH alike AS (SELECT MIN(cin7_order) AS member, COUNT(*) AS size FROM orders WHERE connection = $1 \
         GROUP BY progress, intake, placed_status, objection IS NULL) \
         SELECT alike.size, ", order_columns!(),
        " FROM alike JOIN orders ON connection = $1 AND cin7_order = alike.member"
    );

    // What is in ShipStation

    /// $1 connection, $2 ShipStation's orders, sorted, each once, $3 numbers, $4 modified, $5 bodies
    INDEX_KEEP =
        "INSERT INTO shipstation_orders (connection, shipstation_order, order_number, modified_us, body) \
         SELECT $1, kept.* FROM UNNEST($2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::TEXT[]) AS kept \
         ON CONFLICT (connection, shipstation_order) DO UPDATE SET order_number = excluded.order_number, \
         modified_us = excluded.modified_us, body = excluded.body \
         WHERE excluded.modified_us >= shipstation_orders.modified_us";

    /// $1 connection, $2 ShipStation's orders
    INDEX_BY_IDS =
        "SELECT body FROM shipstation_orders WHERE connection = $1 AND shipstation_order = ANY ($2)";

    /// $1 connection, $2 numbers
    INDEX_BY_NUMBERS =
        "SELECT body FROM shipstation_orders WHERE connection = $1 AND order_number = ANY ($2) \
         ORDER BY shipstation_order";

    // Shipments

    /// $1 connection, $2 orders. One row per shipment; a set without any has one row.
    SHIPMENT_SETS =
        "SELECT known.cin7_order, known.revision, shipments.body FROM shipment_sets AS known \
         LEFT JOIN shipments ON shipments.connection = $1 AND shipments.cin7_order = known.cin7_order \
         WHERE known.connection = $1 AND known.cin7_order = ANY ($2)";

    /// $1 connection, $2 shipments
    ORDERS_OF_SHIPMENTS = "SELECT cin7_order FROM shipments WHERE connection = $1 AND shipment = ANY ($2)";

    /// $1 connection, $2 orders, sorted, $3 now. Locks the sets and makes those that are missing, so that the
    /// first reports for an order wait for each other too.
    SHIPMENT_SETS_LOCK_OR_MAKE =
        "INSERT INTO shipment_sets (connection, cin7_order, revision, changed_at_us) \
         SELECT $1, asked.cin7_order, 0, $3 FROM UNNEST($2::BIGINT[]) AS asked (cin7_order) \
         ON CONFLICT (connection, cin7_order) DO UPDATE SET revision = shipment_sets.revision";

    /// $1 connection, $2 now; one entry per set: $3 orders, $4 revisions; one entry per shipment: $5 orders,
    /// $6 shipments, $7 bodies. The sets are locked already.
    SHIPMENT_SETS_KEEP =
        "WITH kept AS (INSERT INTO shipments (connection, cin7_order, shipment, body) \
         SELECT $1, changed.* FROM UNNEST($5::BIGINT[], $6::TEXT[], $7::TEXT[]) AS changed \
         ON CONFLICT (connection, cin7_order, shipment) DO UPDATE SET body = excluded.body) \
         UPDATE shipment_sets SET revision = moved.revision, changed_at_us = $2 \
         FROM UNNEST($3::BIGINT[], $4::BIGINT[]) AS moved (cin7_order, revision) \
         WHERE connection = $1 AND shipment_sets.cin7_order = moved.cin7_order";

    // The custom store

    /// $1 connection, $2 orders
    FEED_BODIES = "SELECT cin7_order, body FROM feed WHERE connection = $1 AND cin7_order = ANY ($2)";

    /// $1 connection, $2 orders, sorted, each once, $3 bodies
    FEED_KEEP =
        "INSERT INTO feed (connection, cin7_order, body) \
         SELECT $1, kept.* FROM UNNEST($2::BIGINT[], $3::TEXT[]) AS kept \
         ON CONFLICT (connection, cin7_order) DO UPDATE SET body = excluded.body";

    /// $1 connection, $2 orders, $3 change, $4 now
    FEED_SUPERSEDE =
        "UPDATE feed_positions SET superseded = $3, superseded_at_us = $4 \
         WHERE connection = $1 AND cin7_order = ANY ($2) AND superseded IS NULL";

    /// $1 connection, $2 orders, $3 change, $4 its stamp, $5 since when
    FEED_POSITIONS =
        "INSERT INTO feed_positions (connection, cin7_order, change, changed_us, since_us) \
         SELECT $1, moved.cin7_order, $3, $4, $5 FROM UNNEST($2::BIGINT[]) AS moved (cin7_order)";

    /// $1 connection, $2 notice, $3 order, $4 received, $5 body, $6 raw. Answers whether it is new; a notice that
    /// is known and stays as it is answers with nothing.
    NOTICE_KEEP_NEW =
        "INSERT INTO notices (connection, notice, cin7_order, received_at_us, body, raw) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection, notice) DO UPDATE SET \
         cin7_order = excluded.cin7_order \
         WHERE notices.cin7_order IS NULL AND excluded.cin7_order IS NOT NULL \
         RETURNING (xmax = 0) AS is_new";

    /// $1 connection, $2 notices
    NOTICES =
        "SELECT notice, cin7_order, received_at_us, body, raw, taken_in_us FROM notices \
         WHERE connection = $1 AND notice = ANY ($2)";

    /// $1 connection, $2 notices, $3 now
    NOTICES_TAKEN_IN =
        "UPDATE notices SET taken_in_us = $3 \
         WHERE connection = $1 AND notice = ANY ($2) AND taken_in_us IS NULL";

    // Products

    /// $1 connection, $2 products
    PRODUCTS =
        "SELECT cin7_product, body, read_at_us FROM products WHERE connection = $1 AND cin7_product = ANY ($2)";

    /// $1 connection, $2 products, sorted, each once, $3 bodies, $4 now
    PRODUCTS_KEEP =
        "INSERT INTO products (connection, cin7_product, body, read_at_us) \
         SELECT $1, kept.*, $4 FROM UNNEST($2::BIGINT[], $3::TEXT[]) AS kept \
         ON CONFLICT (connection, cin7_product) DO UPDATE SET body = excluded.body, \
         read_at_us = excluded.read_at_us WHERE excluded.read_at_us >= products.read_at_us";

    // Journal

    /// $1 connection, $2 orders, $3 instants, $4 kinds, $5 texts. What equals the entry before it, in the batch
    /// or else in the table, is left out.
    JOURNAL_WRITE =
        "INSERT INTO journal (connection, cin7_order, at_us, kind, text) \
         SELECT $1, told.cin7_order, told.at_us, told.kind, told.text FROM (\
         SELECT batch.*, ROW_NUMBER() OVER own AS nth, LAG(batch.kind) OVER own AS kind_before, \
         LAG(batch.text) OVER own AS text_before \
         FROM UNNEST($2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::TEXT[]) WITH ORDINALITY \
         AS batch (cin7_order, at_us, kind, text, position) \
         WINDOW own AS (PARTITION BY batch.cin7_order ORDER BY batch.position)) AS told \
         LEFT JOIN LATERAL (SELECT journal.kind, journal.text FROM journal \
         WHERE connection = $1 AND journal.cin7_order = told.cin7_order AND told.nth = 1 \
         ORDER BY entry DESC LIMIT 1) AS latest ON TRUE \
         WHERE (told.kind, told.text) IS DISTINCT FROM \
         (COALESCE(told.kind_before, latest.kind), COALESCE(told.text_before, latest.text)) \
         ORDER BY told.position";

    // Quota

    /// What is known of each window.
    QUOTA_STATE = quota_state!("");

    /// $1 to $3 as above, $4 now, $5 the last instant to forget. Takes a call and answers with what was known
    /// before: whoever finds no room then rolls it back.
    QUOTA_TAKE = concat!(
        "WITH taken AS (INSERT INTO quota_calls (credential, at_us) VALUES ($1, $4) RETURNING call), \
         forgotten AS (DELETE FROM quota_calls WHERE credential = $1 AND at_us <= $5) ",
        quota_state!(", (SELECT call FROM taken) AS call")
    );

    /// $1 credential, $2 a call to pass over; for each window: $3 begin, exclusive, $4 how many later calls to
    /// pass over, $5 likewise, beside the calls of others. Walks the index only.
    QUOTA_LATEST =
        "SELECT (SELECT at_us FROM quota_calls WHERE credential = $1 AND at_us > asked.begin_us AND call <> $2 \
         ORDER BY at_us DESC LIMIT 1 OFFSET asked.alone) AS alone_us, \
         (SELECT at_us FROM quota_calls WHERE credential = $1 AND at_us > asked.begin_us AND call <> $2 \
         ORDER BY at_us DESC LIMIT 1 OFFSET asked.beside) AS beside_us \
         FROM UNNEST($3::BIGINT[], $4::BIGINT[], $5::BIGINT[]) WITH ORDINALITY \
         AS asked (begin_us, alone, beside, position) ORDER BY asked.position";

    // Alerts

    /// $1 connection, $2 channel, $3 problems, sorted and each once, $4 bodies, $5 first seen, $6 told.
    ALERTS_KEEP =
        "INSERT INTO alerts (connection, channel, problem, body, first_seen_us, told_us) \
         SELECT $1, $2, kept.* FROM UNNEST($3::TEXT[], $4::TEXT[], $5::BIGINT[], $6::BIGINT[]) AS kept \
         ON CONFLICT (connection, channel, problem) DO UPDATE SET \
         body = excluded.body, first_seen_us = excluded.first_seen_us, told_us = excluded.told_us";

    /// $1 connection, $2 channel, $3 problems
    ALERTS_FORGET = "DELETE FROM alerts WHERE connection = $1 AND channel = $2 AND problem = ANY ($3)";
}
