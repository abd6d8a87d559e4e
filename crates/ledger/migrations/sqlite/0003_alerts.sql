-- What people have been told of, and the one word for where an order is.

-- As `OrderRecord::state` derives it: what has shipped outweighs what the rules say now.
ALTER TABLE orders ADD COLUMN state TEXT GENERATED ALWAYS AS (
    CASE
        WHEN progress = 'dispatched' THEN 'dispatched'
        WHEN progress = 'review' THEN 'review'
        WHEN shipstation_order IS NOT NULL AND objection IS NOT NULL THEN 'review'
        WHEN progress = 'shipped' THEN 'shipped'
        WHEN progress = 'partly' THEN 'partly_shipped'
        WHEN placed_status IN ('awaiting_payment', 'awaiting_shipment') THEN 'imported'
        WHEN placed_status = 'on_hold' THEN 'held'
        WHEN placed_status = 'cancelled' THEN 'cancelled'
        WHEN intake = 'eligible' THEN 'waiting'
        ELSE intake
    END
) VIRTUAL;
CREATE INDEX orders_by_state_word ON orders (connection, state, cin7_order);

-- One row per problem and channel. `told_us` is empty until a message about it was delivered there.
CREATE TABLE alerts (
    connection    TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    problem       TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    first_seen_us INTEGER NOT NULL,
    told_us       INTEGER,
    PRIMARY KEY (connection, channel, problem)
) STRICT;
