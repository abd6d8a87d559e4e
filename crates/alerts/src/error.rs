//! What can go wrong: with the settings, and with a message. No variant holds a secret.

use std::time::Duration;

/// Why a setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The mail server's address has another form.
    #[error(
        "expected smtp://HOST, smtps://HOST or with user:password@ before the host, and a port where it is another"
    )]
    NoSmtpUrl,
    /// A user without a password, or the other way round.
    #[error("expected both a user and a password before the host, percent-encoded, or neither")]
    HalfCredentials,
    /// No address of a person.
    #[error("expected an e-mail address, such as warehouse@example.com or Warehouse <warehouse@example.com>")]
    NoMailAddress,
    /// Nobody would be told.
    #[error("expected at least one recipient")]
    NoRecipient,
    /// The webhook's address has another form.
    #[error(
        "expected a URL that begins with https://, or with http:// on this machine, and without user and password"
    )]
    NoWebhookUrl,
    /// TLS cannot be used on this machine.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The other side said no.
    #[error("refused: {0}")]
    Refused(String),
    /// The other side could not be reached, or the conversation broke.
    #[error("not reached: {0}")]
    NotReached(String),
    /// The other side took too long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// This channel is not configured.
    #[error("not configured")]
    NoChannel,
}
