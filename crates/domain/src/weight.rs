//! Weights and their exact conversion. ShipStation takes pounds, ounces and grams, never kilograms.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The unit in which a Cin7 account keeps its weights: a setting, since the API does not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightUnit {
    /// Kilograms.
    #[serde(rename = "kg")]
    Kilograms,
    /// Grams.
    #[serde(rename = "g")]
    Grams,
    /// Pounds.
    #[serde(rename = "lb")]
    Pounds,
    /// Ounces.
    #[serde(rename = "oz")]
    Ounces,
}

/// The units that ShipStation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingUnit {
    /// `grams`, for metric accounts.
    Grams,
    /// `ounces`, for imperial accounts.
    Ounces,
    /// `pounds`: never ours, but ShipStation's people may use them.
    Pounds,
}

/// A weight in a unit that ShipStation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// How much.
    pub value: Decimal,
    /// Of what.
    pub unit: ShippingUnit,
}

impl WeightUnit {
    /// The same weight for ShipStation: metric in grams, imperial in ounces, exactly.
    /// `None` when it does not fit a decimal.
    pub fn to_shipping(self, value: Decimal) -> Option<Weight> {
        let (factor, unit) = match self {
            Self::Kilograms => (Decimal::ONE_THOUSAND, ShippingUnit::Grams),
            Self::Grams => (Decimal::ONE, ShippingUnit::Grams),
            Self::Pounds => (Decimal::from(16), ShippingUnit::Ounces),
            Self::Ounces => (Decimal::ONE, ShippingUnit::Ounces),
        };
        Some(Weight { value: value.checked_mul(factor)?.normalize(), unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn conversions_are_exact() {
        for (unit, value, expected, shipping) in [
            (WeightUnit::Kilograms, decimal("0.1234567"), decimal("123.4567"), ShippingUnit::Grams),
            (WeightUnit::Grams, decimal("5"), decimal("5"), ShippingUnit::Grams),
            (WeightUnit::Pounds, decimal("0.0625"), Decimal::ONE, ShippingUnit::Ounces),
            (WeightUnit::Ounces, decimal("7.5"), decimal("7.5"), ShippingUnit::Ounces),
        ] {
            let weight = unit.to_shipping(value).unwrap();
            assert_eq!((weight.value, weight.unit), (expected, shipping));
        }
        assert_eq!(WeightUnit::Kilograms.to_shipping(Decimal::MAX), None);
    }
}
