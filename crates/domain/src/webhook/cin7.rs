//! Which orders a call to `/webhooks/cin7/{connection}` names. Cin7 Omni documents no webhook of its own, so
//! any sender is welcome that names orders: see "HTTP" in the contract for the shapes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{NotUnderstood, kind, without_mark};
use crate::ids::{OrderId, OrderRef};

/// The most orders that one call may name: as many as one Cin7 call reads.
pub const ORDERS_MAX: usize = 250;

/// The longest reference, in characters.
pub const REFERENCE_MAX: usize = 200;

const SHAPES: &str = "an object that names an order, an array of 1 to 250 of them, or {\"orders\": [...]}";

/// The orders that the body names, in its order, without duplicates.
///
/// An object names its order by `id`, `orderId` or `salesOrderId`, the first of them that is a positive whole
/// number or the same as a string; else by its `reference`. Names are taken in any case; other members, a
/// whole sales order among them, are ignored.
pub fn cin7_orders(body: &[u8]) -> Result<Vec<OrderRef>, NotUnderstood> {
    let body: &RawValue = serde_json::from_slice(without_mark(body)).map_err(NotUnderstood::Json)?;
    match body.get().as_bytes().first() {
        Some(b'[') => list(body, ""),
        Some(b'{') => {
            let members = Members::of(body)?;
            match members.orders {
                Some(orders) if orders.get().starts_with('[') => list(orders, "/orders"),
                Some(orders) if members.order().is_none() => Err(shape(orders)),
                _ => {
                    let order = members.order();
                    Ok(vec![order.ok_or_else(|| NotUnderstood::NoOrder { place: "the object".to_owned() })?])
                }
            }
        }
        _ => Err(shape(body)),
    }
}

fn shape(value: &RawValue) -> NotUnderstood {
    NotUnderstood::Shape { expected: SHAPES, found: kind(value.get()) }
}

/// The orders of a list that stands at `at`.
fn list(raw: &RawValue, at: &str) -> Result<Vec<OrderRef>, NotUnderstood> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(NotUnderstood::Json)?;
    if elements.is_empty() || elements.len() > ORDERS_MAX {
        return Err(NotUnderstood::Count { found: elements.len() });
    }
    let mut orders = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let order = one(element, || format!("{at}/{index}"))?;
        // At most 250, so looking through them is cheaper than hashing them.
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    Ok(orders)
}

fn one(element: &RawValue, place: impl Fn() -> String) -> Result<OrderRef, NotUnderstood> {
    if !element.get().starts_with('{') {
        return Err(NotUnderstood::NotAnObject { place: place(), found: kind(element.get()) });
    }
    Members::of(element)?.order().ok_or_else(|| NotUnderstood::NoOrder { place: place() })
}

/// The members of an object that may name an order; of names that come twice the first that is not null.
#[derive(Default)]
struct Members<'a> {
    id: Option<&'a RawValue>,
    order_id: Option<&'a RawValue>,
    sales_order_id: Option<&'a RawValue>,
    reference: Option<&'a RawValue>,
    orders: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn of(object: &'a RawValue) -> Result<Self, NotUnderstood> {
        serde_json::from_str(object.get()).map_err(NotUnderstood::Json)
    }

    fn order(&self) -> Option<OrderRef> {
        let ids = [self.id, self.order_id, self.sales_order_id];
        let id = ids.into_iter().flatten().find_map(order_id);
        id.map(OrderRef::Id).or_else(|| self.reference.and_then(reference).map(OrderRef::Reference))
    }

    fn slot(&mut self, name: Name) -> Option<&mut Option<&'a RawValue>> {
        match name {
            Name::Id => Some(&mut self.id),
            Name::OrderId => Some(&mut self.order_id),
            Name::SalesOrderId => Some(&mut self.sales_order_id),
            Name::Reference => Some(&mut self.reference),
            Name::Orders => Some(&mut self.orders),
            Name::Other => None,
        }
    }
}

/// A positive whole number, or the same as a string. `12.0` is one too: some languages write it so.
fn order_id(raw: &RawValue) -> Option<OrderId> {
    let text = text(raw)?;
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => whole,
        _ => text.as_str(),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.parse().ok().filter(|id| *id > 0).map(OrderId)
}

fn reference(raw: &RawValue) -> Option<String> {
    let text = text(raw)?;
    let fits = !text.is_empty() && text.chars().count() <= REFERENCE_MAX;
    (fits && !text.chars().any(char::is_control)).then_some(text)
}

/// The text of a string or a number, without blanks around it.
fn text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw.get()).ok().map(|text| text.trim().to_owned()),
        b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<Name>()? {
            let value: &'de RawValue = map.next_value()?;
            if let Some(slot) = members.slot(name)
                && value.get() != "null"
            {
                slot.get_or_insert(value);
            }
        }
        Ok(members)
    }
}

/// A member's name, known without allocating it.
#[derive(Clone, Copy)]
enum Name {
    Id,
    OrderId,
    SalesOrderId,
    Reference,
    Orders,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        let known = [
            ("id", Name::Id),
            ("orderId", Name::OrderId),
            ("salesOrderId", Name::SalesOrderId),
            ("reference", Name::Reference),
            ("orders", Name::Orders),
        ];
        let found = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        Ok(found.map_or(Name::Other, |(_, name)| name))
    }
}
