//! `[alerts.email]` and `[alerts.webhook]`: whom to tell when a person is needed.

use std::str::FromStr;

use alerts::{
    Channels, ChatWebhook as Chat, Email as Mail, MailAddress, SettingsError, SmtpServer, WebhookUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
    #[serde(deserialize_with = "sender")]
    pub(crate) from: String,
    /// The recipients, at least one.
    #[serde(deserialize_with = "recipients")]
    pub(crate) to: Vec<String>,
}

/// `[alerts.webhook]`: a chat's incoming webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatWebhook {
    /// Where to post. Who knows this URL may post, so it is a secret as a whole.
    #[serde(serialize_with = "masked", deserialize_with = "hook")]
    pub(crate) url: SecretString,
}

impl Alerts {
    /// The channels that are configured, ready to be used.
    pub(crate) fn channels(&self) -> Result<Channels, SettingsError> {
        let email = self.email.as_ref().map(Email::channel).transpose()?;
        let webhook = self.webhook.as_ref().map(ChatWebhook::channel).transpose()?;
        Ok(Channels { email, webhook })
    }
}

impl Email {
    fn channel(&self) -> Result<Mail, SettingsError> {
        let to = self.to.iter().map(|to| to.parse()).collect::<Result<_, _>>()?;
        Mail::new(&SmtpServer::parse(self.smtp_url.url().as_str())?, self.from.parse()?, to)
    }
}

impl ChatWebhook {
    fn channel(&self) -> Result<Chat, SettingsError> {
        Chat::new(WebhookUrl::parse(self.url.expose_secret())?)
    }
}

fn smtp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    SmtpServer::parse(&text).map_err(de::Error::custom)?;
    Address::parse(&text, &["smtp", "smtps"]).map_err(de::Error::custom)
}

fn sender<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let from = text::filled(deserializer)?;
    MailAddress::from_str(&from).map_err(de::Error::custom)?;
    Ok(from)
}

fn recipients<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let to = text::filled_list(deserializer)?;
    for recipient in &to {
        MailAddress::from_str(recipient).map_err(de::Error::custom)?;
    }
    Ok(to)
}

/// The mask, as an address that can be read again.
fn masked<S: Serializer>(_: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("https://{}/", secret::MASK))
}

fn hook<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let url = secret::deserialize(deserializer)?;
    WebhookUrl::parse(url.expose_secret()).map_err(de::Error::custom)?;
    Ok(url)
}
