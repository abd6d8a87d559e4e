-- The ledger's first schema: what SQLite's migration of the same number makes, in PostgreSQL's types. Instants
-- are microseconds since 1970 in UTC, documents are JSON with a version number ({"v":1,"body":...}), words are
-- the snake_case names of the domain's enums. Keys are compared byte by byte, as SQLite compares them.

-- One row per write that must happen once. An open lease is a claim without a record; `doubt_since_us` says
-- that an earlier write was started and nobody knows how it ended.
CREATE TABLE effects (
    effect_key          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version             BIGINT NOT NULL,
    token               BIGINT NOT NULL,
    attempt_fingerprint TEXT   NOT NULL,
    lease_until_us      BIGINT,
    started_at_us       BIGINT,
    doubt_since_us      BIGINT,
    done_fingerprint    TEXT,
    done_version        BIGINT,
    done_at_us          BIGINT,
    note                TEXT
);

-- One row per Cin7 order. `placed_status` repeats the status inside `document`, so that orders can be counted
-- without opening their documents.
CREATE TABLE orders (
    connection        TEXT COLLATE "C" NOT NULL,
    cin7_order        BIGINT  NOT NULL,
    reference         TEXT COLLATE "C" NOT NULL,
    stage             TEXT    NOT NULL,
    version_us        BIGINT  NOT NULL,
    content           TEXT    NOT NULL,
    platform_time_us  BIGINT,
    intake            TEXT    NOT NULL,
    reached_in_sight  BOOLEAN NOT NULL,
    verdicts          TEXT    NOT NULL,
    shipstation_order BIGINT,
    document          TEXT,
    placed_status     TEXT,
    progress          TEXT    NOT NULL,
    PRIMARY KEY (connection, cin7_order)
);
CREATE INDEX orders_by_reference ON orders (connection, reference, version_us);
CREATE INDEX orders_by_shipstation_order ON orders (connection, shipstation_order, version_us);
CREATE INDEX orders_by_state ON orders (connection, progress, intake, placed_status, cin7_order);

-- One row per shipment of an order; the same label may belong to several orders.
CREATE TABLE shipments (
    connection TEXT COLLATE "C" NOT NULL,
    cin7_order BIGINT NOT NULL,
    shipment   TEXT COLLATE "C" NOT NULL,
    body       TEXT   NOT NULL,
    PRIMARY KEY (connection, cin7_order, shipment)
);

-- One row per order that ever had a shipment. Whoever changes a set locks its row first.
CREATE TABLE shipment_sets (
    connection    TEXT COLLATE "C" NOT NULL,
    cin7_order    BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    changed_at_us BIGINT NOT NULL,
    PRIMARY KEY (connection, cin7_order)
);

CREATE TABLE products (
    connection   TEXT COLLATE "C" NOT NULL,
    cin7_product BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    read_at_us   BIGINT NOT NULL,
    PRIMARY KEY (connection, cin7_product)
);

-- The timelines; `entry` grows in the order of writing.
CREATE TABLE journal (
    entry      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection TEXT COLLATE "C" NOT NULL,
    cin7_order BIGINT NOT NULL,
    at_us      BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    text       TEXT   NOT NULL
);
CREATE INDEX journal_by_order ON journal (connection, cin7_order, entry);

-- One row per call that was taken, as long as a window can see it.
CREATE TABLE quota_calls (
    call       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    credential TEXT COLLATE "C" NOT NULL,
    at_us      BIGINT NOT NULL
);
CREATE INDEX quota_calls_by_time ON quota_calls (credential, at_us, call);

-- What a platform said of a window: its limit, and how many calls of ours fit into it until it starts anew.
CREATE TABLE quota_told (
    credential       TEXT COLLATE "C" NOT NULL,
    length_us        BIGINT NOT NULL,
    limit_told       BIGINT,
    ceiling          BIGINT NOT NULL,
    ceiling_until_us BIGINT NOT NULL,
    PRIMARY KEY (credential, length_us)
);

CREATE TABLE quota_blocks (
    credential TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until_us   BIGINT NOT NULL
);

-- A lease that was given back keeps its row: its token must go on growing.
CREATE TABLE leases (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder   TEXT,
    token    BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);

CREATE TABLE cursors (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL
);

-- Events that wait for a person.
CREATE TABLE parked (
    event_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    connection TEXT COLLATE "C" NOT NULL,
    lane       TEXT   NOT NULL,
    cause      TEXT   NOT NULL,
    text       TEXT   NOT NULL,
    cin7_order BIGINT,
    attempts   BIGINT NOT NULL,
    since_us   BIGINT NOT NULL,
    event      TEXT   NOT NULL
);
CREATE INDEX parked_by_age ON parked (since_us, event_id);
