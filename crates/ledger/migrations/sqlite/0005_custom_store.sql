-- The custom store. An order of the feed has one row in `feed`, and one in `feed_positions` for each of its latest
-- changes: what a window shows is a question about positions. A position that a later change of the same order has
-- superseded stays for as long as a window may be read that was frozen before.

CREATE TABLE feed (
    connection TEXT    NOT NULL,
    cin7_order INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (connection, cin7_order)
) STRICT;

-- `change` and `superseded` count the changes of the connection's feed. A change stands from when it was made until its
-- stamp, which lies after every window that was read before it: windows of either time show it.
CREATE TABLE feed_positions (
    connection       TEXT    NOT NULL,
    changed_us       INTEGER NOT NULL,
    cin7_order       INTEGER NOT NULL,
    since_us         INTEGER NOT NULL,
    change           INTEGER NOT NULL,
    superseded       INTEGER,
    superseded_at_us INTEGER,
    PRIMARY KEY (connection, changed_us, cin7_order)
) STRICT, WITHOUT ROWID;
-- Of an order one position stands. Without UNIQUE, SQLite would go through all positions of the connection instead.
CREATE UNIQUE INDEX feed_positions_by_order ON feed_positions (connection, cin7_order) WHERE superseded IS NULL;
CREATE INDEX feed_positions_superseded ON feed_positions (connection, superseded_at_us)
    WHERE superseded IS NOT NULL;

-- One row per connection: the latest change, its stamp, and until when windows have been read.
CREATE TABLE feed_clocks (
    connection    TEXT    NOT NULL PRIMARY KEY,
    change        INTEGER NOT NULL,
    changed_us    INTEGER NOT NULL,
    read_until_us INTEGER NOT NULL
) STRICT;

-- Frozen windows: the change after which each was frozen.
CREATE TABLE feed_windows (
    connection   TEXT    NOT NULL,
    from_us      INTEGER NOT NULL,
    until_us     INTEGER NOT NULL,
    change       INTEGER NOT NULL,
    orders       INTEGER NOT NULL,
    frozen_at_us INTEGER NOT NULL,
    PRIMARY KEY (connection, from_us, until_us)
) STRICT;

-- What ShipStation told. `taken_in_us` is when it came into the set of its order.
CREATE TABLE notices (
    connection     TEXT    NOT NULL,
    notice         TEXT    NOT NULL,
    cin7_order     INTEGER,
    received_at_us INTEGER NOT NULL,
    taken_in_us    INTEGER,
    body           TEXT    NOT NULL,
    raw            TEXT    NOT NULL,
    PRIMARY KEY (connection, notice)
) STRICT;
CREATE INDEX notices_open ON notices (connection, received_at_us)
    WHERE taken_in_us IS NULL AND cin7_order IS NOT NULL;

-- Whether Cin7 showed the order as dispatched when it was last read.
ALTER TABLE orders ADD COLUMN dispatched INTEGER NOT NULL DEFAULT 0;
