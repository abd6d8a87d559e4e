//! What is sent when an order is replaced in ShipStation. A document replaces the whole order there, so what its
//! people changed is sent back to them: a field is theirs when it holds neither what we sent nor what we may have
//! sent. Merging the same three again gives the same document.

use rust_decimal::Decimal;

use crate::placed_order::PlacedOrder;
use crate::shipping_order::{Replaces, ShippingOrder, ShippingStatus};

/// The document to send so that the order becomes what is wanted and keeps what is theirs. `sent` is what was
/// sent before, attempts without an answer included.
pub fn outgoing(wanted: &ShippingOrder, sent: &[&ShippingOrder], there: &PlacedOrder) -> ShippingOrder {
    let theirs = &there.theirs;
    let text = |wanted: &str, there: &str, field: fn(&ShippingOrder) -> &str| {
        let ours = there.is_empty() || sent.iter().any(|sent| is_same_text(field(sent), there));
        if ours { wanted.to_owned() } else { there.to_owned() }
    };
    let custom_field = |index: usize| {
        let there = &theirs.custom_fields[index];
        let ours =
            there.is_empty() || sent.iter().any(|sent| is_same_text(&sent.custom_fields[index], there));
        if ours { wanted.custom_fields[index].clone() } else { there.clone() }
    };
    let weight_is_ours = theirs.weight.is_none() || sent.iter().any(|sent| sent.weight == theirs.weight);
    let gift_is_ours = sent.iter().any(|sent| sent.gift == theirs.gift);
    ShippingOrder {
        status: status(wanted, sent, there),
        customer_notes: text(&wanted.customer_notes, &theirs.customer_notes, |sent| &sent.customer_notes),
        internal_notes: text(&wanted.internal_notes, &theirs.internal_notes, |sent| &sent.internal_notes),
        custom_fields: [0, 1, 2].map(custom_field),
        weight: if weight_is_ours { wanted.weight } else { theirs.weight },
        gift: if gift_is_ours { wanted.gift } else { theirs.gift },
        replaces: Some(Replaces { order_id: there.order_id, untouched: theirs.untouched.clone() }),
        ..wanted.clone()
    }
}

/// A status that people chose stays, unless the order shall get another one now.
fn status(wanted: &ShippingOrder, sent: &[&ShippingOrder], there: &PlacedOrder) -> ShippingStatus {
    let Some(theirs) = ShippingStatus::of(&there.status) else { return wanted.status };
    let is_new = sent.iter().all(|sent| sent.status != wanted.status);
    let is_ours = sent.iter().any(|sent| sent.status == theirs);
    if is_new || is_ours { wanted.status } else { theirs }
}

/// Whether two texts say the same: ShipStation may trim them and write line breaks in its own way.
fn is_same_text(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// What differs between two documents, in words, for people.
pub fn differences(one: &ShippingOrder, other: &ShippingOrder) -> Vec<&'static str> {
    let differs: [(&str, bool); 9] = [
        ("status", one.status != other.status),
        ("address", one.ship_to != other.ship_to),
        ("billing address", one.bill_to != other.bill_to),
        ("items", one.items != other.items),
        ("amounts", amounts(one) != amounts(other)),
        ("notes", notes(one) != notes(other)),
        ("weight", one.weight != other.weight),
        ("shipping method", one.requested_service != other.requested_service),
        ("custom fields", one.custom_fields != other.custom_fields),
    ];
    let named: Vec<_> = differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if named.is_empty() && one != other { vec!["other fields"] } else { named }
}

fn amounts(order: &ShippingOrder) -> [Decimal; 3] {
    [order.amount_paid, order.tax_amount, order.shipping_amount]
}

fn notes(order: &ShippingOrder) -> (&str, &str) {
    (&order.customer_notes, &order.internal_notes)
}
