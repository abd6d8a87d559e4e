//! An order's cartons: what is sent, what an answer means, and what Cin7 shows.
//!
//! The documentation says what is sent and not what is answered. So every answer of success counts as one unless it
//! says `success: false` somewhere, and what cannot be read is in doubt.

use domain::failure::Failure;
use domain::fulfil::cartons::{Carton, CartonItem, Packed, ShownCarton, ShownItem};
use serde::Serialize;
use serde_json::value::RawValue;

use super::write::refusal;
use crate::answer::Answer;
use crate::json::{FieldError, Fields, NotUnderstood, record, rows};

/// The most digits of a carton's `number`.
const NUMBER_MAX: usize = 20;
/// The longest `trackingNumber` and `productCode` of a carton, in characters.
const TEXT_MAX: usize = 50;
/// A box of its own in Cin7: without it tracking numbers can be written all the same.
const FORBIDDEN: u16 = 403;

/// Why Cin7 is known to refuse these cartons; `None` when it is not.
pub(super) fn objection(cartons: &[Carton]) -> Option<String> {
    cartons.iter().find_map(objection_to)
}

fn objection_to(carton: &Carton) -> Option<String> {
    let Carton { number, tracking, items } = carton;
    let is_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits || number.len() > NUMBER_MAX {
        return Some(format!("carton `{number}`: its number must be 1 to {NUMBER_MAX} digits"));
    }
    let too_long = |text: &str| text.chars().count() > TEXT_MAX;
    if too_long(tracking) {
        return Some(format!("carton {number}: its tracking number has more than {TEXT_MAX} characters"));
    }
    let product = items.iter().find_map(|item| match &item.packed {
        Packed::Product(code) if code.is_empty() || too_long(code) => Some(code),
        Packed::Product(_) | Packed::Line(_) => None,
    });
    product.map(|code| {
        format!("carton {number}: `{code}` is no product code, which has 1 to {TEXT_MAX} characters")
    })
}

/// The body of the PUT. It replaces the whole list, so that what is absent is gone.
pub(super) fn document(cartons: &[Carton]) -> Vec<u8> {
    let documents: Vec<_> = cartons.iter().map(CartonDocument::of).collect();
    serde_json::to_vec(&documents).expect("texts and whole numbers always serialize")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CartonDocument<'a> {
    number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tracking_number: &'a str,
    carton_items: Vec<ItemDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line_item_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_code: Option<&'a str>,
    quantity: u64,
}

impl<'a> CartonDocument<'a> {
    fn of(carton: &'a Carton) -> Self {
        Self {
            number: &carton.number,
            tracking_number: &carton.tracking,
            carton_items: carton.items.iter().map(ItemDocument::of).collect(),
        }
    }
}

impl<'a> ItemDocument<'a> {
    fn of(item: &'a CartonItem) -> Self {
        let (line_item_id, product_code) = match &item.packed {
            Packed::Line(line) => (Some(*line), None),
            Packed::Product(code) => (None, Some(code.as_str())),
        };
        Self { line_item_id, product_code, quantity: item.quantity }
    }
}

/// What an answer of success says. An empty one says nothing against it.
pub(super) fn result(text: &str) -> Result<Result<(), Failure>, NotUnderstood> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Ok(()));
    }
    let whole: &RawValue = serde_json::from_str(text)?;
    let rows = if text.starts_with('[') { serde_json::from_str(text)? } else { vec![whole] };
    let refused = rows.into_iter().find_map(|row| {
        let fields = Fields::parse(row.get()).ok()?;
        matches!(fields.boolean("success"), Ok(Some(false))).then(|| refusal(&fields))
    });
    Ok(refused.map_or(Ok(()), |reason| Err(Failure::Permanent { reason })))
}

/// The cartons of an answer: a bare list, or one under `cartons`.
pub(super) fn shown(text: &str) -> Result<Vec<ShownCarton>, NotUnderstood> {
    let rows = rows(text, "cartons")?.into_iter().filter(|row| row.get() != "null");
    Ok(rows.map(|row| record(row, carton)).collect::<Result<_, _>>()?)
}

fn carton(fields: &Fields<'_>) -> Result<ShownCarton, FieldError> {
    Ok(ShownCarton {
        number: fields.text("number")?,
        tracking: fields.text("trackingNumber")?,
        items: fields.nested("cartonItems", item)?,
    })
}

fn item(fields: &Fields<'_>) -> Result<ShownItem, FieldError> {
    Ok(ShownItem {
        line: fields.reference("lineItemId")?,
        product: fields.text("productCode")?,
        quantity: fields.quantity("quantity")?.unwrap_or_default(),
    })
}

/// A missing permission box for cartons, or for branches, concerns these alone: it must not have the whole platform set aside.
pub(super) fn of_its_own<T>(answer: Answer<T>) -> Answer<T> {
    let Answer { outcome, heard } = answer;
    let outcome = outcome.map_err(|failure| match failure {
        Failure::Misconfigured { reason } if heard.status == Some(FORBIDDEN) => Failure::Permanent { reason },
        failure => failure,
    });
    Answer { outcome, heard }
}
