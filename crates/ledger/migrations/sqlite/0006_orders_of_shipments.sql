-- An order that was merged with others shares its shipments with them: whom one shipment belongs to is asked by its id.

CREATE INDEX shipments_by_id ON shipments (connection, shipment, cin7_order);
