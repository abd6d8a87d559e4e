//! Which lines of an order are things to ship, and how many of each. Kits are sent by parent or by component,
//! never both; size runs as their SKUs; lines without a SKU are money and left to the document's adjustments.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::ids::line_key;
use crate::sales_order::{OrderLine, SalesOrder};
use crate::settings::{Kits, Rules};

/// What was picked from an order's lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picked<'a> {
    /// The things to ship.
    pub things: Vec<Thing<'a>>,
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
    /// How many.
    pub quantity: u32,
}

/// The most pieces of one item that are believed; more is taken for a typing error.
const MOST_PIECES: u32 = 1_000_000;

/// Picks the things to ship from an order.
pub fn pick<'a>(order: &'a SalesOrder, rules: &Rules) -> Picked<'a> {
    let mut picked = Picked::default();
    for line in order.lines.iter().filter(|line| is_sent(order, line, rules.import.kits)) {
        let quantity =
            if rules.import.require_qty_dispatch { line.quantity_dispatched } else { line.quantity };
        if line.code.is_empty() || quantity <= Decimal::ZERO {
            continue;
        }
        if let Err(problem) = add(order, line, quantity, &mut picked.things) {
            picked.problems.push(problem);
        }
    }
    picked
}

fn is_sent(order: &SalesOrder, line: &OrderLine, kits: Kits) -> bool {
    match kits {
        Kits::Parents => line.parent_id.is_none(),
        Kits::Components => !order.lines.iter().any(|other| other.parent_id == Some(line.id)),
    }
}

fn add<'a>(
    order: &SalesOrder,
    line: &'a OrderLine,
    quantity: Decimal,
    things: &mut Vec<Thing<'a>>,
) -> Result<(), String> {
    let sizes: Vec<_> = line.sizes.iter().filter(|size| size.quantity > Decimal::ZERO).collect();
    if sizes.is_empty() {
        let key = line_key(order.id, line.id, None);
        let quantity = whole(quantity, &line.code)?;
        things.push(Thing { line, key, sku: &line.code, size: "", barcode: &line.barcode, quantity });
        return Ok(());
    }
    if quantity != line.quantity {
        let (code, all) = (&line.code, line.quantity.normalize());
        return Err(format!(
            "{code}: {} of {all} dispatched, and Cin7 does not say which sizes",
            quantity.normalize()
        ));
    }
    for size in sizes {
        let key = line_key(order.id, line.id, Some(&size.code));
        let quantity = whole(size.quantity, &size.code)?;
        things.push(Thing { line, key, sku: &size.code, size: &size.name, barcode: &size.barcode, quantity });
    }
    Ok(())
}

fn whole(quantity: Decimal, code: &str) -> Result<u32, String> {
    let whole = quantity.fract().is_zero().then(|| quantity.to_u32()).flatten();
    whole
        .filter(|pieces| *pieces <= MOST_PIECES)
        .ok_or_else(|| format!("{code}: {} is no quantity that ShipStation takes", quantity.normalize()))
}
