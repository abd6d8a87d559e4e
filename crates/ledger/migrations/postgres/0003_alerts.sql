-- What SQLite's migration of the same number makes, in PostgreSQL's types.

-- One row per problem and channel. `told_us` is empty until a message about it was delivered there.
CREATE TABLE alerts (
    connection    TEXT COLLATE "C" NOT NULL,
    channel       TEXT COLLATE "C" NOT NULL,
    problem       TEXT COLLATE "C" NOT NULL,
    body          TEXT   NOT NULL,
    first_seen_us BIGINT NOT NULL,
    told_us       BIGINT,
    PRIMARY KEY (connection, channel, problem)
);
