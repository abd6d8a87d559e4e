//! From an order to the parcel that carriers are asked about. What is not known is said, never guessed: a weight that
//! is too low costs the merchant money with every order.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::address::{self, country, state};
use crate::import::Catalogue;
use crate::import::lines::{self, Thing};
use crate::product::Product;
use crate::sales_order::SalesOrder;
use crate::settings::{Fractional, ImportRules, LengthUnit, RatesApi, Residential, Rules};
use crate::text::{clean, cut};
use crate::weight::Weight;

/// The longest text of an address that is sent (custom store reference: city and postal code).
const TEXT_MAX: usize = 100;

/// What carriers are asked about. Equal parcels cost the same, whoever ordered them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// Where it leaves: at least the postal code.
    pub from: Address,
    /// Where it goes.
    pub to: Address,
    /// How heavy it is.
    pub weight: Weight,
    /// How large it is, where that is known.
    pub dimensions: Option<Dimensions>,
}

/// Where parcels may leave, as far as the platforms tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Of Cin7's branches.
    pub branches: BTreeMap<i64, Address>,
    /// Of the ShipStation warehouse that the settings name.
    pub warehouse: Option<Address>,
}

/// As much of an address as a price depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Alpha-2 code.
    pub country: String,
    /// Postal code.
    pub postal_code: String,
    /// State: its code where the country has a table of them. Some carriers (UPS) insist on it.
    pub state: String,
    /// City.
    pub city: String,
    /// Whether people live there.
    pub residential: bool,
}

/// The outer measures of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// The longest side.
    pub length: Decimal,
    /// Width.
    pub width: Decimal,
    /// Height.
    pub height: Decimal,
    /// The unit of all three.
    pub unit: LengthUnit,
}

/// The parcel of an order; else everything that is missing for it, a sentence each.
///
/// All that was ordered goes into one parcel: nothing is picked yet when a quote is needed. Its weight is the sum of
/// the lines', each the option's, else the product's, in the account's unit. Its dimensions are the product's where
/// it is a single piece; how several fit together nobody tells.
pub fn of_order(
    order: &SalesOrder,
    catalogue: &Catalogue,
    origins: &Origins,
    rules: &Rules,
) -> Result<Parcel, Vec<String>> {
    let as_ordered =
        ImportRules { require_qty_dispatch: false, fractional: Fractional::OnePiece, ..rules.import.clone() };
    let picked = lines::pick_by(order, &as_ordered);
    let mut missing = picked.problems.clone();
    if picked.things.is_empty() && missing.is_empty() {
        missing.push("no line with a SKU and a quantity".to_owned());
    }
    let mut sum = Some(Decimal::ZERO);
    for thing in &picked.things {
        let weight = weight(thing, catalogue);
        if weight.is_none() {
            missing.push(format!("no weight on SKU {}", thing.sku));
        }
        sum = sum.zip(weight).and_then(|(sum, weight)| sum.checked_add(weight));
    }
    let weight = sum.filter(|sum| *sum > Decimal::ZERO).and_then(|sum| rules.weight_unit.to_shipping(sum));
    if weight.is_none() && missing.is_empty() {
        missing.push("the weight is beyond all reason".to_owned());
    }
    let to = destination(order, rules, &mut missing);
    let from = leaves_from(order.branch_id, origins, rules).unwrap_or_else(|nowhere| {
        missing.push(nowhere);
        Address::default()
    });
    match weight {
        Some(weight) if missing.is_empty() => {
            let dimensions = dimensions(&picked.things, catalogue, rules.rates.dimension_unit);
            Ok(Parcel { from, to, weight, dimensions })
        }
        _ => Err(missing),
    }
}

