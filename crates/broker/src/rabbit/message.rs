//! An event as a message: body, properties, and our two headers. Attempts and waits travel in headers of our
//! own, because RabbitMQ does not read its own `x-death` back from a message that is published again.

use std::time::Duration;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

use domain::event::Event;

use super::topology::{Names, short};
use crate::stored::{self, Undecodable};

/// How often the event was tried before.
const ATTEMPT: &str = "x-shipbridge-attempt";
/// How much longer, in milliseconds, the event has to wait once its tier lets go of it. A duration and not an
/// instant, so no two clocks are compared.
const WAIT: &str = "x-shipbridge-wait-ms";
/// How often the server has handed the message out before, under the names of its versions.
const RETURNS: [&str; 2] = ["x-delivery-count", "x-acquired-count"];
const PERSISTENT: u8 = 2;

/// A message before it is sent.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) exchange: String,
    pub(super) key: String,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

impl Draft {
    /// `event` on its way to its lane, for the first time.
    pub(super) fn first(names: &Names, event: &Event) -> Result<Self, serde_json::Error> {
        let body = stored::encode(event)?.into_bytes();
        let key = Names::key(&event.connection, event.kind.lane());
        Ok(Self { exchange: names.events(), key, body, properties: properties(event, 0, Duration::ZERO) })
    }
}

/// The properties of a message with `event`, tried `attempt` times before, that waits `rest` behind its tier.
pub(super) fn properties(event: &Event, attempt: u32, rest: Duration) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(short(ATTEMPT), AMQPValue::LongLongInt(attempt.into()));
    if !rest.is_zero() {
        let rest = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        headers.insert(short(WAIT), AMQPValue::LongLongInt(rest));
    }
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type(short("application/json"))
        .with_message_id(short(&event.id.to_string()))
        .with_timestamp(u64::try_from(event.received_at.as_second()).unwrap_or(0))
        .with_headers(headers)
}

/// What a message says.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) event: Event,
    pub(super) attempt: u32,
    /// What is left to wait.
    pub(super) rest: Duration,
    /// How often it was handed out before without being settled.
    pub(super) returns: u32,
}

/// Reads a message.
pub(super) fn read(body: &[u8], properties: &BasicProperties) -> Result<Content, Undecodable> {
    let event = stored::decode(std::str::from_utf8(body)?)?;
    let number = |name| header(properties, name).unwrap_or(0);
    Ok(Content {
        event,
        attempt: u32::try_from(number(ATTEMPT)).unwrap_or(u32::MAX),
        rest: Duration::from_millis(number(WAIT)),
        returns: RETURNS
            .iter()
            .map(|name| u32::try_from(number(name)).unwrap_or(u32::MAX))
            .max()
            .unwrap_or(0),
    })
}

/// The id that a message carries, for messages about it.
pub(super) fn id(properties: &BasicProperties) -> &str {
    properties.message_id().as_ref().map_or("(none)", |id| id.as_str())
}

/// A header that is a number and not negative, in whichever width it travels.
fn header(properties: &BasicProperties, name: &str) -> Option<u64> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::ShortShortInt(value) => u64::try_from(*value).ok(),
        AMQPValue::ShortShortUInt(value) => Some((*value).into()),
        AMQPValue::ShortInt(value) => u64::try_from(*value).ok(),
        AMQPValue::ShortUInt(value) => Some((*value).into()),
        AMQPValue::LongInt(value) => u64::try_from(*value).ok(),
        AMQPValue::LongUInt(value) => Some((*value).into()),
        AMQPValue::LongLongInt(value) => u64::try_from(*value).ok(),
        _ => None,
    }
}
