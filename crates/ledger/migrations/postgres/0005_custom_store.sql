-- The custom store: what SQLite's migration of the same number makes.

CREATE TABLE feed (
    connection TEXT COLLATE "C" NOT NULL,
    cin7_order BIGINT  NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (connection, cin7_order)
);

-- `change` and `superseded` count the changes of the connection's feed. A change stands from when it was made until its
-- stamp, which lies after every window that was read before it: windows of either time show it.
CREATE TABLE feed_positions (
    connection       TEXT COLLATE "C" NOT NULL,
    changed_us       BIGINT  NOT NULL,
    cin7_order       BIGINT  NOT NULL,
    since_us         BIGINT  NOT NULL,
    change           BIGINT  NOT NULL,
    superseded       BIGINT,
    superseded_at_us BIGINT,
    PRIMARY KEY (connection, changed_us, cin7_order)
);
CREATE UNIQUE INDEX feed_positions_by_order ON feed_positions (connection, cin7_order) WHERE superseded IS NULL;
CREATE INDEX feed_positions_superseded ON feed_positions (connection, superseded_at_us)
    WHERE superseded IS NOT NULL;

-- One row per connection: the latest change, its stamp, and until when windows have been read.
CREATE TABLE feed_clocks (
    connection    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    change        BIGINT  NOT NULL,
    changed_us    BIGINT  NOT NULL,
    read_until_us BIGINT  NOT NULL
);

-- Frozen windows: the change after which each was frozen.
CREATE TABLE feed_windows (
    connection   TEXT COLLATE "C" NOT NULL,
    from_us      BIGINT  NOT NULL,
    until_us     BIGINT  NOT NULL,
    change       BIGINT  NOT NULL,
    orders       BIGINT  NOT NULL,
    frozen_at_us BIGINT  NOT NULL,
    PRIMARY KEY (connection, from_us, until_us)
);

-- What ShipStation told. `taken_in_us` is when it came into the set of its order.
CREATE TABLE notices (
    connection     TEXT COLLATE "C" NOT NULL,
    notice         TEXT COLLATE "C" NOT NULL,
    cin7_order     BIGINT,
    received_at_us BIGINT  NOT NULL,
    taken_in_us    BIGINT,
    body           TEXT    NOT NULL,
    raw            TEXT    NOT NULL,
    PRIMARY KEY (connection, notice)
);
CREATE INDEX notices_open ON notices (connection, received_at_us)
    WHERE taken_in_us IS NULL AND cin7_order IS NOT NULL;

-- Whether Cin7 showed the order as dispatched when it was last read.
ALTER TABLE orders ADD COLUMN dispatched BOOLEAN NOT NULL DEFAULT FALSE;
