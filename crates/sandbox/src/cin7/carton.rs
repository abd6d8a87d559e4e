//! The cartons of an order: a PUT replaces the list, if every carton in it is fine, else nothing. What the
//! documentation leaves open is answered strictly: a number stands once, an item names a line of the order or a code.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::merge::sent;
use super::sales_order::SalesOrder;

/// The most digits of `number` and `sscc`.
const DIGITS_MAX: usize = 20;
/// The longest text of a carton, in UTF-16 units.
const TEXT_MAX: usize = 50;

/// A parcel of an order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Carton {
    /// Its number, of at most 20 digits.
    pub number: String,
    /// The serial shipping container code, of at most 20 digits.
    pub sscc: Option<String>,
    /// Length.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub length: Option<Decimal>,
    /// Depth.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub depth: Option<Decimal>,
    /// Height.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub height: Option<Decimal>,
    /// Volume.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub volume: Option<Decimal>,
    /// Weight.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub weight: Option<Decimal>,
    /// Its tracking number, at most 50 characters.
    pub tracking_number: Option<String>,
    /// What is in it.
    pub carton_items: Vec<CartonItem>,
}

/// A quantity of one thing in a carton.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CartonItem {
    /// The order's line; 0 where a code names it.
    pub line_item_id: i64,
    /// The product's code, at most 50 characters.
    pub product_code: Option<String>,
    /// The batch, at most 50 characters.
    pub batch_number: Option<String>,
    /// How many.
    #[serde(with = "rust_decimal::serde::float")]
    pub quantity: Decimal,
}

/// The list that these records say for an order, or why the API refuses it.
pub(crate) fn list(order: &SalesOrder, records: &[Map<String, Value>]) -> Result<Vec<Carton>, String> {
    let mut cartons: Vec<Carton> = Vec::new();
    for record in records {
        let carton = carton(order, record)?;
        if cartons.iter().any(|known| known.number == carton.number) {
            return Err(format!("The carton number {} is not unique.", carton.number));
        }
        cartons.push(carton);
    }
    Ok(cartons)
}

fn carton(order: &SalesOrder, record: &Map<String, Value>) -> Result<Carton, String> {
    let number = digits(record, "number")?.ok_or("The field number is required.")?;
    let items = match sent(record, "cartonItems") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => {
            items.iter().map(|value| item(order, value)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err("The field cartonItems must be an array.".to_owned()),
    };
    Ok(Carton {
        number,
        sscc: digits(record, "sscc")?,
        length: amount(record, "length")?,
        depth: amount(record, "depth")?,
        height: amount(record, "height")?,
        volume: amount(record, "volume")?,
        weight: amount(record, "weight")?,
        tracking_number: text(record, "trackingNumber", TEXT_MAX)?,
        carton_items: items,
    })
}

fn item(order: &SalesOrder, value: &Value) -> Result<CartonItem, String> {
    let Value::Object(record) = value else { return Err("Every carton item must be an object.".to_owned()) };
    let line = match sent(record, "lineItemId") {
        None | Some(Value::Null) => 0,
        Some(value) => value.as_i64().ok_or("The field lineItemId must be a whole number.")?,
    };
    let code = text(record, "productCode", TEXT_MAX)?;
    if line == 0 && code.is_none() {
        return Err("A carton item needs a lineItemId or a productCode.".to_owned());
    }
    if line != 0 && !order.line_items.iter().any(|known| known.id == line) {
        return Err(format!("The line item {line} was not found on this sales order."));
    }
    let quantity = amount(record, "quantity")?.filter(|quantity| *quantity > Decimal::ZERO);
    Ok(CartonItem {
        line_item_id: line,
        product_code: code,
        batch_number: text(record, "batchNumber", TEXT_MAX)?,
        quantity: quantity.ok_or("The field quantity must be greater than 0.")?,
    })
}

fn text(record: &Map<String, Value>, name: &str, max: usize) -> Result<Option<String>, String> {
    match sent(record, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.encode_utf16().count() > max => {
            Err(format!("The field {name} must be a string with a maximum length of {max}."))
        }
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("The field {name} must be a string.")),
    }
}

fn digits(record: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    let text = text(record, name, DIGITS_MAX)?;
    if text.iter().flat_map(|text| text.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    Err(format!("The field {name} must consist of digits."))
}

fn amount(record: &Map<String, Value>, name: &str) -> Result<Option<Decimal>, String> {
    let number = match sent(record, name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64().and_then(|number| Decimal::try_from(number).ok()),
        Some(_) => None,
    };
    number.map(Some).ok_or_else(|| format!("The field {name} must be a decimal number."))
}
