-- What is in ShipStation, whoever brought it there, and what became of our orders after their import.

-- `objection` says why a person must look at an order that is in ShipStation; `attempt` is the document that was
-- about to be written while nobody recorded that it arrived; `answered_us` is when the last reading began of which
-- everything that followed was done.
ALTER TABLE orders ADD COLUMN objection TEXT;
ALTER TABLE orders ADD COLUMN attempt TEXT;
ALTER TABLE orders ADD COLUMN answered_us INTEGER;

-- The index: one row per order in ShipStation, as it was last read.
CREATE TABLE shipstation_orders (
    connection        TEXT    NOT NULL,
    shipstation_order INTEGER NOT NULL,
    order_number      TEXT    NOT NULL,
    modified_us       INTEGER NOT NULL,
    body              TEXT    NOT NULL,
    PRIMARY KEY (connection, shipstation_order)
) STRICT;
CREATE INDEX shipstation_orders_by_number ON shipstation_orders (connection, order_number);

-- Single values that a connection remembers, such as the rules that its open orders were last held against.
CREATE TABLE marks (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Counting states looks at objections, too.
DROP INDEX orders_by_state;
CREATE INDEX orders_by_state
    ON orders (connection, progress, intake, placed_status, (objection IS NULL), cin7_order);
