//! Weights and dimensions as people type them: `1.25kg`, `12oz`, `30x20x10cm`.

use domain::rates::Dimensions;
use domain::settings::LengthUnit;
use domain::weight::{Weight, WeightUnit};
use rust_decimal::Decimal;

/// A weight above zero with its unit.
pub(crate) fn weight(text: &str) -> Result<Weight, String> {
    const EXPECTED: &str = "expected a weight above 0 in kg, g, lb or oz, such as 1.25kg";
    let (number, unit) = split(text).ok_or(EXPECTED)?;
    let unit = match unit {
        "kg" => WeightUnit::Kilograms,
        "g" => WeightUnit::Grams,
        "lb" => WeightUnit::Pounds,
        "oz" => WeightUnit::Ounces,
        _ => return Err(EXPECTED.to_owned()),
    };
    above_zero(number).and_then(|number| unit.to_shipping(number)).ok_or_else(|| EXPECTED.to_owned())
}

/// Length, width and height with their unit.
pub(crate) fn dimensions(text: &str) -> Result<Dimensions, String> {
    const EXPECTED: &str = "expected length, width and height in cm or in, such as 30x20x10cm";
    let (numbers, unit) = split(text).ok_or(EXPECTED)?;
    let unit = match unit {
        "cm" => LengthUnit::Centimetres,
        "in" => LengthUnit::Inches,
        _ => return Err(EXPECTED.to_owned()),
    };
    let sides: Option<Vec<Decimal>> = numbers.split('x').map(above_zero).collect();
    match sides.as_deref() {
        Some([length, width, height]) => {
            Ok(Dimensions { length: *length, width: *width, height: *height, unit })
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

/// The number, and the letters at the end.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    Some((text[..end].trim(), text[end..].trim()))
}

fn above_zero(text: &str) -> Option<Decimal> {
    text.trim().parse().ok().filter(|number| *number > Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_with_their_unit() {
        for (text, grams_or_ounces) in
            [("1.25kg", "1250"), ("500 g", "500"), ("2lb", "32"), ("12.5oz", "12.5"), (" 1 kg ", "1000")]
        {
            assert_eq!(
                weight(text).map(|weight| weight.value.to_string()),
                Ok(grams_or_ounces.to_owned()),
                "{text}"
            );
        }
        for bad in
            ["", "kg", "1.25", "0kg", "-1kg", "1.2.3kg", "1st", "1e9999kg", "79228162514264337593543950335kg"]
        {
            assert!(weight(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dimensions_are_three_sides_and_a_unit() {
        let read = dimensions("30x20.5 x 10cm").unwrap();
        assert_eq!((read.length, read.width), (Decimal::from(30), Decimal::new(205, 1)));
        assert_eq!(dimensions("7x5x6in").map(|read| read.unit), Ok(LengthUnit::Inches));
        for bad in ["30x20cm", "30x20x10", "30x20x0cm", "30x20x10x5cm", "axbxccm", "30x20x10ft"] {
            assert!(dimensions(bad).is_err(), "{bad}");
        }
    }
}
