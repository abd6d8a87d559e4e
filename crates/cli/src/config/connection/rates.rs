//! `[connections.rates]`: quoting a shipping fee.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::number::amount;
use crate::config::text;

/// `[connections.rates]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rates {
    /// Whether fees are quoted.
    pub(crate) enabled: bool,
    /// The stages whose orders get a quote.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) stages: Vec<String>,
    /// The carriers to ask, by ShipStation's codes.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) carriers: Vec<String>,
    /// The services to take, by ShipStation's codes; empty means all.
    pub(crate) services: Vec<String>,
    /// Which quote wins.
    pub(crate) choose: Choose,
    /// Added to the cost, in percent of it.
    #[serde(with = "amount")]
    pub(crate) markup_percent: Decimal,
    /// Added to the cost, in the account's currency.
    #[serde(with = "amount")]
    pub(crate) markup_fixed: Decimal,
    /// The product total from which on shipping is free; 0 means never.
    #[serde(with = "amount")]
    pub(crate) free_over: Decimal,
    /// Where parcels leave.
    pub(crate) from_postal_code: String,
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
            choose: Choose::default(),
            markup_percent: Decimal::ZERO,
            markup_fixed: Decimal::ZERO,
            free_over: Decimal::ZERO,
            from_postal_code: String::new(),
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
