-- What waits to be worked on. Instants are microseconds of UTC.
CREATE TABLE queue (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- order of acceptance; AUTOINCREMENT: a number never comes twice
    id         TEXT    NOT NULL UNIQUE,           -- the event's id
    connection TEXT    NOT NULL,
    lane       TEXT    NOT NULL,
    due_us     INTEGER NOT NULL,                  -- not handed out before
    attempt    INTEGER NOT NULL DEFAULT 0,        -- how often it was tried
    deliveries INTEGER NOT NULL DEFAULT 0,        -- how often it was taken since it was last settled
    body       TEXT    NOT NULL                   -- the event, in the versioned stored form
) STRICT;

-- Rows whose body could not be read, kept for a person.
CREATE TABLE dead (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL,
    connection TEXT    NOT NULL,
    lane       TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    buried_us  INTEGER NOT NULL
) STRICT;

-- One row, rewritten by the health check: a queue that cannot write is not healthy.
CREATE TABLE probe (
    only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
    probed_us INTEGER NOT NULL
) STRICT;
