//! What the bridge needs to know of a product: weights and pictures. Cin7's lines carry neither.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A product with its options. Weights are in the account's unit, which the API does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Cin7's product id.
    pub id: i64,
    /// Weight of one piece, where the product has one for all its options.
    pub weight: Option<Decimal>,
    /// Address of the first picture; empty when there is none.
    pub image: String,
    /// What its up to three options are called (`Colour`, `Size`).
    pub option_labels: [String; 3],
    /// The options that can be ordered.
    pub options: Vec<ProductOption>,
}

/// One option of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOption {
    /// Cin7's option id.
    pub id: i64,
    /// The SKU.
    pub code: String,
    /// Weight of one piece.
    pub weight: Option<Decimal>,
    /// Address of its picture; empty when there is none.
    pub image: String,
}

impl Product {
    /// The option with that id, else with that SKU.
    pub fn option(&self, id: Option<i64>, code: &str) -> Option<&ProductOption> {
        let by_id = self.options.iter().find(|option| Some(option.id) == id);
        by_id.or_else(|| self.options.iter().find(|option| !code.is_empty() && option.code == code))
    }

    /// Weight of one piece of an option: the option's own, else the product's; zero and less count as unknown.
    pub fn weight_of(&self, option: Option<&ProductOption>) -> Option<Decimal> {
        let known = |weight: &Decimal| *weight > Decimal::ZERO;
        option.and_then(|option| option.weight).filter(known).or(self.weight.filter(known))
    }
}
