-- The seams of a frozen window: behind how many of its orders each lies, and the last of these. A page is read from the
-- nearest one, so that the last page costs what the first does.

CREATE TABLE feed_seams (
    connection TEXT    NOT NULL,
    from_us    INTEGER NOT NULL,
    until_us   INTEGER NOT NULL,
    place      INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    cin7_order INTEGER NOT NULL,
    PRIMARY KEY (connection, from_us, until_us, place),
    FOREIGN KEY (connection, from_us, until_us) REFERENCES feed_windows ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Windows that were frozen before have no seams: they are frozen anew.
DELETE FROM feed_windows;
