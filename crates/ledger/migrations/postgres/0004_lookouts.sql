-- What SQLite's migration of the same number makes.

CREATE INDEX shipment_sets_by_change ON shipment_sets (connection, changed_at_us);
CREATE INDEX journal_by_kind ON journal (connection, kind, at_us);
