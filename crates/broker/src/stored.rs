//! The stored form of an event: `{"v":1,"event":{..}}`. What is written once must be readable for as long as
//! a queue may hold it, so a change of the form is a new version, and old ones stay readable.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use domain::event::Event;

/// The version that is written.
const VERSION: u32 = 1;

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecodable {
    /// It is no text.
    #[error("not a stored event: {0}")]
    Text(#[from] std::str::Utf8Error),
    /// It is not what that version says it is.
    #[error("not a stored event: {0}")]
    Form(#[from] serde_json::Error),
    /// A program newer than this one wrote it.
    #[error("stored in version {0}, this program reads version {VERSION}")]
    Version(u32),
}

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    event: &'a Event,
}

#[derive(Deserialize)]
struct Read<'a> {
    v: u32,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// The stored form of `event`.
pub(crate) fn encode(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written { v: VERSION, event })
}

/// The event behind a stored form of any version that was ever written.
pub(crate) fn decode(stored: &str) -> Result<Event, Undecodable> {
    let read: Read<'_> = serde_json::from_str(stored)?;
    match read.v {
        VERSION => Ok(serde_json::from_str(read.event.get())?),
        other => Err(Undecodable::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{EventKind, Origin, ShipmentQuery, ShipmentSource};
    use domain::ids::{EventId, OrderId, OrderRef};

    use super::*;

    /// Stored by version 1. Never edit: queues in the field hold these.
    const ORDER_V1: &str = concat!(
        r#"{"v":1,"event":{"id":"019b8b6e-3c00-7000-8000-000000000001","connection":"acme","#,
        r#""kind":{"type":"order_changed","order":{"id":123}},"#,
        r#""origin":"webhook","received_at":"2026-01-05T00:00:00.5Z"}}"#
    );
    const SHIPMENTS_V1: &str = concat!(
        r#"{"v":1,"event":{"id":"019b8b6e-3c00-7000-8000-000000000001","connection":"acme","#,
        r#""kind":{"type":"shipments_changed","query":{"source":"labels","filters":{"batchId":"7"}}},"#,
        r#""origin":"sweep","received_at":"2026-01-05T00:00:00.5Z"}}"#
    );

    const RATE_V1: &str = concat!(
        r#"{"v":1,"event":{"id":"019b8b6e-3c00-7000-8000-000000000001","connection":"acme","#,
        r#""kind":{"type":"rate_requested","order":{"id":123}},"#,
        r#""origin":"watch","received_at":"2026-01-05T00:00:00.5Z"}}"#
    );

    fn event(kind: EventKind, origin: Origin) -> Event {
        Event {
            id: EventId("019b8b6e-3c00-7000-8000-000000000001".parse().unwrap()),
            connection: "acme".parse().unwrap(),
            kind,
            origin,
            received_at: "2026-01-05T00:00:00.5Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_stored_form_of_version_1_is_fixed() {
        let filters = [("batchId".to_owned(), "7".to_owned())].into();
        let query = ShipmentQuery { source: ShipmentSource::Labels, filters };
        let order = EventKind::OrderChanged { order: OrderRef::Id(OrderId(123)) };
        for (golden, event) in [
            (ORDER_V1, event(order, Origin::Webhook)),
            (SHIPMENTS_V1, event(EventKind::ShipmentsChanged { query }, Origin::Sweep)),
            (RATE_V1, event(EventKind::RateRequested { order: OrderRef::Id(OrderId(123)) }, Origin::Watch)),
        ] {
            assert_eq!(encode(&event).unwrap(), golden);
            assert_eq!(decode(golden).unwrap(), event);
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let newer = decode(r#"{"v":2,"event":{"new":"shape"}}"#).unwrap_err().to_string();
        assert_eq!(newer, "stored in version 2, this program reads version 1");
        for broken in ["", "{}", "[1]", r#"{"v":1,"event":{}}"#, r#"{"v":1,"event":"#] {
            assert!(matches!(decode(broken), Err(Undecodable::Form(_))), "{broken}");
        }
    }
}
