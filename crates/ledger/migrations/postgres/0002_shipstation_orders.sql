-- What SQLite's migration of the same number makes, in PostgreSQL's types.

ALTER TABLE orders ADD COLUMN objection TEXT;
ALTER TABLE orders ADD COLUMN attempt TEXT;
ALTER TABLE orders ADD COLUMN answered_us BIGINT;

CREATE TABLE shipstation_orders (
    connection        TEXT COLLATE "C" NOT NULL,
    shipstation_order BIGINT NOT NULL,
    order_number      TEXT COLLATE "C" NOT NULL,
    modified_us       BIGINT NOT NULL,
    body              TEXT   NOT NULL,
    PRIMARY KEY (connection, shipstation_order)
);
CREATE INDEX shipstation_orders_by_number ON shipstation_orders (connection, order_number);

CREATE TABLE marks (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Counting states looks at objections, too.
DROP INDEX orders_by_state;
CREATE INDEX orders_by_state
    ON orders (connection, progress, intake, placed_status, (objection IS NULL), cin7_order);
