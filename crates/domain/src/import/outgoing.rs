//! What is sent when an order is replaced in ShipStation. A document replaces the whole order there, so what its
//! people changed is sent back to them: a field is theirs when it holds neither what we sent nor what we may have
//! sent. Merging the same three again gives the same document.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::placed_order::PlacedOrder;
use crate::shipping_order::{Replaces, ServiceChoice, ShippingOrder, ShippingStatus};

/// The document to send so that the order becomes what is wanted and keeps what is theirs. `sent` is what was
/// sent before, attempts without an answer included.
pub fn outgoing(wanted: &ShippingOrder, sent: &[&ShippingOrder], there: &PlacedOrder) -> ShippingOrder {
    let theirs = &there.theirs;
    let text = |wanted: &str, there: &str, field: fn(&ShippingOrder) -> &str| {
        let ours = is_same_text(there, "") || sent.iter().any(|sent| is_same_text(field(sent), there));
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
        service: service(wanted, sent, there),
        tags: tags(wanted, sent, there),
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

/// The service is theirs once it is another one than we asked for; a carrier without a service is not sent, since
/// ShipStation refuses that.
fn service(wanted: &ShippingOrder, sent: &[&ShippingOrder], there: &PlacedOrder) -> Option<ServiceChoice> {
    let (carrier, service) = (&there.theirs.carrier, &there.theirs.service);
    if carrier.is_empty() || service.is_empty() {
        return wanted.service.clone();
    }
    let theirs = Some(ServiceChoice { carrier: carrier.clone(), service: service.clone() });
    if sent.iter().any(|sent| sent.service == theirs) { wanted.service.clone() } else { theirs }
}

/// Our tags, and those that were never ours.
fn tags(wanted: &ShippingOrder, sent: &[&ShippingOrder], there: &PlacedOrder) -> Vec<i64> {
    let theirs = there.theirs.tags.iter().filter(|tag| sent.iter().all(|sent| !sent.tags.contains(tag)));
    let tags: BTreeSet<i64> = wanted.tags.iter().chain(theirs).copied().collect();
    tags.into_iter().collect()
}

/// Whether two texts say the same: ShipStation may trim them and write line breaks in its own way.
fn is_same_text(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// What differs between two documents, in words, for people.
pub fn differences(one: &ShippingOrder, other: &ShippingOrder) -> Vec<&'static str> {
    let differs: [(&str, bool); 10] = [
        ("status", one.status != other.status),
        ("address", one.ship_to != other.ship_to),
        ("billing address", one.bill_to != other.bill_to),
        ("items", one.items != other.items),
        ("amounts", amounts(one) != amounts(other)),
        ("notes", notes(one) != notes(other)),
        ("weight", one.weight != other.weight),
        ("shipping method", methods(one) != methods(other)),
        ("tags", one.tags != other.tags),
        ("custom fields", one.custom_fields != other.custom_fields),
    ];
    let named: Vec<_> = differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if named.is_empty() && one != other { vec!["other fields"] } else { named }
}

fn amounts(order: &ShippingOrder) -> [Decimal; 3] {
    [order.amount_paid, order.tax_amount, order.shipping_amount]
}

fn methods(order: &ShippingOrder) -> (&str, Option<&ServiceChoice>) {
    (&order.requested_service, order.service.as_ref())
}

fn notes(order: &ShippingOrder) -> (&str, &str) {
    (&order.customer_notes, &order.internal_notes)
}
