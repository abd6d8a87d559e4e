//! Values for the cases, short enough to read at the place of use.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::ids::{ConnectionName, OrderId};
use domain::record::{Intake, Placed, Reading};
use domain::rule::{RuleId, Verdict};
use domain::shipment::{Shipment, ShipmentId, ShippedItem};
use domain::shipping_order::{ShippingAddress, ShippingOrder, ShippingStatus};
use ledger::ClaimRequest;

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// Seconds on the tests' own clock.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(crate) fn acme() -> ConnectionName {
    "acme".parse().unwrap()
}

pub(crate) fn key(order: i64) -> EffectKey {
    EffectKey { kind: EffectKind::Import, connection: acme(), order: OrderId(order) }
}

/// A wish to write `content` at `version`.
pub(crate) fn wish(order: i64, version: i64, content: &str) -> ClaimRequest {
    ClaimRequest { key: key(order), version, fingerprint: Fingerprint::of(&content) }
}

/// A reading whose version is the second of its change.
pub(crate) fn reading(order: i64, version: i64) -> Reading {
    let verdict = |rule, passed, advice| Verdict {
        rule,
        passed,
        value: "New".into(),
        expected: "Fully Picked".into(),
        advice,
    };
    Reading {
        id: OrderId(order),
        reference: format!("SO-{order}"),
        stage: "New".into(),
        version: at(version),
        content: Fingerprint::of(&(order, version)),
        platform_time: Some(at(version + 5)),
        intake: Intake::Waiting,
        verdicts: vec![
            verdict(RuleId::Approved, true, None),
            verdict(RuleId::Stage, false, Some("Pick it.".into())),
        ],
        reached_in_sight: true,
        dispatched: order % 2 == 0,
        objection: None,
    }
}

pub(crate) fn placed(shipstation_order: i64, status: ShippingStatus) -> Placed {
    let document = ShippingOrder {
        order_key: "sb-acme-1".into(),
        order_number: "SO-1".into(),
        order_date: at(0),
        status,
        customer_username: "ann".into(),
        customer_email: String::new(),
        bill_to: ShippingAddress::default(),
        ship_to: ShippingAddress { name: "Ann".into(), country: "AU".into(), ..ShippingAddress::default() },
        items: Vec::new(),
        amount_paid: Decimal::new(1_250, 2),
        tax_amount: Decimal::ZERO,
        shipping_amount: Decimal::ZERO,
        customer_notes: String::new(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: String::new(),
        weight: None,
        store_id: Some(5),
        custom_fields: [String::new(), String::new(), String::new()],
        gift: false,
        source: String::new(),
        replaces: None,
        currency: String::new(),
        service: None,
        tags: Vec::new(),
    };
    Placed { shipstation_order: Some(shipstation_order), document, attempt: None }
}

pub(crate) fn label(id: i64, tracking: &str) -> Shipment {
    Shipment {
        id: ShipmentId::Label(id),
        shipstation_order: Some(70),
        order_key: "sb-acme-1".into(),
        order_number: "SO-1".into(),
        store_id: Some(5),
        created: Some(at(id)),
        ship_date: Some("2026-09-20".parse().unwrap()),
        tracking: tracking.into(),
        carrier: "ups".into(),
        service: "ups_ground".into(),
        cost: Decimal::new(851, 2),
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: Some(vec![ShippedItem { line_key: "1:2".into(), sku: "A".into(), quantity: 3 }]),
    }
}

pub(crate) fn void(id: i64, tracking: &str) -> Shipment {
    Shipment { voided: true, ..label(id, tracking) }
}
