//! Decimals as the platforms take them: plain JSON numbers, never strings, exponents or binary fractions.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Writes a decimal as a JSON number with all its digits, for `#[serde(serialize_with)]`.
pub(crate) fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let text = value.normalize().to_string();
    let raw = RawValue::from_string(text).expect("the text of a decimal is a JSON number");
    raw.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Amount(#[serde(serialize_with = "number")] Decimal);

    fn json(value: Decimal) -> String {
        serde_json::to_string(&Amount(value)).unwrap()
    }

    proptest! {
        #[test]
        fn every_decimal_goes_out_as_a_plain_number_of_the_same_value(
            mantissa in -79_228_162_514_264_337_593_543_950_335_i128..=79_228_162_514_264_337_593_543_950_335,
            scale in 0_u32..=28,
        ) {
            let value = Decimal::from_i128_with_scale(mantissa, scale);
            let text = json(value);
            prop_assert!(text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '.'), "{text}");
            prop_assert!(serde_json::from_str::<serde_json::Number>(&text).is_ok(), "{text}");
            prop_assert_eq!(text.parse::<Decimal>().unwrap(), value);
        }
    }

    #[test]
    fn amounts_look_as_a_person_would_write_them() {
        for (value, text) in [("12.10", "12.1"), ("-0.5", "-0.5"), ("1000", "1000"), ("0.00", "0")] {
            assert_eq!(json(value.parse().unwrap()), text);
        }
    }
}
