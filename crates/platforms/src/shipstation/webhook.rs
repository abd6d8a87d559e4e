//! Webhook subscriptions. Their addresses carry our token, so nothing here shows them whole.

use domain::failure::Failure;
use domain::subscription::Listed;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::answer::Answer;
use crate::json::{FieldError, Fields};

/// A subscription to be made.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The address that ShipStation shall call, token included.
    pub target_url: SecretString,
    /// `SHIP_NOTIFY` and the like.
    pub event: String,
    /// Of one store, or of all.
    pub store_id: Option<i64>,
    /// What people see in ShipStation.
    pub name: String,
}

impl Subscription {
    /// The body of `POST /webhooks/subscribe`, whose names are in snake case.
    pub(super) fn document(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Document<'a> {
            target_url: &'a str,
            event: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            store_id: Option<i64>,
            friendly_name: &'a str,
        }
        let document = Document {
            target_url: self.target_url.expose_secret(),
            event: &self.event,
            store_id: self.store_id,
            friendly_name: &self.name,
        };
        serde_json::to_vec(&document).expect("texts and whole numbers always serialize")
    }
}

/// A row of `GET /webhooks`, in the spelling of the answers or in that of the requests.
pub(super) fn webhook(fields: &Fields<'_>) -> Result<Listed, FieldError> {
    Ok(Listed {
        id: id(fields)?,
        event: either(fields, "HookType", "event")?,
        url: either(fields, "Url", "target_url")?.into(),
        store_id: fields.reference("StoreID")?.or(fields.reference("store_id")?),
        name: either(fields, "Name", "friendly_name")?,
        active: fields.boolean("Active")?.unwrap_or(true),
    })
}

/// A subscription's id: `WebHookID` where it is listed, `id` where it is made; `webhook_id` is seen too.
pub(super) fn id(fields: &Fields<'_>) -> Result<i64, FieldError> {
    let listed = fields.integer("WebHookID")?.or(fields.integer("webhook_id")?);
    listed.map_or_else(|| fields.required_id("id"), Ok)
}

fn either(fields: &Fields<'_>, listed: &str, requested: &str) -> Result<String, FieldError> {
    let text = fields.text(listed)?;
    if text.is_empty() { fields.text(requested) } else { Ok(text) }
}

/// An answer whose failure does not repeat the addresses that a body has quoted: their queries hold tokens.
pub(super) fn redacted<T>(answer: Answer<T>) -> Answer<T> {
    let outcome = answer.outcome.map_err(|mut failure| {
        let (Failure::Transient { reason }
        | Failure::RateLimited { reason, .. }
        | Failure::Ambiguous { reason }
        | Failure::Permanent { reason }
        | Failure::Misconfigured { reason }) = &mut failure;
        *reason = without_queries(reason);
        failure
    });
    Answer { outcome, ..answer }
}

/// A text in which whatever follows a question mark is left out, up to where an address must end.
pub(super) fn without_queries(text: &str) -> String {
    let mut parts = text.split('?');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'));
        shown.push('?');
        shown.push_str(if rest == Some(0) || part.is_empty() { "" } else { "***" });
        shown.push_str(rest.map_or("", |rest| &part[rest..]));
    }
    shown
}
