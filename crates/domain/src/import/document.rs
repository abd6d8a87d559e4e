//! The translation of a Cin7 order into ShipStation's document. Total: every order gives a document; whether
//! it may be sent is for the rules to say.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::address;
use crate::comments;
use crate::ids::order_key;
use crate::import::Catalogue;
use crate::import::lines::{self, Thing};
use crate::product::Product;
use crate::sales_order::{SalesOrder, TaxStatus};
use crate::settings::{Mapping, Rules, TagRule};
use crate::shipping_order::{Customs, ServiceChoice, ShippingItem, ShippingOrder, ShippingStatus};
use crate::text::{clean, clean_multiline, cut};
use crate::weight::Weight;

/// Longest order number (V1 reference, order model).
const ORDER_NUMBER_MAX: usize = 50;
/// Longest SKU and custom field (custom store reference).
const SHORT_MAX: usize = 100;
/// Longest HS code that is believed: ten digits with their dots.
const HS_CODE_MAX: usize = 20;
/// Longest item name (custom store reference).
const ITEM_NAME_MAX: usize = 200;

/// The document for an order.
pub fn translate(order: &SalesOrder, catalogue: &Catalogue, rules: &Rules) -> ShippingOrder {
    let picked = lines::pick(order, rules);
    let mut items: Vec<_> = picked.things.iter().map(|thing| item(thing, catalogue, rules)).collect();
    declare(&mut items, &picked.things, catalogue, &rules.mapping);
    let weight = total_weight(&items);
    let tax_amount = tax_on_top(order);
    items.extend(adjustments(order, &items, tax_amount));
    let country = address::country::code(&order.delivery.country).unwrap_or_default();
    let email = first_filled([&order.contact.email, &order.contact.member_email]);
    ShippingOrder {
        order_key: order_key(&rules.connection, order.id),
        order_number: cut(&order.reference, ORDER_NUMBER_MAX),
        order_date: order.created.unwrap_or(order.modified),
        status: status(order, &rules.mapping),
        customer_username: if email.is_empty() { address::bill_to(order).name } else { email.clone() },
        customer_email: email,
        bill_to: address::bill_to(order),
        ship_to: address::ship_to(order, country),
        items,
        amount_paid: order.money.total.normalize(),
        tax_amount,
        shipping_amount: order.money.freight.normalize(),
        customer_notes: clean_multiline(&order.delivery_instructions),
        internal_notes: clean_multiline(&comments::without_block(&order.internal_comments)),
        payment_method: cut(&clean(&order.payment_terms), ORDER_NUMBER_MAX),
        requested_service: cut(&clean(&order.freight_description), ITEM_NAME_MAX),
        weight,
        store_id: store(order, rules),
        custom_fields: custom_fields(order, &rules.mapping),
        gift: order.field(&rules.mapping.gift).is_some_and(|value| is_truthy(&value)),
        source: cut(&clean(&order.source), SHORT_MAX),
        replaces: None,
        service: service(order, &rules.mapping),
        tags: tags(order, &rules.mapping.tags),
    }
}

/// Carrier and service of the requested method, where it is mapped; an unmapped one stays text.
fn service(order: &SalesOrder, mapping: &Mapping) -> Option<ServiceChoice> {
    mapping.services.get(&order.freight_description.trim().to_lowercase()).cloned()
}

fn tags(order: &SalesOrder, rules: &[TagRule]) -> Vec<i64> {
    let applies = |rule: &&TagRule| {
        let value = order.field(&rule.field);
        value.is_some_and(|value| match &rule.equals {
            Some(wanted) => value.trim().to_lowercase() == *wanted,
            None => is_truthy(&value),
        })
    };
    let tags: BTreeSet<i64> = rules.iter().filter(applies).map(|rule| rule.tag).collect();
    tags.into_iter().collect()
}

