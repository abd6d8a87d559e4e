//! What the server tells. One struct for each thing that happens writes the log line and counts the metric,
//! so that the two cannot drift apart. A path is logged, a query never: it may hold a token.

use std::net::SocketAddr;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use domain::feed::FeedWindow;

use crate::metrics::{EndpointMetrics, Outcome, Source};
use crate::proof::KeysError;

/// The longest path that is logged, in characters.
const PATH_MAX: usize = 200;

/// A webhook for a connection that exists was answered.
pub(crate) struct WebhookAnswered<'a> {
    pub(crate) metrics: &'a EndpointMetrics,
    pub(crate) connection: &'a str,
    pub(crate) source: Source,
    pub(crate) outcome: Outcome,
    pub(crate) events: usize,
    pub(crate) took: Duration,
    /// Why it was refused or ignored; empty for an accepted one.
    pub(crate) detail: &'a str,
}

impl WebhookAnswered<'_> {
    pub(crate) fn emit(&self) {
        self.metrics.answered(self.outcome, self.took.as_secs_f64());
        let Self { connection, source, outcome, events, detail, .. } = *self;
        let (source, outcome) = (source.as_str(), outcome.as_str());
        let took_ms = self.took.as_secs_f64() * 1e3;
        match self.outcome {
            Outcome::Accepted => tracing::debug!(connection, source, events, took_ms, "webhook accepted"),
            Outcome::Ignored => tracing::debug!(connection, source, detail, "webhook ignored"),
            Outcome::NotProvable | Outcome::NotStored | Outcome::Panicked => {
                tracing::error!(connection, source, outcome, detail, took_ms, "webhook not stored");
            }
            _ => tracing::warn!(connection, source, outcome, detail, "webhook refused"),
        }
    }
}

/// A webhook for no connection of ours was answered.
pub(crate) struct UnknownConnectionCalled<'a> {
    pub(crate) counter: &'a Counter,
    pub(crate) source: Source,
    pub(crate) path: &'a str,
}

impl UnknownConnectionCalled<'_> {
    pub(crate) fn emit(&self) {
        self.counter.inc();
        let path: String = self.path.chars().take(PATH_MAX).collect();
        tracing::info!(source = self.source.as_str(), ?path, "webhook for an unknown connection");
    }
}

/// A call to a custom store that exists was answered.
pub(crate) struct StoreAnswered<'a> {
    pub(crate) metrics: &'a EndpointMetrics,
    pub(crate) connection: &'a str,
    pub(crate) is_export: bool,
    pub(crate) outcome: Outcome,
    /// Orders on the page.
    pub(crate) orders: usize,
    pub(crate) took: Duration,
    /// Why it was refused, or which notice it was.
    pub(crate) detail: &'a str,
    /// The reference in the answer.
    pub(crate) reference: &'a str,
}

impl StoreAnswered<'_> {
    pub(crate) fn emit(&self) {
        self.metrics.answered(self.outcome, self.took.as_secs_f64());
        let Self { connection, orders, detail, reference, .. } = *self;
        let (outcome, took_ms) = (self.outcome.as_str(), self.took.as_secs_f64() * 1e3);
        let call = if self.is_export { "export" } else { "shipnotify" };
        match self.outcome {
            Outcome::Accepted if self.is_export => {
                tracing::debug!(connection, orders, took_ms, "a page of the store was fetched");
            }
            Outcome::Accepted => {
                tracing::debug!(connection, notice = detail, took_ms, "a shipment was noted");
            }
            Outcome::NotStored | Outcome::Panicked => {
                tracing::error!(connection, call, outcome, detail, reference, took_ms, "the store failed");
            }
            _ => tracing::warn!(connection, call, outcome, detail, reference, "the store refused a call"),
        }
    }
}

/// An export left an end of its window open.
pub(crate) struct WindowByDefault<'a> {
    pub(crate) connection: &'a str,
    pub(crate) window: FeedWindow,
}

impl WindowByDefault<'_> {
    pub(crate) fn emit(&self) {
        let Self { connection, window: FeedWindow { from, until } } = *self;
        tracing::info!(connection, %from, %until, "an export without both dates shows this window");
    }
}

/// Public keys were fetched.
pub(crate) struct KeysFetched {
    pub(crate) usable: usize,
}

impl KeysFetched {
    pub(crate) fn emit(&self) {
        tracing::info!(usable = self.usable, "the public keys for webhooks were fetched");
    }
}

/// Public keys were not fetched.
pub(crate) struct KeysNotFetched<'a> {
    pub(crate) error: &'a KeysError,
    /// Whether there are earlier ones, which stay good.
    pub(crate) others: bool,
}

impl KeysNotFetched<'_> {
    pub(crate) fn emit(&self) {
        let Self { error, others } = *self;
        tracing::warn!(%error, earlier_ones = others, "the public keys for webhooks could not be fetched");
    }
}

/// The server listens.
pub(crate) struct Listening {
    pub(crate) addr: SocketAddr,
    pub(crate) workers: usize,
}

impl Listening {
    pub(crate) fn emit(&self) {
        tracing::info!(addr = %self.addr, workers = self.workers, "listening for HTTP");
    }
}

/// The server ended by itself.
pub(crate) struct ServerFailed<'a> {
    pub(crate) error: &'a std::io::Error,
}

impl ServerFailed<'_> {
    pub(crate) fn emit(&self) {
        tracing::error!(error = %self.error, "the HTTP server failed");
    }
}
