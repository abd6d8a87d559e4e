//! Durations as people write them: `500ms`, `60s`, `5m`, `12h`, `3d`. For `#[serde(with = "duration")]`,
//! and [`or_off`] for what may be switched off.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// The units with their milliseconds, the largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// The longest duration: far beyond any use, and short enough to be added to any time.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Reads a duration above zero.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).ok_or_else(|| {
        de::Error::custom(
            "expected a duration above 0 and up to 366d, such as \"60s\", \"5m\", \"12h\" or \"3d\"",
        )
    })
}

/// Writes a duration in the largest unit that fits.
pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(*duration))
}

fn read(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let duration = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(*milliseconds)?);
    (!duration.is_zero() && duration <= LONGEST).then_some(duration)
}

fn write(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let fits = |unit: &&(&str, u64)| milliseconds.is_multiple_of(u128::from(unit.1));
    let (name, size) = UNITS.iter().find(fits).expect("every whole number is a multiple of one millisecond");
    format!("{}{name}", milliseconds / u128::from(*size))
}

/// For what may be switched off: a duration, or `off` for `None`.
pub(crate) mod or_off {
    use super::{Deserialize, Deserializer, Duration, Serializer, de, read, write};

    /// Reads a duration, or `off`.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" {
            return Ok(None);
        }
        read(&text).map(Some).ok_or_else(|| {
            de::Error::custom(
                "expected a duration above 0 and up to 366d, such as \"60s\" or \"5m\", or \"off\"",
            )
        })
    }

    /// Writes a duration, or `off`.
    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&duration.map_or_else(|| "off".to_owned(), write))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write_alike() {
        for (text, seconds) in [("60s", 60), ("90s", 90), ("5m", 300), ("12h", 43_200), ("3d", 259_200)] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(write(Duration::from_mins(1)), "1m");
        assert_eq!(write(Duration::from_secs(90)), "90s");
        assert_eq!(write(Duration::from_millis(1500)), "1500ms");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["", "60", "s", "0s", "-1s", "1.5s", "60 s", "60S", "367d", "99999999999999999999d", "1w"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
