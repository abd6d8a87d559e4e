//! Checked numbers, for `#[serde(with = "…")]` and `deserialize_with`.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

/// The longest window of days: ten years.
const MOST_DAYS: u32 = 3660;

/// A number of days.
pub(crate) fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(deserializer)?;
    if days > MOST_DAYS {
        return Err(de::Error::custom(format!("expected at most {MOST_DAYS} days")));
    }
    Ok(days)
}

/// What amounts are multiples of, above 0.
pub(crate) fn step<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let step = amount::deserialize(deserializer)?;
    if step.is_zero() { Err(de::Error::custom("expected a number above 0")) } else { Ok(step) }
}

/// Amounts and percentages, 0 or more.
pub(crate) mod amount {
    use super::{Decimal, Deserialize, Deserializer, de};

    pub(crate) use rust_decimal::serde::float::serialize;

    /// Reads a number of 0 or more.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let amount = Decimal::try_from(number).ok().filter(|amount| !amount.is_sign_negative());
        amount.ok_or_else(|| de::Error::custom("expected a number, 0 or more"))
    }
}
