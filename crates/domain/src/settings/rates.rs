//! The settings of quotes and of the freight that is charged.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;

/// How shipping fees are quoted and charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRules {
    /// Whether orders without freight get it by themselves. Asking for a quote is possible all the same.
    pub enabled: bool,
    /// The stages whose orders get freight; compared trimmed and without case.
    pub stages: Vec<String>,
    /// The carriers to ask, by ShipStation's codes.
    pub carriers: Vec<String>,
    /// The services to take, by ShipStation's codes; empty means all.
    pub services: Vec<String>,
    /// The package to ask for, by ShipStation's code; empty asks for whatever the carrier has.
    pub package: String,
    /// Of answers that name a package, those to take, as ShipStation writes it behind the service's name; empty
    /// means all.
    pub packages: Vec<String>,
    /// Which quote wins.
    pub choose: Choose,
    /// From the carrier's price to the charge.
    pub pricing: Pricing,
    /// Where parcels leave.
    pub from_postal_code: String,
    /// The country of that place, as people type it. V2 asks for it, and for state and city.
    pub from_country: String,
    /// Its state, as people type it.
    pub from_state: String,
    /// Its city.
    pub from_city: String,
    /// Which of ShipStation's APIs is asked.
    pub api: RatesApi,
    /// Where the parcels of a Cin7 branch leave, for branches that are elsewhere.
    pub from_by_branch: BTreeMap<i64, String>,
    /// Whether the parcels of other branches leave from the address that Cin7 has of the branch.
    pub from_branches: bool,
    /// The ShipStation warehouse that parcels leave from, in place of `from_postal_code`.
    pub from_warehouse: Option<i64>,
    /// The currency of the ShipStation account's prices: that of the orders that are quoted.
    pub currency: String,
    /// What the carrier shall confirm, by ShipStation's name (`delivery`, `signature`, …); empty leaves it to the
    /// account.
    pub confirmation: String,
    /// Which addresses count as residential.
    pub residential: Residential,
    /// The unit of the account's product dimensions.
    pub dimension_unit: LengthUnit,
    /// Whether an order without freight whose freight is described, as channels do, gets an amount beside that.
    pub described: bool,
    /// For how long a carrier's answer stands for the same parcel.
    pub keep: SignedDuration,
}

impl Default for RateRules {
    /// The configuration's defaults.
    fn default() -> Self {
        Self {
            enabled: false,
            stages: vec!["New".to_owned(), "Processing".to_owned()],
            carriers: vec!["stamps_com".to_owned(), "ups_walleted".to_owned()],
            services: Vec::new(),
            package: String::new(),
            packages: Vec::new(),
            choose: Choose::Cheapest,
            pricing: Pricing::default(),
            from_postal_code: String::new(),
            from_country: String::new(),
            from_state: String::new(),
            from_city: String::new(),
            api: RatesApi::V1,
            from_by_branch: BTreeMap::new(),
            from_branches: false,
            from_warehouse: None,
            currency: String::new(),
            confirmation: String::new(),
            residential: Residential::Never,
            dimension_unit: LengthUnit::Centimetres,
            described: false,
            keep: SignedDuration::from_mins(10),
        }
    }
}

/// An API of ShipStation that tells rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatesApi {
    /// One call for each carrier.
    V1,
    /// One call for all of them, which must know the country that parcels leave.
    V2,
}

/// Which quote wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choose {
    /// The one that costs least.
    Cheapest,
    /// The one whose service is the quickest.
    Fastest,
    /// The first of these services, by ShipStation's codes, that has a quote.
    FirstOf(Vec<String>),
}

/// From the carrier's price to the charge. Amounts are in the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pricing {
    /// Added to the cost, in percent of it.
    pub markup_percent: Decimal,
    /// Added after that.
    pub markup_fixed: Decimal,
    /// What insurance costs for each hundred of the goods' value, or part of one; zero means that nothing is insured.
    /// Neither of ShipStation's questions for rates takes a value to insure.
    pub insurance_per_hundred: Decimal,
    /// Goods of no more than this are not insured.
    pub insurance_over: Decimal,
    /// What the charge is a multiple of, above zero; halves go up.
    pub round_to: Decimal,
    /// The least charge, unless shipping is free.
    pub minimum: Decimal,
    /// The product total after discounts from which on shipping is free; zero means never.
    pub free_over: Decimal,
}

impl Default for Pricing {
    /// The carrier's price, to the cent.
    fn default() -> Self {
        Self {
            markup_percent: Decimal::ZERO,
            markup_fixed: Decimal::ZERO,
            insurance_per_hundred: Decimal::ZERO,
            insurance_over: Decimal::ZERO,
            round_to: Decimal::new(1, 2),
            minimum: Decimal::ZERO,
            free_over: Decimal::ZERO,
        }
    }
}

/// Which addresses count as residential: carriers charge more for those. Cin7 does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residential {
    /// None.
    Never,
    /// All.
    Always,
    /// Those without a company.
    WithoutCompany,
}

/// A unit of length that ShipStation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// `centimeters`
    #[serde(rename = "centimeters")]
    Centimetres,
    /// `inches`
    Inches,
}
