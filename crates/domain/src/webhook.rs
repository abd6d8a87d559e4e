//! What a webhook's body says, read into events' subjects. A body is a hint: nothing of it is trusted but the
//! names of orders and the filters of a list call. Proving who called is the server's business, and reading
//! the platform is the worker's.

mod cin7;
mod shipstation;
#[cfg(test)]
mod tests;

pub use cin7::{ORDERS_MAX, REFERENCE_MAX, cin7_orders};
pub use shipstation::{
    AllowedHosts, FILTER_MAX, InvalidBaseUrl, Notice, RESOURCE_URL_MAX, UrlFault, shipstation,
};

/// Why a webhook's body says nothing that we understand. The text says what was expected, and where.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// No JSON at all.
    #[error("the body is not JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// JSON of another shape.
    #[error("expected {expected}, found {found}")]
    Shape {
        /// What would have been right.
        expected: &'static str,
        /// What kind of JSON value it is.
        found: &'static str,
    },
    /// None, or too many at once.
    #[error("expected 1 to {ORDERS_MAX} orders, found {found}")]
    Count {
        /// How many.
        found: usize,
    },
    /// An element of the list is no object.
    #[error("{place}: expected an object that names an order, found {found}")]
    NotAnObject {
        /// A JSON pointer to the element.
        place: String,
        /// What kind of JSON value it is.
        found: &'static str,
    },
    /// An object names no order.
    #[error(
        "{place}: expected `id`, `orderId` or `salesOrderId` (a positive whole number, or the same as a \
         string), or `reference` (1 to {REFERENCE_MAX} characters)"
    )]
    NoOrder {
        /// A JSON pointer to the object, or `the object` for the body itself.
        place: String,
    },
    /// A member is missing, empty or no string.
    #[error("expected `{name}`: {expected}")]
    Member {
        /// The member's name.
        name: &'static str,
        /// What would have been right.
        expected: &'static str,
    },
    /// The address is none that ShipStation sends.
    #[error("`resource_url` {0}")]
    Url(#[from] UrlFault),
}

/// The text without a byte order mark, which some senders put in front.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// What kind of JSON value a raw text is.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