/// Where the parcels of a branch leave: as the settings say of that branch, as Cin7 says of it where the settings ask
/// for that, from the warehouse, else from the one place of the settings. Else, in words, that nobody says so.
pub fn leaves_from(branch: Option<i64>, origins: &Origins, rules: &Rules) -> Result<Address, String> {
    let rates = &rules.rates;
    let country = || rates.from_country.clone();
    // Of a branch that is set by hand nothing but the postal code is known, and that it is in the same country.
    let set = branch.and_then(|branch| rates.from_by_branch.get(&branch));
    let set = set.map(|code| Address { postal_code: code.clone(), country: country(), ..Address::default() });
    let of_branch = branch.filter(|_| rates.from_branches).and_then(|branch| origins.branches.get(&branch));
    let main = Address {
        country: country(),
        postal_code: rates.from_postal_code.clone(),
        state: rates.from_state.clone(),
        city: rates.from_city.clone(),
        residential: false,
    };
    let places = [set, of_branch.cloned(), origins.warehouse.clone(), Some(main)];
    let mut places = places.into_iter().flatten().map(|place| place.fitted());
    let from =
        places.find(|place| !place.postal_code.is_empty()).ok_or_else(|| match rates.from_warehouse {
            Some(warehouse) => format!("ShipStation's warehouse {warehouse} has no postal code to ship from"),
            None => "no postal code to ship from: set rates.from_postal_code".to_owned(),
        })?;
    if rates.api == RatesApi::V2 && from.country.is_empty() {
        return Err(format!(
            "no country that is known to ship from at {}: set rates.from_country",
            from.postal_code
        ));
    }
    Ok(from)
}

impl Address {
    /// The same as it was typed, made fit for carriers. A country that nobody knows is left out.
    pub(super) fn fitted(&self) -> Self {
        let country = country::code(&self.country).unwrap_or_default();
        Self {
            country: country.to_owned(),
            postal_code: clean(&self.postal_code),
            state: state::code(country, &clean(&self.state)),
            city: clean(&self.city),
            residential: self.residential,
        }
    }
}

/// The weight of a line, in the account's unit.
fn weight(thing: &Thing<'_>, catalogue: &Catalogue) -> Option<Decimal> {
    let product = product(thing, catalogue)?;
    let option = product.option(thing.line.product_option_id, thing.sku);
    let piece = product.weight_of(option)?.checked_mul(thing.per_piece)?;
    piece.checked_mul(Decimal::from(thing.quantity))
}

fn product<'a>(thing: &Thing<'_>, catalogue: &'a Catalogue) -> Option<&'a Product> {
    catalogue.get(&thing.line.product_id?)
}

fn dimensions(things: &[Thing<'_>], catalogue: &Catalogue, unit: LengthUnit) -> Option<Dimensions> {
    let [thing] = things else { return None };
    let product =
        product(thing, catalogue).filter(|_| thing.quantity == 1 && thing.per_piece == Decimal::ONE)?;
    let side = |name: &str| {
        let side: Decimal = product.other.get(name)?.parse().ok()?;
        (side > Decimal::ZERO).then_some(side.normalize())
    };
    Some(Dimensions { length: side("length")?, width: side("width")?, height: side("height")?, unit })
}

fn destination(order: &SalesOrder, rules: &Rules, missing: &mut Vec<String>) -> Address {
    let typed = &order.delivery;
    let code = country::code(&typed.country).unwrap_or_default();
    if code.is_empty() {
        let shown = if typed.country.is_empty() { "empty" } else { &typed.country };
        missing.push(format!("the delivery country ({shown}) is none that is known"));
    }
    let filled =
        |text: &str| if address::is_redacted(text) { String::new() } else { cut(&clean(text), TEXT_MAX) };
    let postal_code = filled(&typed.postal_code);
    if postal_code.is_empty() {
        missing.push("no delivery postal code".to_owned());
    }
    let residential = match rules.rates.residential {
        Residential::Never => false,
        Residential::Always => true,
        Residential::WithoutCompany => clean(&typed.company).is_empty(),
    };
    let state = state::code(code, &filled(&typed.state));
    Address { country: code.to_owned(), postal_code, state, city: filled(&typed.city), residential }
}
