//! Time zones by their IANA name, for `#[serde(with = "time_zone")]`.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serializer, de};

/// Reads the name of a time zone.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    TimeZone::get(&String::deserialize(deserializer)?)
        .map_err(|_| de::Error::custom("no such time zone; expected an IANA name such as Australia/Sydney"))
}

/// Writes the name of a time zone.
pub(crate) fn serialize<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}
