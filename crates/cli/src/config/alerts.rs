//! `[alerts.email]` and `[alerts.webhook]`: whom to tell when a person is needed.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::address::Address;
use super::{secret, text};

/// `[alerts.…]`: each channel is off when its section is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Alerts {
    /// `[alerts.email]`
    pub(crate) email: Option<Email>,
    /// `[alerts.webhook]`
    pub(crate) webhook: Option<ChatWebhook>,
}

/// `[alerts.email]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Email {
    /// The mail server, `smtp://` or `smtps://`, with user and password.
    #[serde(deserialize_with = "smtp")]
    pub(crate) smtp_url: Address,
    /// The sender.
    #[serde(deserialize_with = "text::filled")]
    pub(crate) from: String,
    /// The recipients, at least one.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) to: Vec<String>,
}

/// `[alerts.webhook]`: a chat's incoming webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatWebhook {
    /// Where to post. Who knows this URL may post, so it is a secret as a whole.
    #[serde(with = "secret")]
    pub(crate) url: SecretString,
}

fn smtp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    Address::parse(&text, &["smtp", "smtps"]).map_err(de::Error::custom)
}
