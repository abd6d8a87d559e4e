//! What only the PostgreSQL ledger promises: many writers at once, deadlines, broken connections, the schema.

mod contention;
mod forwarder;
mod outages;
mod schema;
mod sharing;
