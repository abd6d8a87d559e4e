-- Looking for what no event announced: sets by the time of their change, timelines by the kind of their entries.

CREATE INDEX shipment_sets_by_change ON shipment_sets (connection, changed_at_us);
CREATE INDEX journal_by_kind ON journal (connection, kind, at_us);
