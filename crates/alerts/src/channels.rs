//! The channels that are configured, by name.

use std::fmt;

use domain::alert::Message;

use crate::email::Email;
use crate::error::SendError;
use crate::webhook::ChatWebhook;

/// A way to tell somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By a chat's webhook.
    Webhook,
}

impl Channel {
    /// The channel's name, as it stands in the settings, in metrics and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is configured. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    /// E-mail.
    pub email: Option<Email>,
    /// A chat.
    pub webhook: Option<ChatWebhook>,
}

impl Channels {
    /// The channels that are configured.
    pub fn all(&self) -> Vec<Channel> {
        let email = self.email.is_some().then_some(Channel::Email);
        email.into_iter().chain(self.webhook.is_some().then_some(Channel::Webhook)).collect()
    }

    /// Whether nobody can be told.
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// Sends a message by one channel, once. Ends within the channel's deadline.
    pub async fn send(&self, channel: Channel, message: &Message) -> Result<(), SendError> {
        match (channel, &self.email, &self.webhook) {
            (Channel::Email, Some(email), _) => email.send(message).await,
            (Channel::Webhook, _, Some(webhook)) => webhook.send(message).await,
            _ => Err(SendError::NoChannel),
        }
    }
}
