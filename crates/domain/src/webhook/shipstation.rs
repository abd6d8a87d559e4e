//! What a ShipStation webhook points at, of V1 or of V2. Its `resource_url` is unauthenticated and may be forged, so it is
//! never called: it is taken apart here to the filters that we know, and rebuilt by the caller on the
//! configured host.

mod hosts;
mod resource_url;
mod v1;
mod v2;

use jiff::Timestamp;
use serde::Deserialize;

use super::{NotUnderstood, kind, without_mark};
use crate::event::{ShipmentQuery, ShipmentSource};

pub use hosts::{AllowedHosts, InvalidBaseUrl};
pub use resource_url::{FILTER_MAX, RESOURCE_URL_MAX, UrlFault};

/// The longest `resource_type`, in bytes.
const TYPE_MAX: usize = 100;

/// What a notification asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Shipments to read.
    Shipments(ShipmentQuery),
    /// Nothing that concerns us: the type, as it came.
    Ignored(String),
}

/// Reads a notification: `{"resource_url", "resource_type"}`, the type in any case, that came at this instant.
///
/// `SHIP_NOTIFY`, `ITEM_SHIP_NOTIFY` and `LABEL_CREATED_V2` lead to labels; `FULFILLMENT_SHIPPED`,
/// `FULFILLMENT_REJECTED` and `FULFILLMENT_SHIPPED_V2` to fulfilments. Every other type is ignored, whatever its
/// address is: it is not looked at.
pub fn shipstation(
    body: &[u8],
    hosts: &AllowedHosts,
    received_at: Timestamp,
) -> Result<Notice, NotUnderstood> {
    let body = Body::read(without_mark(body))?;
    let resource_type = body.resource_type.unwrap_or_default();
    if resource_type.is_empty() || resource_type.len() > TYPE_MAX {
        let expected = "a string of 1 to 100 bytes, such as SHIP_NOTIFY";
        return Err(NotUnderstood::Member { name: "resource_type", expected });
    }
    let Some((api, source)) = known(&resource_type) else { return Ok(Notice::Ignored(resource_type)) };
    let expected = "the address of the list that changed";
    let url = body.resource_url.ok_or(NotUnderstood::Member { name: "resource_url", expected })?;
    let query = match api {
        Api::V1 => v1::query(&url, source, hosts)?,
        Api::V2 => v2::query(&url, source, hosts, received_at)?,
    };
    Ok(Notice::Shipments(query))
}

/// Whose addresses a type brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    V1,
    V2,
}

fn known(resource_type: &str) -> Option<(Api, ShipmentSource)> {
    let known = [
        ("SHIP_NOTIFY", Api::V1, ShipmentSource::Labels),
        ("ITEM_SHIP_NOTIFY", Api::V1, ShipmentSource::Labels),
        ("FULFILLMENT_SHIPPED", Api::V1, ShipmentSource::Fulfilments),
        ("FULFILLMENT_REJECTED", Api::V1, ShipmentSource::Fulfilments),
        ("LABEL_CREATED_V2", Api::V2, ShipmentSource::Labels),
        ("FULFILLMENT_SHIPPED_V2", Api::V2, ShipmentSource::Fulfilments),
    ];
    let found = known.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(resource_type));
    found.map(|(_, api, source)| (api, source))
}

#[derive(Deserialize)]
struct Body {
    resource_url: Option<String>,
    resource_type: Option<String>,
}

impl Body {
    fn read(body: &[u8]) -> Result<Self, NotUnderstood> {
        // An array would do for a struct, too: look at the value's kind first.
        let raw: &serde_json::value::RawValue = serde_json::from_slice(body).map_err(NotUnderstood::Json)?;
        if !raw.get().starts_with('{') {
            let expected = "an object with `resource_url` and `resource_type`";
            return Err(NotUnderstood::Shape { expected, found: kind(raw.get()) });
        }
        serde_json::from_str(raw.get()).map_err(NotUnderstood::Json)
    }
}
