//! Real servers for tests: a RabbitMQ and a PostgreSQL that belong to one test process and end with it, however
//! it ends. What the tests do with them does not live here.
//!
//! Where a server comes from, first that applies: the URL in `SHIPBRIDGE_TEST_AMQP_URL` or
//! `SHIPBRIDGE_TEST_POSTGRES_URL`; a private instance of the installed server, on free loopback ports in a
//! temporary folder; as root on Debian, the same after installing it (`install-servers`); Docker. Else the test
//! panics with one line that says what to do. An instance of the system is never touched, and nothing is skipped.
//!
//! A test binary includes this file with `#[path]`. It brings `eventually` along, since a file may be included
//! only once.

use std::path::Path;
use std::sync::OnceLock;

#[path = "servers/docker.rs"]
mod docker;
#[path = "eventually.rs"]
pub(crate) mod eventually;
#[path = "servers/guarded.rs"]
mod guarded;
#[path = "servers/installed.rs"]
mod installed;
#[path = "servers/ports.rs"]
mod ports;
#[path = "servers/postgres.rs"]
mod postgres;
#[path = "servers/rabbit.rs"]
mod rabbit;

pub(crate) use guarded::{Guarded, Signal};
pub(crate) use ports::free as free_port;
pub(crate) use postgres::{Durability, PostgresServer};
pub(crate) use rabbit::RabbitServer;

/// Where RabbitMQ answers: `amqp://…`. The first call starts it, where no variable names one.
pub(crate) fn amqp_url() -> String {
    static SERVER: OnceLock<RabbitServer> = OnceLock::new();
    given("SHIPBRIDGE_TEST_AMQP_URL").unwrap_or_else(|| SERVER.get_or_init(RabbitServer::start_new).url())
}

/// Where PostgreSQL answers, as a user who may create databases: `postgres://…/postgres`. The first call starts
/// it, where no variable names one; such a server does not wait for its disk.
pub(crate) fn postgres_url() -> String {
    static SERVER: OnceLock<PostgresServer> = OnceLock::new();
    let start = || PostgresServer::start_new(Durability::Fast);
    given("SHIPBRIDGE_TEST_POSTGRES_URL").unwrap_or_else(|| SERVER.get_or_init(start).url())
}

fn given(variable: &str) -> Option<String> {
    let url = std::env::var_os(variable)?.into_string().expect("a URL is text");
    (!url.is_empty()).then_some(url)
}

// A test binary uses some of this; the rest is no dead code there.
const _: [fn() -> String; 2] = [amqp_url, postgres_url];
const _: [Signal; 4] = [Signal::Term, Signal::Interrupt, Signal::Quit, Signal::Kill];
const _: [Durability; 2] = [Durability::Fast, Durability::Safe];
const _: fn(Option<String>) -> Guarded = Guarded::new;
const _: fn() -> u16 = free_port;
const _: fn(&mut RabbitServer) = RabbitServer::start;
const _: fn(&mut RabbitServer, Signal) = RabbitServer::stop;
const _: fn(&RabbitServer, &[&str]) -> Result<String, String> = RabbitServer::ctl;
const _: fn(&RabbitServer) -> u16 = RabbitServer::port;
const _: fn(&RabbitServer) -> &Path = RabbitServer::folder;
const _: fn(&mut PostgresServer) = PostgresServer::start;
const _: fn(&mut PostgresServer, Signal) = PostgresServer::stop;
const _: fn(&PostgresServer) -> u16 = PostgresServer::port;
const _: fn(&PostgresServer) -> &Path = PostgresServer::folder;