/// Fills in what customs are told, once the HS code, the origin or the value of at least one thing is known:
/// then for all of them, whatever the destination, since which borders an address lies behind is for the
/// carrier to know.
fn declare(items: &mut [ShippingItem], things: &[Thing<'_>], catalogue: &Catalogue, mapping: &Mapping) {
    let declared: Vec<_> = items
        .iter()
        .zip(things)
        .map(|(item, thing)| customs(item, thing.line.product_id.and_then(|id| catalogue.get(&id)), mapping))
        .collect();
    if declared.iter().any(|(_, known)| *known) {
        for (item, (customs, _)) in items.iter_mut().zip(declared) {
            item.customs = Some(customs);
        }
    }
}

/// What customs are told of an item, and whether any of it is known from its product.
fn customs(item: &ShippingItem, product: Option<&Product>, mapping: &Mapping) -> (Customs, bool) {
    let field = |name: &str| product.and_then(|product| product.field(name)).map(|text| clean(&text));
    let hs_code = field(&mapping.customs.hs_code).unwrap_or_default();
    let origin = field(&mapping.customs.origin).and_then(|typed| address::country::code(&typed));
    let value = field(&mapping.customs.value).and_then(|text| text.parse::<Decimal>().ok());
    let value = value.filter(|value| *value >= Decimal::ZERO);
    let known = !hs_code.is_empty() || origin.is_some() || value.is_some();
    let customs = Customs {
        description: cut(
            &field(&mapping.customs.description).unwrap_or_else(|| item.name.clone()),
            SHORT_MAX,
        ),
        hs_code: cut(&hs_code, HS_CODE_MAX),
        origin: origin.unwrap_or_default().to_owned(),
        value: value.unwrap_or(item.unit_price).normalize(),
    };
    (customs, known)
}

fn status(order: &SalesOrder, mapping: &Mapping) -> ShippingStatus {
    let stage = order.stage.trim().to_lowercase();
    mapping.order_status.get(&stage).copied().unwrap_or(ShippingStatus::AwaitingShipment)
}

fn store(order: &SalesOrder, rules: &Rules) -> Option<i64> {
    let by_branch = order.branch_id.and_then(|branch| rules.stores_by_branch.get(&branch));
    by_branch.copied().or(rules.store_id)
}

/// The mapped fields; the Cin7 id goes to the first field that is not mapped, where people find it.
fn custom_fields(order: &SalesOrder, mapping: &Mapping) -> [String; 3] {
    let mut id = Some(order.id.to_string());
    mapping.custom_fields.each_ref().map(|name| {
        let value = if name.is_empty() { id.take() } else { order.field(name) };
        cut(&clean(&value.unwrap_or_default()), SHORT_MAX)
    })
}

fn is_truthy(value: &str) -> bool {
    ["true", "yes", "y", "1", "on"].contains(&value.trim().to_lowercase().as_str())
}

fn first_filled<const N: usize>(candidates: [&String; N]) -> String {
    candidates.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

fn item(thing: &Thing<'_>, catalogue: &Catalogue, rules: &Rules) -> ShippingItem {
    let line = thing.line;
    let product = line.product_id.and_then(|id| catalogue.get(&id));
    let option = product.and_then(|product| product.option(line.product_option_id, thing.sku));
    let weight = product.and_then(|product| product.weight_of(option));
    let own_image = option.map(|option| option.image.clone()).filter(|image| !image.is_empty());
    let name = if line.name.is_empty() { thing.sku } else { &line.name };
    ShippingItem {
        line_key: thing.key.clone(),
        sku: cut(&clean(thing.sku), SHORT_MAX),
        name: cut(&clean(name), ITEM_NAME_MAX),
        image_url: own_image.or_else(|| product.map(|product| product.image.clone())).unwrap_or_default(),
        upc: clean(thing.barcode),
        weight: weight.and_then(|weight| rules.weight_unit.to_shipping(weight)),
        quantity: thing.quantity,
        unit_price: line.unit_price.normalize(),
        options: options(thing, product),
        adjustment: false,
        location: product
            .and_then(|product| product.field(&rules.mapping.stock_location))
            .map_or_else(String::new, |location| cut(&clean(&location), SHORT_MAX)),
        customs: None,
    }
}

/// The line's options under their product's labels. ShipStation refuses empty values, so those are left out.
fn options(thing: &Thing<'_>, product: Option<&Product>) -> Vec<(String, String)> {
    let label = |index: usize| {
        let label = product.map(|product| clean(&product.option_labels[index])).unwrap_or_default();
        if label.is_empty() { format!("Option {}", index + 1) } else { label }
    };
    let values = thing.line.options.iter().map(|value| clean(value)).enumerate();
    let mut options: Vec<_> =
        values.filter(|(_, value)| !value.is_empty()).map(|(index, value)| (label(index), value)).collect();
    let size = clean(thing.size);
    if !size.is_empty() {
        options.push(("Size".to_owned(), size));
    }
    options
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

/// Tax where it comes on top of the prices: Cin7 has no field for it, so it is what the total has more.
fn tax_on_top(order: &SalesOrder) -> Decimal {
    let money = &order.money;
    if money.tax_status != TaxStatus::Excluded {
        return Decimal::ZERO;
    }
    let without = sum([money.products, money.freight, money.surcharge, -money.discount]);
    money.total.saturating_sub(without).max(Decimal::ZERO).normalize()
}

/// The lines that are money rather than things, so that items + tax + shipping is the Cin7 total.
fn adjustments(order: &SalesOrder, things: &[ShippingItem], tax: Decimal) -> Vec<ShippingItem> {
    let money = &order.money;
    let mut lines: Vec<ShippingItem> = Vec::new();
    for line in order.lines.iter().filter(|line| line.code.is_empty() && line.parent_id.is_none()) {
        let name = if line.name.is_empty() { "Fee" } else { &line.name };
        lines.extend(adjustment(name, line.quantity.saturating_mul(line.unit_price)));
    }
    let line_discounts = sum(order.lines.iter().map(|line| line.discount));
    lines.extend(adjustment("Line discounts", -line_discounts));
    lines.extend(adjustment(&discount_name(order), -money.discount));
    let surcharge =
        if money.surcharge_description.is_empty() { "Surcharge" } else { &money.surcharge_description };
    lines.extend(adjustment(surcharge, money.surcharge));
    let amount = |items: &[ShippingItem]| {
        sum(items.iter().map(|item| item.unit_price.saturating_mul(Decimal::from(item.quantity))))
    };
    let rest = sum([money.total, -tax, -money.freight, -amount(things), -amount(&lines)]);
    // What is still open: lines that are not in this dispatch, kit components with prices, rounding.
    lines.extend(adjustment("Other amounts of the order", rest));
    lines
}

/// A sum that never panics: amounts beyond all reason stay beyond all reason.
fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Decimal {
    amounts.into_iter().fold(Decimal::ZERO, Decimal::saturating_add)
}

fn discount_name(order: &SalesOrder) -> String {
    let money = &order.money;
    let name = if money.discount_description.is_empty() { "Discount" } else { &money.discount_description };
    if order.voucher_code.is_empty() { name.to_owned() } else { format!("{name} ({})", order.voucher_code) }
}

/// An adjustment line; none for amounts that round to nothing.
fn adjustment(name: &str, amount: Decimal) -> Option<ShippingItem> {
    let smallest = Decimal::new(5, 3);
    (amount.abs() >= smallest).then(|| ShippingItem {
        line_key: String::new(),
        sku: String::new(),
        name: cut(&clean(name), ITEM_NAME_MAX),
        image_url: String::new(),
        upc: String::new(),
        weight: None,
        quantity: 1,
        unit_price: amount.normalize(),
        options: Vec::new(),
        adjustment: true,
        location: String::new(),
        customs: None,
    })
}
