//! Webhook subscriptions. Their addresses carry our token, so nothing here shows them whole.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

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

/// A subscription as ShipStation lists it. Its `Debug` shows the address without query, which may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: i64,
    /// `SHIP_NOTIFY` and the like.
    pub event: String,
    /// The address that is called, token included.
    pub url: String,
    /// Of one store, or of all.
    pub store_id: Option<i64>,
    /// What people see in ShipStation.
    pub name: String,
    /// Whether ShipStation still calls it.
    pub active: bool,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("url", &self.url.split('?').next().unwrap_or_default())
            .field("store_id", &self.store_id)
            .field("name", &self.name)
            .field("active", &self.active)
            .finish()
    }
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
pub(super) fn webhook(fields: &Fields<'_>) -> Result<Webhook, FieldError> {
    Ok(Webhook {
        id: id(fields)?,
        event: either(fields, "HookType", "event")?,
        url: either(fields, "Url", "target_url")?,
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
