-- What people have been told of.

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
