//! Which lines of an order are things to ship and how many of each, which are money, and which are neither.
//!
//! | line | becomes |
//! |---|---|
//! | SKU, and a quantity above zero | an item |
//! | SKU, and nothing dispatched | left out; what it costs is *not in this dispatch* |
//! | a size run | an item for each size that has a quantity |
//! | a kit and its components | the kit, or its components where nothing is a part of them; the others are money |
//! | no SKU (a fee, a text) | money; nothing where it costs nothing |
//! | labour | money |
//! | a quantity or a price below zero (a credit, a discount) | money |
//!
//! *Quantity* is the dispatch quantity where the rule `qty_dispatch` is on, else the ordered one. Both are base
//! units, whatever the unit of measure in which people ordered. What money amounts to is [`super::amounts`].

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::ids::line_key;
use crate::sales_order::{OrderLine, SalesOrder, SizeQuantity};
use crate::settings::{Fractional, ImportRules, Kits, Rules};

/// What was picked from an order's lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picked<'a> {
    /// The things to ship.
    pub things: Vec<Thing<'a>>,
    /// Lines with a SKU of which nothing is in this dispatch, for all or a part of what was ordered, with the
    /// quantity that is not; negative where more was dispatched than ordered.
    pub left_behind: Vec<(&'a OrderLine, Decimal)>,
    /// Lines that are money rather than things.
    pub money: Vec<&'a OrderLine>,
    /// What cannot be sent, one text per line, for a person.
    pub problems: Vec<String>,
}

/// One thing to ship.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing<'a> {
    /// The line that it comes from.
    pub line: &'a OrderLine,
    /// The key that leads back to it.
    pub key: String,
    /// SKU: the line's, or that of one size.
    pub sku: &'a str,
    /// The size's name; empty without a size run.
    pub size: &'a str,
    /// Bar code.
    pub barcode: &'a str,
    /// How many pieces.
    pub quantity: u32,
    /// How much of the line's unit one piece is: 1, or the true quantity of what is sent as one piece.
    pub per_piece: Decimal,
}

/// The most pieces of one item that are believed; more is taken for a typing error.
const MOST_PIECES: u32 = 1_000_000;

/// Picks the things to ship from an order.
pub fn pick<'a>(order: &'a SalesOrder, rules: &Rules) -> Picked<'a> {
    pick_by(order, &rules.import)
}

/// The same for whoever sets the rules of a dispatch apart, as a quote does before anything is picked.
pub(crate) fn pick_by<'a>(order: &'a SalesOrder, rules: &ImportRules) -> Picked<'a> {
    let kits = KitLines::of(order);
    let mut picked = Picked::default();
    for line in &order.lines {
        if !kits.is_sent(line, rules.kits) || is_money(line) {
            picked.money.push(line);
            continue;
        }
        let quantity = if rules.require_qty_dispatch { line.quantity_dispatched } else { line.quantity };
        let sent = quantity.max(Decimal::ZERO);
        if sent != line.quantity {
            picked.left_behind.push((line, line.quantity.saturating_sub(sent)));
        }
        if sent.is_zero() {
            continue;
        }
        match things(order, line, sent, rules) {
            Ok(things) => picked.things.extend(things),
            Err(problem) => picked.problems.push(problem),
        }
    }
    picked
}

/// Whether a line is a fee, work, a discount or a credit.
fn is_money(line: &OrderLine) -> bool {
    let has_sku = !line.code.is_empty() || sizes(line).any(|size| !size.code.is_empty());
    !has_sku || line.is_labour || line.unit_price < Decimal::ZERO || line.quantity < Decimal::ZERO
}

fn sizes(line: &OrderLine) -> impl Iterator<Item = &SizeQuantity> {
    line.sizes.iter().filter(|size| size.quantity > Decimal::ZERO)
}

