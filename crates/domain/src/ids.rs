//! The identities that travel through the line: connections, orders, events, and the keys that we leave at
//! the platforms. No state lives here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::text::{clean, cut};

/// The longest connection name: `sb-{name}-{id}` must fit into the 50 characters of an `orderKey`.
pub const CONNECTION_NAME_MAX: usize = 32;

/// A connection's name: 1 to 32 characters of `a-z 0-9 -`. It is part of every key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectionName(String);

/// Why a text is no connection name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no connection name: 1 to 32 characters of a-z, 0-9 and -")]
pub struct InvalidConnectionName(String);

impl ConnectionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConnectionName {
    type Err = InvalidConnectionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > CONNECTION_NAME_MAX || !text.chars().all(allowed) {
            return Err(InvalidConnectionName(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ConnectionName {
    type Error = InvalidConnectionName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ConnectionName> for String {
    fn from(name: ConnectionName) -> Self {
        name.0
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a Cin7 sales order: the stable key of everything that we remember of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub i64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a caller may name a Cin7 order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRef {
    /// By its id.
    Id(OrderId),
    /// By its reference, exactly as Cin7 shows it.
    Reference(String),
}

impl fmt::Display for OrderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Reference(reference) => f.write_str(reference),
        }
    }
}

/// An event's id: a UUID of version 7, so that ids sort by the time of their arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `orderKey` that makes an order exist once in ShipStation: `sb-{connection}-{Cin7 order id}`.
pub fn order_key(connection: &ConnectionName, order: OrderId) -> String {
    format!("sb-{connection}-{order}")
}

/// The Cin7 order behind one of our order keys; `None` for the keys of others and of other connections.
pub fn order_of_key(connection: &ConnectionName, key: &str) -> Option<OrderId> {
    let id = key.strip_prefix("sb-")?.strip_prefix(connection.as_str())?.strip_prefix('-')?;
    id.parse().ok().map(OrderId)
}

/// Longest key of a line that ShipStation takes (custom store reference, `LineItemID`).
const LINE_KEY_MAX: usize = 50;

/// The `lineItemKey` that leads a shipped item back to its order line: `{order}:{line}`, and `:{size code}`
/// behind it for one size of a size run. A size code that does not fit is shortened, with the beginning of its
/// SHA-256 in place of its end, so that codes with the same beginning stay apart.
pub fn line_key(order: OrderId, line: i64, size_code: Option<&str>) -> String {
    let Some(code) = size_code else { return format!("{order}:{line}") };
    let key = format!("{order}:{line}:{}", clean(code));
    if key.chars().count() <= LINE_KEY_MAX {
        return key;
    }
    let digest = hex::encode(&Sha256::digest(code)[..4]);
    format!("{}~{digest}", cut(&key, LINE_KEY_MAX - 1 - digest.len()))
}

/// The Cin7 order behind a line key, `None` when it has not our form.
pub fn order_of_line_key(key: &str) -> Option<OrderId> {
    parts_of_line_key(key).map(|(order, ..)| order)
}

/// The Cin7 order behind a line key, the id of its line, and whether it is one size of a size run; `None` when it
/// has not our form.
pub fn parts_of_line_key(key: &str) -> Option<(OrderId, i64, bool)> {
    let (order, rest) = key.split_once(':')?;
    let (line, is_size) = rest.split_once(':').map_or((rest, false), |(line, _)| (line, true));
    Some((OrderId(order.parse().ok()?), line.parse().ok()?, is_size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_name_is_short_and_plain() {
        for good in ["acme", "a", "acme-au-2", &"x".repeat(32)] {
            assert!(good.parse::<ConnectionName>().is_ok(), "{good}");
        }
        for bad in ["", "Acme", "acme au", "acme_au", "ä", &"x".repeat(33)] {
            assert!(bad.parse::<ConnectionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_lead_back_to_their_order() {
        let acme: ConnectionName = "acme".parse().unwrap();
        let acme_2: ConnectionName = "acme-2".parse().unwrap();
        let key = order_key(&acme, OrderId(123));
        assert_eq!(key, "sb-acme-123");
        assert_eq!(order_of_key(&acme, &key), Some(OrderId(123)));
        assert_eq!(order_of_key(&acme_2, &key), None);
        assert_eq!(order_of_key(&acme, "sb-acme-2-123"), None);
        assert_eq!(order_of_key(&acme, "manual-12ab"), None);
        assert_eq!(order_of_line_key(&line_key(OrderId(7), 9, None)), Some(OrderId(7)));
        assert_eq!(order_of_line_key(&line_key(OrderId(7), 9, Some("XL:2"))), Some(OrderId(7)));
        assert_eq!(order_of_line_key("vd08-MSLbtx"), None);
        assert_eq!(parts_of_line_key("7:9"), Some((OrderId(7), 9, false)));
        assert_eq!(parts_of_line_key("7:9:XL:2"), Some((OrderId(7), 9, true)));
        assert_eq!(parts_of_line_key("7:x"), None);
    }

    #[test]
    fn a_line_key_never_exceeds_fifty_characters_and_long_size_codes_stay_apart() {
        let code = "SHIRT-LONG-SLEEVE-ORGANIC-COTTON-NAVY-BLUE-EXTRA-";
        let (large, small) = (
            line_key(OrderId(7), 9, Some(&format!("{code}L"))),
            line_key(OrderId(7), 9, Some(&format!("{code}S"))),
        );
        assert_eq!((large.len(), small.len()), (50, 50));
        assert!(large.starts_with("7:9:SHIRT-LONG-SLEEVE") && large != small, "{large} {small}");
        assert_eq!(order_of_line_key(&large), Some(OrderId(7)));
        assert_eq!(line_key(OrderId(7), 9, Some("X\nL")), "7:9:X L");
    }

    #[test]
    fn an_order_key_never_exceeds_fifty_characters() {
        let longest: ConnectionName = "x".repeat(CONNECTION_NAME_MAX).parse().unwrap();
        assert!(order_key(&longest, OrderId(99_999_999_999_999)).len() <= 50);
    }
}
