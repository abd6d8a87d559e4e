//! What the bridge needs to know of a product and Cin7's lines do not carry: weights, pictures, and the fields
//! that the mapping may name.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A product with its options. Weights are in the account's unit, which the API does not tell.
///
/// It is kept as JSON: fields that came later have defaults, and are left out while they are empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Cin7's product id.
    pub id: i64,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Weight of one piece, where the product has one for all its options.
    pub weight: Option<Decimal>,
    /// Address of the first picture; empty when there is none.
    pub image: String,
    /// What its up to three options are called (`Colour`, `Size`).
    pub option_labels: [String; 3],
    /// The options that can be ordered.
    pub options: Vec<ProductOption>,
    /// Further fields by their snake-case name (`brand`, `style_code`, …), for the mapping.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<String, String>,
    /// Custom fields by Cin7's internal name (`products_1001`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, String>,
}

/// One option of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOption {
    /// Cin7's option id. The sizes of a size range share it.
    pub id: i64,
    /// The SKU.
    pub code: String,
    /// Bar code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub barcode: String,
    /// Weight of one piece.
    pub weight: Option<Decimal>,
    /// Address of its picture; empty when there is none.
    pub image: String,
}

impl Product {
    /// The option with that id, and of several sizes that share it the one with that SKU; else the option with
    /// that SKU.
    pub fn option(&self, id: Option<i64>, code: &str) -> Option<&ProductOption> {
        let has_code = |option: &&ProductOption| !code.is_empty() && option.code == code;
        let by_id = || self.options.iter().filter(|option| Some(option.id) == id);
        by_id().find(has_code).or_else(|| by_id().next()).or_else(|| self.options.iter().find(has_code))
    }

    /// Weight of one piece of an option: the option's own, else the product's; zero and less count as unknown.
    pub fn weight_of(&self, option: Option<&ProductOption>) -> Option<Decimal> {
        let known = |weight: &Decimal| *weight > Decimal::ZERO;
        option.and_then(|option| option.weight).filter(known).or(self.weight.filter(known))
    }

    /// The value of a field as the mapping section names it, `product.FIELD` in snake case or
    /// `product.custom_fields.NAME`; `None` when there is no such field or it is empty.
    pub fn field(&self, name: &str) -> Option<String> {
        let name = name.strip_prefix("product.")?;
        let value = match (name, name.strip_prefix("custom_fields.")) {
            (_, Some(custom)) => self.custom_fields.get(custom).cloned()?,
            ("id", _) => self.id.to_string(),
            ("name", _) => self.name.clone(),
            ("weight", _) => self.weight?.normalize().to_string(),
            (other, _) => self.other.get(other).cloned()?,
        };
        (!value.is_empty()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(id: i64, code: &str) -> ProductOption {
        ProductOption { id, code: code.into(), barcode: String::new(), weight: None, image: String::new() }
    }

    fn product() -> Product {
        Product {
            id: 5,
            name: "Rope".into(),
            weight: Some(Decimal::new(150, 2)),
            image: String::new(),
            option_labels: Default::default(),
            options: vec![option(7, "R-S"), option(7, "R-L"), option(8, "T")],
            other: BTreeMap::from([("brand".into(), "Knot".into())]),
            custom_fields: BTreeMap::from([("products_1001".into(), "A-12".into())]),
        }
    }

    #[test]
    fn the_sizes_of_an_option_are_told_apart_by_their_sku() {
        for (id, code, found) in [
            (Some(7), "R-L", Some("R-L")),
            (Some(7), "gone", Some("R-S")),
            (Some(9), "T", Some("T")),
            (None, "T", Some("T")),
            (Some(9), "", None),
        ] {
            assert_eq!(product().option(id, code).map(|option| option.code.as_str()), found, "{id:?} {code}");
        }
    }

    #[test]
    fn fields_are_found_by_the_mappings_names() {
        for (name, value) in [
            ("product.name", Some("Rope")),
            ("product.id", Some("5")),
            ("product.weight", Some("1.5")),
            ("product.brand", Some("Knot")),
            ("product.custom_fields.products_1001", Some("A-12")),
            ("product.custom_fields.products_9", None),
            ("product.nothing", None),
            ("brand", None),
            ("", None),
        ] {
            assert_eq!(product().field(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn a_product_that_an_earlier_version_kept_still_reads() {
        let kept = r#"{"id":9,"weight":null,"image":"","option_labels":["Size","",""],"options":[{"id":10,"code":"A-L","weight":"0.25","image":"https://img.example/a"}]}"#;
        let product: Product = serde_json::from_str(kept).unwrap();
        assert_eq!((product.id, product.options[0].code.as_str()), (9, "A-L"));
        assert_eq!(serde_json::to_string(&product).unwrap(), kept, "what is empty is left out");
    }
}
