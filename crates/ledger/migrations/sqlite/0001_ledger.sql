-- The ledger's first schema. Instants are microseconds since 1970 in UTC, documents are JSON with a version
-- number ({"v":1,"body":...}), words are the snake_case names of the domain's enums.

-- One row per write that must happen once. An open lease is a claim without a record; `doubt_since_us` says
-- that an earlier write was started and nobody knows how it ended.
CREATE TABLE effects (
    effect_key          TEXT    NOT NULL PRIMARY KEY,
    version             INTEGER NOT NULL,
    token               INTEGER NOT NULL,
    attempt_fingerprint TEXT    NOT NULL,
    lease_until_us      INTEGER,
    started_at_us       INTEGER,
    doubt_since_us      INTEGER,
    done_fingerprint    TEXT,
    done_version        INTEGER,
    done_at_us          INTEGER,
    note                TEXT
) STRICT;

-- One row per Cin7 order. `placed_status` repeats the status inside `document`, so that orders can be counted
-- without opening their documents.
CREATE TABLE orders (
    connection        TEXT    NOT NULL,
    cin7_order        INTEGER NOT NULL,
    reference         TEXT    NOT NULL,
    stage             TEXT    NOT NULL,
    version_us        INTEGER NOT NULL,
    content           TEXT    NOT NULL,
    platform_time_us  INTEGER,
    intake            TEXT    NOT NULL,
    reached_in_sight  INTEGER NOT NULL,
    verdicts          TEXT    NOT NULL,
    shipstation_order INTEGER,
    document          TEXT,
    placed_status     TEXT,
    progress          TEXT    NOT NULL,
    PRIMARY KEY (connection, cin7_order)
) STRICT;
CREATE INDEX orders_by_reference ON orders (connection, reference, version_us);
CREATE INDEX orders_by_shipstation_order ON orders (connection, shipstation_order, version_us);
CREATE INDEX orders_by_state ON orders (connection, progress, intake, placed_status, cin7_order);

-- One row per shipment of an order; the same label may belong to several orders.
CREATE TABLE shipments (
    connection TEXT    NOT NULL,
    cin7_order INTEGER NOT NULL,
    shipment   TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (connection, cin7_order, shipment)
) STRICT;

-- One row per order that ever had a shipment.
CREATE TABLE shipment_sets (
    connection    TEXT    NOT NULL,
    cin7_order    INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    changed_at_us INTEGER NOT NULL,
    PRIMARY KEY (connection, cin7_order)
) STRICT;

CREATE TABLE products (
    connection   TEXT    NOT NULL,
    cin7_product INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    read_at_us   INTEGER NOT NULL,
    PRIMARY KEY (connection, cin7_product)
) STRICT;

-- The timelines; `entry` grows in the order of writing.
CREATE TABLE journal (
    entry      INTEGER PRIMARY KEY,
    connection TEXT    NOT NULL,
    cin7_order INTEGER NOT NULL,
    at_us      INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_by_order ON journal (connection, cin7_order, entry);

-- One row per call that was taken, as long as a window can see it.
CREATE TABLE quota_calls (
    call       INTEGER PRIMARY KEY,
    credential TEXT    NOT NULL,
    at_us      INTEGER NOT NULL
) STRICT;
CREATE INDEX quota_calls_by_time ON quota_calls (credential, at_us);

-- What a platform said of a window: its limit, and how many calls of ours fit into it until it starts anew.
CREATE TABLE quota_told (
    credential       TEXT    NOT NULL,
    length_us        INTEGER NOT NULL,
    limit_told       INTEGER,
    ceiling          INTEGER NOT NULL,
    ceiling_until_us INTEGER NOT NULL,
    PRIMARY KEY (credential, length_us)
) STRICT;

CREATE TABLE quota_blocks (
    credential TEXT    NOT NULL PRIMARY KEY,
    until_us   INTEGER NOT NULL
) STRICT;

-- A lease that was given back keeps its row: its token must go on growing.
CREATE TABLE leases (
    name     TEXT    NOT NULL PRIMARY KEY,
    holder   TEXT,
    token    INTEGER NOT NULL,
    until_us INTEGER NOT NULL
) STRICT;

CREATE TABLE cursors (
    name  TEXT    NOT NULL PRIMARY KEY,
    at_us INTEGER NOT NULL
) STRICT;

-- Events that wait for a person.
CREATE TABLE parked (
    event_id   TEXT    NOT NULL PRIMARY KEY,
    connection TEXT    NOT NULL,
    lane       TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    cin7_order INTEGER,
    attempts   INTEGER NOT NULL,
    since_us   INTEGER NOT NULL,
    event      TEXT    NOT NULL
) STRICT;
CREATE INDEX parked_by_age ON parked (since_us, event_id);
