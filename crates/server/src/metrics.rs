//! What the server counts. Everything that a webhook needs is created at the start, so that counting one
//! costs an addition and neither a lock nor a label set.

use domain::ids::ConnectionName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The server's metrics: `webhooks_total{connection,source,outcome}` and `webhook_answer_seconds`, and for the custom
/// store's exports `store_exports_total{connection,outcome}` and `store_export_seconds`, all behind the registry's
/// prefix. Notices count among the webhooks.
#[derive(Debug, Clone)]
pub struct ServerMetrics {
    webhooks: Family<Labels, Counter>,
    answer_seconds: Histogram,
    exports: Family<ExportLabels, Counter>,
    export_seconds: Histogram,
}

impl ServerMetrics {
    /// Registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            webhooks: Family::default(),
            // 0.5 ms to 8 s: a publish is a flush to disk, and the deadline is 4 s.
            answer_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
            exports: Family::default(),
            export_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
        };
        let help = "Webhooks answered, by connection, platform and outcome";
        registry.register("webhooks", help, metrics.webhooks.clone());
        let help = "Time to answer a webhook";
        registry.register_with_unit("webhook_answer", help, Unit::Seconds, metrics.answer_seconds.clone());
        let help = "Calls for a page of a custom store's feed, by connection and outcome";
        registry.register("store_exports", help, metrics.exports.clone());
        let help = "Time to answer a call for a page of a custom store's feed";
        registry.register_with_unit("store_export", help, Unit::Seconds, metrics.export_seconds.clone());
        metrics
    }

    /// The counters of one connection's endpoint, at zero.
    pub(crate) fn of_endpoint(&self, connection: &ConnectionName, source: Source) -> EndpointMetrics {
        let outcomes = Outcome::ALL.map(|outcome| self.counter(connection.as_str(), source, outcome));
        EndpointMetrics { outcomes, answer_seconds: self.answer_seconds.clone() }
    }

    /// The counters of one connection's exports, at zero.
    pub(crate) fn of_exports(&self, connection: &ConnectionName) -> EndpointMetrics {
        let outcomes = Outcome::ALL.map(|outcome| {
            let (connection, outcome) = (connection.as_str().to_owned(), outcome.as_str());
            self.exports.get_or_create_owned(&ExportLabels { connection, outcome })
        });
        EndpointMetrics { outcomes, answer_seconds: self.export_seconds.clone() }
    }

    /// The counter of calls for connections that do not exist. Their names are the caller's choice and so no
    /// label: the label is empty.
    pub(crate) fn of_unknown(&self, source: Source) -> Counter {
        self.counter("", source, Outcome::UnknownConnection)
    }

    fn counter(&self, connection: &str, source: Source, outcome: Outcome) -> Counter {
        let labels =
            Labels { connection: connection.to_owned(), source: source.as_str(), outcome: outcome.as_str() };
        self.webhooks.get_or_create_owned(&labels)
    }
}

/// The counters of one endpoint.
pub(crate) struct EndpointMetrics {
    outcomes: [Counter; Outcome::ALL.len()],
    answer_seconds: Histogram,
}

impl EndpointMetrics {
    /// Counts one answer.
    pub(crate) fn answered(&self, outcome: Outcome, seconds: f64) {
        self.outcomes[outcome as usize].inc();
        self.answer_seconds.observe(seconds);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    connection: String,
    source: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExportLabels {
    connection: String,
    outcome: &'static str,
}

/// Which platform's webhook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Cin7,
    ShipStation,
    /// ShipStation's notices to a custom store.
    Store,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cin7 => "cin7",
            Self::ShipStation => "shipstation",
            Self::Store => "store",
        }
    }
}

/// How a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Ignored,
    UnknownConnection,
    MethodNotAllowed,
    TooLarge,
    UnsupportedEncoding,
    BodyTimeout,
    NotProven,
    NotProvable,
    NotUnderstood,
    NotStored,
    UnknownOrder,
    OrderCancelled,
    Panicked,
}

impl Outcome {
    /// Every outcome, in the order of its discriminant.
    const ALL: [Self; 14] = [
        Self::Accepted,
        Self::Ignored,
        Self::UnknownConnection,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedEncoding,
        Self::BodyTimeout,
        Self::NotProven,
        Self::NotProvable,
        Self::NotUnderstood,
        Self::NotStored,
        Self::UnknownOrder,
        Self::OrderCancelled,
        Self::Panicked,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Ignored => "ignored",
            Self::UnknownConnection => "unknown_connection",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::BodyTimeout => "body_timeout",
            Self::NotProven => "not_proven",
            Self::NotProvable => "not_provable",
            Self::NotUnderstood => "not_understood",
            Self::NotStored => "not_stored",
            Self::UnknownOrder => "unknown_order",
            Self::OrderCancelled => "order_cancelled",
            Self::Panicked => "panicked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_stands_at_its_own_place() {
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place, "{outcome:?}");
        }
    }
}
