//! `[connections.rates]`: quoting a shipping fee.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::number::{amount, step};
use crate::config::{duration, text};

/// `[connections.rates]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rates {
    /// Whether orders without freight get it. A person can ask for quotes all the same.
    pub(crate) enabled: bool,
    /// The stages whose orders get freight.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) stages: Vec<String>,
    /// The carriers to ask, by ShipStation's codes.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) carriers: Vec<String>,
    /// The services to take, by ShipStation's codes; empty means all.
    pub(crate) services: Vec<String>,
    /// The package to ask for, by ShipStation's code; empty asks for all that a carrier has.
    pub(crate) package: String,
    /// Of quotes that name a package those to take, by the names in ShipStation's answers; empty means all.
    pub(crate) packages: Vec<String>,
    /// What the carrier shall confirm; empty leaves it to the account.
    pub(crate) confirmation: Confirmation,
    /// Which addresses are residential.
    pub(crate) residential: Residential,
    /// Which quote wins.
    pub(crate) choose: Choose,
    /// Added to the cost, in percent of it.
    #[serde(with = "amount")]
    pub(crate) markup_percent: Decimal,
    /// Added to the cost, in the account's currency.
    #[serde(with = "amount")]
    pub(crate) markup_fixed: Decimal,
    /// What insurance costs for each started hundred of the goods' value; 0 insures nothing.
    #[serde(with = "amount")]
    pub(crate) insurance_per_hundred: Decimal,
    /// Goods of no more than this are not insured.
    #[serde(with = "amount")]
    pub(crate) insurance_over: Decimal,
    /// What the charge is a multiple of; halves go up.
    #[serde(serialize_with = "amount::serialize", deserialize_with = "step")]
    pub(crate) round_to: Decimal,
    /// The least charge.
    #[serde(with = "amount")]
    pub(crate) minimum: Decimal,
    /// The product total from which on shipping is free; 0 means never.
    #[serde(with = "amount")]
    pub(crate) free_over: Decimal,
    /// Where parcels leave.
    pub(crate) from_postal_code: String,
    /// In which country that is. V2 asks for it, and for state and city.
    pub(crate) from_country: String,
    /// In which state.
    pub(crate) from_state: String,
    /// In which city.
    pub(crate) from_city: String,
    /// Where the parcels of other Cin7 branches leave.
    pub(crate) from_by_branch: BTreeMap<i64, String>,
    /// Whether the parcels of other branches leave where Cin7 says that the branch is.
    pub(crate) from_branches: bool,
    /// The ShipStation warehouse that parcels leave from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_warehouse: Option<i64>,
    /// The currency of the ShipStation account's prices; empty means that of the Cin7 account.
    #[serde(deserialize_with = "text::currency_or_empty")]
    pub(crate) currency: String,
    /// The unit of the account's product dimensions.
    pub(crate) dimension_unit: DimensionUnit,
    /// Whether an order gets an amount whose freight is described and zero.
    pub(crate) described: bool,
    /// For how long a carrier's answer stands for the same parcel.
    #[serde(with = "duration")]
    pub(crate) keep: Duration,
}

/// What a carrier confirms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Confirmation {
    /// Whatever the account's settings say.
    #[default]
    #[serde(rename = "")]
    Unsaid,
    /// Nothing.
    None,
    /// That it was delivered.
    Delivery,
    /// A signature.
    Signature,
    /// A signature of an adult.
    AdultSignature,
    /// A signature of the recipient (`FedEx`).
    DirectSignature,
}

/// Which addresses are residential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Residential {
    /// None.
    #[default]
    Never,
    /// All.
    Always,
    /// Those without a company.
    WithoutCompany,
}

/// A unit of length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DimensionUnit {
    /// Centimetres.
    #[default]
    #[serde(rename = "cm")]
    Centimetres,
    /// Inches.
    #[serde(rename = "in")]
    Inches,
}

/// Which quote wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Choose {
    /// `cheapest`
    #[default]
    Cheapest,
    /// `fastest`
    Fastest,
    /// The first of these service codes that has a quote.
    InOrder(Vec<String>),
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            enabled: false,
            stages: vec!["New".to_owned(), "Processing".to_owned()],
            carriers: vec!["stamps_com".to_owned(), "ups_walleted".to_owned()],
            services: Vec::new(),
            package: String::new(),
            packages: Vec::new(),
            confirmation: Confirmation::default(),
            residential: Residential::default(),
            choose: Choose::default(),
            markup_percent: Decimal::ZERO,
            markup_fixed: Decimal::ZERO,
            insurance_per_hundred: Decimal::ZERO,
            insurance_over: Decimal::ZERO,
            round_to: Decimal::new(1, 2),
            minimum: Decimal::ZERO,
            free_over: Decimal::ZERO,
            from_postal_code: String::new(),
            from_country: String::new(),
            from_state: String::new(),
            from_city: String::new(),
            from_by_branch: BTreeMap::new(),
            from_branches: false,
            from_warehouse: None,
            currency: String::new(),
            dimension_unit: DimensionUnit::default(),
            described: false,
            keep: Duration::from_mins(10),
        }
    }
}

impl Serialize for Choose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Cheapest => serializer.serialize_str("cheapest"),
            Self::Fastest => serializer.serialize_str("fastest"),
            Self::InOrder(services) => serializer.collect_seq(services),
        }
    }
}

impl<'de> Deserialize<'de> for Choose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrList)
    }
}

struct WordOrList;

impl<'de> de::Visitor<'de> for WordOrList {
    type Value = Choose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"cheapest\", \"fastest\" or an array of service codes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Choose, E> {
        match text {
            "cheapest" => Ok(Choose::Cheapest),
            "fastest" => Ok(Choose::Fastest),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Choose, A::Error> {
        let mut services = Vec::new();
        while let Some(service) = list.next_element()? {
            services.push(service);
        }
        if services.is_empty() {
            return Err(de::Error::invalid_value(de::Unexpected::Seq, &self));
        }
        Ok(Choose::InOrder(services))
    }
}
