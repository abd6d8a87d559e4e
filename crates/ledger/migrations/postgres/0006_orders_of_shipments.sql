-- What SQLite's migration of the same number makes.

CREATE INDEX shipments_by_id ON shipments (connection, shipment, cin7_order);
