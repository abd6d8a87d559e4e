-- What SQLite's migration of the same number makes.

CREATE TABLE feed_seams (
    connection TEXT    NOT NULL,
    from_us    BIGINT  NOT NULL,
    until_us   BIGINT  NOT NULL,
    place      BIGINT  NOT NULL,
    changed_us BIGINT  NOT NULL,
    cin7_order BIGINT  NOT NULL,
    PRIMARY KEY (connection, from_us, until_us, place),
    FOREIGN KEY (connection, from_us, until_us) REFERENCES feed_windows ON DELETE CASCADE
);

DELETE FROM feed_windows;
