//! What can be wrong between us and RabbitMQ, in words that say what to do. Not which call it fails: that is
//! in `error`. A URL never stands in a message, only host and port.

use std::time::Duration;

use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

/// Why RabbitMQ cannot do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RabbitError {
    /// The URL cannot be read.
    #[error("[broker] url is no AMQP URL ({reason}): it looks like amqp://user:password@host:5672/vhost")]
    Url {
        /// What the parser says.
        reason: String,
    },
    /// The namespace would make names too long for AMQP.
    #[error("the namespace `{namespace}` is too long: 100 characters at most")]
    Namespace {
        /// The namespace.
        namespace: String,
    },
    /// No server answers there.
    #[error("cannot reach RabbitMQ at {server}: {source}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// Why.
        source: lapin::Error,
    },
    /// Name or password are wrong, or the user may not do something.
    #[error(
        "RabbitMQ at {server} refuses access ({said}): check name and password in [broker] url, and that \
         the user may configure, write and read `{namespace}.*` in that virtual host"
    )]
    Refused {
        /// Host and port.
        server: String,
        /// The namespace that the user needs.
        namespace: String,
        /// What the server says.
        said: String,
    },
    /// The virtual host is missing or closed to the user.
    #[error(
        "RabbitMQ at {server} does not let us into the virtual host ({said}): create it, grant the user \
         access to it, or name another one in [broker] url"
    )]
    VirtualHost {
        /// Host and port.
        server: String,
        /// What the server says.
        said: String,
    },
    /// A queue or an exchange exists with other arguments.
    #[error(
        "`{name}` exists in RabbitMQ with other arguments ({said}): set the old values again, or drain it, \
         delete it and start again"
    )]
    Mismatch {
        /// The queue or exchange.
        name: String,
        /// What the server says: the argument, what it is and what it should be.
        said: String,
    },
    /// The server does not answer.
    #[error("RabbitMQ at {server} did not answer within {after:?}, asked to {what}")]
    Timeout {
        /// Host and port.
        server: String,
        /// What it was asked for.
        what: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// There is no connection now; the next attempt is under way.
    #[error("no connection to RabbitMQ for {}: {last}", since(.down_for))]
    NotConnected {
        /// For how long there has been none.
        down_for: Duration,
        /// Why the last attempt failed, or what ended the last connection.
        last: Box<RabbitError>,
    },
    /// The broker has just been opened.
    #[error("the connection to RabbitMQ is being established")]
    Connecting,
    /// The connection broke.
    #[error("the connection to RabbitMQ broke: {0}")]
    Lost(lapin::Error),
    /// The server cancelled a consumer: its queue was deleted, or its leader is moving.
    #[error("RabbitMQ ended the delivery of `{queue}`: the queue was deleted or has no leader")]
    ConsumerEnded {
        /// The queue.
        queue: String,
    },
    /// The server takes no messages because it runs out of memory or disk.
    #[error("RabbitMQ takes no messages ({reason}): free memory or disk on its host")]
    Blocked {
        /// What the server says.
        reason: String,
    },
    /// There is no queue for the message, or it is not known whether there was one.
    #[error("RabbitMQ has no queue for `{key}` ({said}); the queues are being declared again")]
    Unroutable {
        /// The routing key.
        key: String,
        /// What the server says.
        said: String,
    },
    /// The queue does not take the message: it is full, or has lost its quorum.
    #[error("the queue of `{key}` refused a message: it is full, or has no quorum")]
    QueueRefused {
        /// The routing key.
        key: String,
    },
    /// The event's connection is not among the configured ones.
    #[error(
        "there is no queue for connection `{connection}`: it is not in the configuration of this process"
    )]
    UnknownConnection {
        /// The connection.
        connection: String,
    },
    /// The channel that delivered the event is gone; RabbitMQ delivers the event again.
    #[error("the event could not be settled, since its channel is gone: RabbitMQ delivers it again")]
    ChannelGone,
}

fn since(duration: &Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

impl RabbitError {
    /// Whether trying again cannot help, because a person must change something.
    pub(super) fn needs_a_person(&self) -> bool {
        matches!(
            self,
            Self::Url { .. }
                | Self::Namespace { .. }
                | Self::Refused { .. }
                | Self::VirtualHost { .. }
                | Self::Mismatch { .. }
        )
    }

    /// What a failed attempt to connect means.
    pub(super) fn of_connecting(error: lapin::Error, server: &str, namespace: &str) -> Self {
        let server = server.to_owned();
        if let ErrorKind::ProtocolError(said) = error.kind() {
            let text = said.get_message().to_string();
            match said.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                    return Self::Refused { server, namespace: namespace.to_owned(), said: text };
                }
                AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED | AMQPHardError::INVALIDPATH) => {
                    return Self::VirtualHost { server, said: text };
                }
                _ => {}
            }
        }
        Self::Unreachable { server, source: error }
    }

    /// What a failed declaration of `name` means.
    pub(super) fn of_declaring(error: lapin::Error, server: &str, namespace: &str, name: &str) -> Self {
        if let ErrorKind::ProtocolError(said) = error.kind() {
            let text = said.get_message().to_string();
            match said.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => {
                    return Self::Mismatch { name: name.to_owned(), said: text };
                }
                AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                    let (server, namespace) = (server.to_owned(), namespace.to_owned());
                    return Self::Refused { server, namespace, said: text };
                }
                _ => {}
            }
        }
        Self::Lost(error)
    }
}