/// The things of a line; else, in words, why it cannot be sent.
fn things<'a>(
    order: &SalesOrder,
    line: &'a OrderLine,
    quantity: Decimal,
    rules: &ImportRules,
) -> Result<Vec<Thing<'a>>, String> {
    let whole = |size: Option<&'a SizeQuantity>, quantity| {
        let (sku, size_name, barcode) = match size {
            Some(size) => (&*size.code, &*size.name, &*size.barcode),
            None => (&*line.code, "", &*line.barcode),
        };
        let sku = if sku.is_empty() { &*line.code } else { sku };
        let key_part = size.map(|size| if size.code.is_empty() { &*size.name } else { &*size.code });
        let (quantity, per_piece) = pieces(quantity, sku, rules.fractional)?;
        let key = line_key(order.id, line.id, key_part);
        Ok(Thing { line, key, sku, size: size_name, barcode, quantity, per_piece })
    };
    let sizes: Vec<_> = sizes(line).collect();
    if sizes.is_empty() {
        return Ok(vec![whole(None, quantity)?]);
    }
    check_sizes(line, quantity, &sizes)?;
    sizes.into_iter().map(|size| whole(Some(size), size.quantity)).collect()
}

/// Cin7 tells the sizes of what was ordered only: they are known for all of it or not at all.
fn check_sizes(line: &OrderLine, quantity: Decimal, sizes: &[&SizeQuantity]) -> Result<(), String> {
    let (code, ordered) = (named(line), line.quantity.normalize());
    if quantity != line.quantity {
        let quantity = quantity.normalize();
        return Err(format!("{code}: {quantity} of {ordered} dispatched, and Cin7 does not say which sizes"));
    }
    let in_sizes = sizes.iter().fold(Decimal::ZERO, |sum, size| sum.saturating_add(size.quantity));
    if in_sizes != quantity {
        return Err(format!("{code}: its sizes add up to {}, not to {ordered}", in_sizes.normalize()));
    }
    Ok(())
}

fn named(line: &OrderLine) -> &str {
    if line.code.is_empty() { &line.name } else { &line.code }
}

/// How many pieces a quantity is, and how much one piece is of the line's unit.
fn pieces(quantity: Decimal, sku: &str, fractional: Fractional) -> Result<(u32, Decimal), String> {
    let refused = || format!("{sku}: {} is no quantity that ShipStation takes", quantity.normalize());
    if quantity > Decimal::from(MOST_PIECES) {
        return Err(refused());
    }
    if quantity.fract().is_zero() {
        return quantity.to_u32().map(|pieces| (pieces, Decimal::ONE)).ok_or_else(refused);
    }
    match fractional {
        Fractional::Refuse => Err(refused()),
        Fractional::OnePiece => Ok((1, quantity.normalize())),
    }
}

/// Which lines belong together as kits. A component whose kit is not in the order, and lines that claim to be
/// each other's parts, stand on their own: nothing may be lost for a reference that leads nowhere.
struct KitLines {
    /// The parent of each component, by line id.
    parents: BTreeMap<i64, i64>,
}

impl KitLines {
    fn of(order: &SalesOrder) -> Self {
        let claimed: BTreeMap<i64, i64> =
            order.lines.iter().filter_map(|line| Some((line.id, line.parent_id?))).collect();
        let present = |id: i64| order.lines.iter().any(|line| line.id == id);
        let leads_to_a_root = |mut id: i64| {
            for _ in 0..=claimed.len() {
                match claimed.get(&id) {
                    Some(parent) => id = *parent,
                    None => return present(id),
                }
            }
            false
        };
        let parents = claimed.iter().filter(|(id, _)| leads_to_a_root(**id));
        Self { parents: parents.map(|(id, parent)| (*id, *parent)).collect() }
    }

    fn is_sent(&self, line: &OrderLine, kits: Kits) -> bool {
        match kits {
            Kits::Parents => !self.parents.contains_key(&line.id),
            Kits::Components => !self.parents.values().any(|parent| *parent == line.id),
        }
    }
}
