//! The items of a document: things first, adjustment lines last. What they cost is `import::amounts`' business.

use rust_decimal::Decimal;

use super::limits;
use crate::address;
use crate::import::Catalogue;
use crate::import::amounts::{Amounts, cents};
use crate::import::lines::Thing;
use crate::product::{Product, ProductOption};
use crate::settings::{CustomsMapping, Rules};
use crate::shipping_order::{Customs, ShippingItem};
use crate::text::{clean, cut};
use crate::weight::Weight;

/// One thing with what is known of it.
struct Known<'a> {
    thing: &'a Thing<'a>,
    price: Decimal,
    product: Option<&'a Product>,
    option: Option<&'a ProductOption>,
}

/// The items, and the sum of their weights when every one is known.
pub(super) fn items(
    things: &[Thing<'_>],
    amounts: &Amounts,
    catalogue: &Catalogue,
    rules: &Rules,
) -> (Vec<ShippingItem>, Option<Weight>) {
    let known = things.iter().zip(&amounts.piece_prices).map(|(thing, price)| {
        let product = thing.line.product_id.and_then(|id| catalogue.get(&id));
        let option = product.and_then(|product| product.option(thing.line.product_option_id, thing.sku));
        Known { thing, price: *price, product, option }
    });
    let known: Vec<_> = known.collect();
    let mut items: Vec<_> = known.iter().map(|known| known.item(rules)).collect();
    declare(&mut items, &known, &rules.mapping.customs);
    let weight = total_weight(&items);
    items.extend(amounts.adjustments.iter().map(|(name, amount)| adjustment(name, *amount)));
    (items, weight)
}

impl Known<'_> {
    fn item(&self, rules: &Rules) -> ShippingItem {
        let thing = self.thing;
        ShippingItem {
            line_key: thing.key.clone(),
            sku: cut(&clean(thing.sku), limits::SKU),
            name: self.name(),
            image_url: self.image(),
            upc: self.upc(),
            weight: self.weight(rules),
            quantity: thing.quantity,
            unit_price: self.price,
            options: self.options(),
            adjustment: false,
            location: cut(&self.field(&rules.mapping.stock_location), limits::LOCATION),
            customs: None,
        }
    }

    /// What is sent as one piece says its true quantity: `2.5 x Rope`.
    fn name(&self) -> String {
        let thing = self.thing;
        let name = clean(if thing.line.name.is_empty() { thing.sku } else { &thing.line.name });
        if thing.per_piece == Decimal::ONE {
            return cut(&name, limits::ITEM_NAME);
        }
        cut(format!("{} x {name}", thing.per_piece).trim_end(), limits::ITEM_NAME)
    }

    /// A product's field as the mapping names it; empty where there is none.
    fn field(&self, name: &str) -> String {
        self.product.and_then(|product| product.field(name)).map(|text| clean(&text)).unwrap_or_default()
    }

    /// The option's picture, else the product's. An address that ShipStation cannot open or that does not fit
    /// is left out.
    fn image(&self) -> String {
        let candidates =
            [self.option.map(|option| &option.image), self.product.map(|product| &product.image)];
        let mut images = candidates.into_iter().flatten().map(|link| clean(link));
        let is_address = |link: &String| {
            (link.starts_with("https://") || link.starts_with("http://"))
                && link.chars().count() <= limits::IMAGE_URL
        };
        images.find(is_address).unwrap_or_default()
    }

    /// The line's bar code, else the option's. A part of one would be another's, so that one too long is none.
    fn upc(&self) -> String {
        let of_option = self.option.map_or("", |option| &option.barcode);
        let mut codes = [self.thing.barcode, of_option].into_iter().map(clean);
        codes.find(|code| (1..=limits::UPC).contains(&code.chars().count())).unwrap_or_default()
    }

    fn weight(&self, rules: &Rules) -> Option<Weight> {
        let weight = self.product?.weight_of(self.option)?;
        rules.weight_unit.to_shipping(weight.checked_mul(self.thing.per_piece)?)
    }

    /// The line's options under their product's labels. ShipStation refuses empty values, so those are left out.
    fn options(&self) -> Vec<(String, String)> {
        let label = |index: usize| {
            let label = self.product.map(|product| clean(&product.option_labels[index]));
            label.filter(|label| !label.is_empty()).unwrap_or_else(|| format!("Option {}", index + 1))
        };
        let values = self.thing.line.options.iter().enumerate().map(|(index, value)| (label(index), value));
        let size = self.thing.size.to_owned();
        let all =
            values.map(|(label, value)| (label, clean(value))).chain([("Size".to_owned(), clean(&size))]);
        let fitting = all.map(|(label, value)| (cut(&label, limits::OPTION), cut(&value, limits::OPTION)));
        fitting.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// What customs are told of it, and whether any of that comes from its product.
    fn customs(&self, mapping: &CustomsMapping, name: &str) -> (Customs, bool) {
        let hs_code = cut(&self.field(&mapping.hs_code), limits::HS_CODE);
        let origin = address::country::code(&self.field(&mapping.origin));
        let value = self.field(&mapping.value).parse::<Decimal>().ok();
        let value = value.filter(|value| *value >= Decimal::ZERO);
        let is_known = !hs_code.is_empty() || origin.is_some() || value.is_some();
        let description = self.field(&mapping.description);
        let description = if description.is_empty() { name } else { &description };
        let customs = Customs {
            description: cut(description, limits::CUSTOMS_DESCRIPTION),
            hs_code,
            origin: origin.unwrap_or_default().to_owned(),
            value: value.map_or(self.price, |value| cents(value.saturating_mul(self.thing.per_piece))),
        };
        (customs, is_known)
    }
}

/// Fills in what customs are told, once the HS code, the origin or the value of at least one thing is known:
/// then for all of them, whatever the destination. Which borders an address lies behind is for the carrier to
/// know.
fn declare(items: &mut [ShippingItem], known: &[Known<'_>], mapping: &CustomsMapping) {
    let customs = items.iter().zip(known).map(|(item, known)| known.customs(mapping, &item.name));
    let customs: Vec<_> = customs.collect();
    if customs.iter().any(|(_, is_known)| *is_known) {
        for (item, (customs, _)) in items.iter_mut().zip(customs) {
            item.customs = Some(customs);
        }
    }
}

/// The sum of the items' weights, when every one is known.
fn total_weight(items: &[ShippingItem]) -> Option<Weight> {
    let mut total: Option<Weight> = None;
    for item in items {
        let weight = item.weight?;
        let value = weight.value.checked_mul(Decimal::from(item.quantity))?;
        let sum = total.map_or(Some(value), |total| total.value.checked_add(value))?;
        total = Some(Weight { value: sum.normalize(), unit: weight.unit });
    }
    total
}

fn adjustment(name: &str, amount: Decimal) -> ShippingItem {
    ShippingItem {
        line_key: String::new(),
        sku: String::new(),
        name: cut(&clean(name), limits::ITEM_NAME),
        image_url: String::new(),
        upc: String::new(),
        weight: None,
        quantity: 1,
        unit_price: amount,
        options: Vec::new(),
        adjustment: true,
        location: String::new(),
        customs: None,
    }
}
