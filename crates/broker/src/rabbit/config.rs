//! What the RabbitMQ backend is told: where the server is, whose queues it keeps, when it gives up.

use std::fmt;
use std::time::Duration;

use domain::ids::ConnectionName;

/// The tiers in which events wait for their time: each is a queue that lets go of a message after this long.
pub(super) const TIERS: [(&str, Duration); 5] = [
    ("5s", Duration::from_secs(5)),
    ("30s", Duration::from_secs(30)),
    ("2m", Duration::from_mins(2)),
    ("10m", Duration::from_mins(10)),
    ("1h", Duration::from_hours(1)),
];

/// Where RabbitMQ is and what is kept there. All processes of an installation must say the same: the queues'
/// arguments follow from it, and RabbitMQ refuses to declare a queue again with other ones.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:port/vhost` or `amqps://…`. `?heartbeat=SECONDS` may follow (default 10).
    pub url: String,
    /// The connections whose queues are declared; each has one queue per lane.
    pub connections: Vec<ConnectionName>,
    /// The first part of every exchange's and queue's name.
    pub namespace: String,
    /// How often an event may return to its queue without being settled (its holder died) before it counts
    /// as poisoned: the queues' `x-delivery-limit`.
    pub delivery_limit: u32,
    /// How long connecting, publishing or any other question to the server may take.
    pub deadline: Duration,
    /// Names and waits of the retry tiers, shortest first. Only tests have a reason to change them.
    pub tiers: [(&'static str, Duration); 5],
}

impl RabbitConfig {
    /// The queues of `connections` on the server at `url`, in the namespace `shipbridge`, with a delivery
    /// limit of 50 and a deadline of 4 s.
    pub fn new(url: impl Into<String>, connections: Vec<ConnectionName>) -> Self {
        Self {
            url: url.into(),
            connections,
            namespace: "shipbridge".to_owned(),
            delivery_limit: 50,
            deadline: Duration::from_secs(4),
            tiers: TIERS,
        }
    }

    /// Which tier an event that shall wait enters, and what is left to wait behind it. Nothing to wait is no
    /// tier; what is left may be shorter than any tier, and takes the shortest then: late, never early.
    pub(super) fn tier(&self, wait: Duration) -> Option<(&'static str, Duration)> {
        if wait.is_zero() {
            return None;
        }
        let fitting = self.tiers.iter().rev().find(|(_, length)| *length <= wait);
        let (name, length) = fitting.unwrap_or(&self.tiers[0]);
        Some((name, wait.saturating_sub(*length)))
    }
}

impl fmt::Debug for RabbitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitConfig")
            .field("url", &"[secret]")
            .field("connections", &self.connections)
            .field("namespace", &self.namespace)
            .field("delivery_limit", &self.delivery_limit)
            .field("deadline", &self.deadline)
            .field("tiers", &self.tiers)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_takes_the_longest_tier_that_fits_and_is_never_cut_short() {
        let config = RabbitConfig::new("amqp://host", Vec::new());
        for (seconds, tiers) in [
            (0, vec![]),
            (1, vec!["5s"]),
            (5, vec!["5s"]),
            (7, vec!["5s", "5s"]),
            (45, vec!["30s", "5s", "5s", "5s"]),
            (120, vec!["2m"]),
            (2 * 3600 + 600, vec!["1h", "1h", "10m"]),
        ] {
            let (mut wait, mut taken) = (Duration::from_secs(seconds), Vec::new());
            while let Some((tier, rest)) = config.tier(wait) {
                taken.push(tier);
                wait = rest;
            }
            assert_eq!(taken, tiers, "{seconds} s");
        }
    }

    #[test]
    fn a_printed_configuration_hides_the_password() {
        let config = RabbitConfig::new("amqp://user:secret-word@host", Vec::new());
        assert!(!format!("{config:?}").contains("secret-word"));
    }
}
