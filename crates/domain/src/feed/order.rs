//! From what is remembered of an order to how the feed has it: within the schema, or not at all.
//!
//! Lengths are those of the guide's table, in units of UTF-16, since ShipStation's messages are those of .NET. Texts
//! are cut; a part of an address, a code or a link would be another one, so that those are whole or left out.

use url::Url;

use super::defect::{Defect, Fitting, fits, lines, text, two_decimals};
use super::{FeedBuyer, FeedItem, FeedOrder, FeedRecipient, FeedStatus};
use crate::fulfil::is_complete;
use crate::ids::OrderId;
use crate::record::OrderRecord;
use crate::settings::Mapping;
use crate::shipment::ShipmentSet;
use crate::shipping_order::{ShippingItem, ShippingOrder, ShippingStatus};
use crate::text::{clean, utf16_len};
use crate::weight::Weight;

/// `OrderID`, `OrderNumber`, `PaymentMethod`, `Source`, `CustomerCode`, `PostalCode`, `Phone`, `LineItemID`.
const SHORT: usize = 50;
/// Names, companies, cities, states, custom fields, methods, SKUs, locations, e-mail, options.
const MIDDLE: usize = 100;
/// Address lines and names of items.
const LONG: usize = 200;
/// Notes.
const NOTES: usize = 1000;
/// `ImageUrl`.
const LINK: usize = 500;
/// `UPC`.
const UPC: usize = 12;
/// The most pieces of a line.
const PIECES: u32 = 99_999;
/// The most options of an item.
const OPTIONS: usize = 10;

/// Where an order stands, with everything that the feed tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The order.
    pub order: OrderId,
    /// What ShipStation shall have of it.
    pub document: &'a ShippingOrder,
    /// Its stage in Cin7.
    pub stage: &'a str,
    /// Whether all of it has shipped.
    pub has_shipped: bool,
}

impl<'a> Standing<'a> {
    /// Of an order as it is remembered, with its shipments; `None` for one that was never to be in ShipStation.
    ///
    /// What has shipped counts at once, before Cin7 shows it, and no longer once its labels are void: in ShipStation it
    /// awaits shipment again, whatever Cin7 shows. That Cin7 shows an order as dispatched counts while no shipment of it
    /// was ever known: somebody has shipped it otherwise.
    pub fn of(record: &'a OrderRecord, set: &ShipmentSet) -> Option<Self> {
        let (reading, placed) = (&record.reading, record.placed.as_ref()?);
        let document = &placed.document;
        let by_others = reading.dispatched && set.shipments.is_empty();
        let has_shipped = by_others || is_complete(document, &set.live_newest_first());
        Some(Self { order: reading.id, document, stage: &reading.stage, has_shipped })
    }

    /// What has shipped is shipped, whatever the document wants: an order that came back as paid would be shipped
    /// twice.
    fn status(&self) -> FeedStatus {
        if self.has_shipped {
            return FeedStatus::Shipped;
        }
        match self.document.status {
            ShippingStatus::AwaitingPayment => FeedStatus::Unpaid,
            ShippingStatus::AwaitingShipment => FeedStatus::Paid,
            ShippingStatus::OnHold => FeedStatus::OnHold,
            ShippingStatus::Cancelled => FeedStatus::Cancelled,
        }
    }
}

/// The order as the feed has it, or everything that keeps it out. Pure: the same standing, the same order.
pub fn order(standing: Standing<'_>, mapping: &Mapping) -> Result<FeedOrder, Vec<Defect>> {
    let (document, mut fitting) = (standing.document, Fitting::default());
    let ship_to = recipient(&mut fitting, document);
    let number = text(&document.order_number, SHORT);
    let order = FeedOrder {
        id: standing.order,
        number: if number.is_empty() { standing.order.to_string() } else { number },
        ordered: document.order_date,
        status: standing.status(),
        shipping_method: text(&document.requested_service, MIDDLE),
        payment_method: text(&document.payment_method, SHORT),
        currency: currency(&document.currency),
        total: fitting.amount("OrderTotal", document.amount_paid),
        tax: fitting.amount("TaxAmount", document.tax_amount),
        shipping: fitting.amount("ShippingAmount", document.shipping_amount),
        customer_notes: lines(&document.customer_notes, NOTES),
        internal_notes: lines(&document.internal_notes, NOTES),
        gift: document.gift,
        custom_fields: custom_fields(standing, mapping),
        source: text(&document.source, SHORT),
        customer_code: whole(&document.customer_username, SHORT)
            .unwrap_or_else(|| standing.order.to_string()),
        bill_to: buyer(document, &ship_to.name),
        ship_to,
        items: items(&mut fitting, &document.items),
    };
    if !(1..=9999).contains(&order.ordered.to_zoned_datetime(jiff::tz::TimeZone::UTC).year()) {
        fitting.refuse("OrderDate", &order.ordered.to_string(), "years of four digits");
    }
    let defects = fitting.found();
    if defects.is_empty() { Ok(order) } else { Err(defects) }
}

/// A text that means something only as a whole; `None` when it is empty or too long.
fn whole(value: &str, max: usize) -> Option<String> {
    Some(clean(value)).filter(|value| (1..=max).contains(&utf16_len(value)))
}

/// The three letters of a currency; empty for anything else.
fn currency(code: &str) -> String {
    let code = code.trim().to_uppercase();
    let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if known { code } else { String::new() }
}

/// The document's fields, and the Cin7 stage in the first that is not mapped: there the document has the Cin7 id, which
/// `OrderID` tells already.
fn custom_fields(standing: Standing<'_>, mapping: &Mapping) -> [String; 3] {
    let mut stage = Some(standing.stage);
    [0, 1, 2].map(|index| {
        let free = mapping.custom_fields[index].is_empty();
        let value = if free { stage.take() } else { None };
        text(value.unwrap_or(&standing.document.custom_fields[index]), MIDDLE)
    })
}

fn buyer(document: &ShippingOrder, recipient: &str) -> FeedBuyer {
    let from = &document.bill_to;
    let name = text(&from.name, MIDDLE);
    FeedBuyer {
        name: if name.is_empty() { recipient.to_owned() } else { name },
        company: text(&from.company, MIDDLE),
        phone: text(&from.phone, SHORT),
        email: whole(&document.customer_email, MIDDLE).unwrap_or_default(),
    }
}

fn recipient(fitting: &mut Fitting, document: &ShippingOrder) -> FeedRecipient {
    let to = &document.ship_to;
    let country = to.country.trim().to_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        fitting.refuse("ShipTo/Country", &to.country, "a country by its two letters");
    }
    // The guide's table has states from two characters on.
    let state = Some(text(&to.state, MIDDLE)).filter(|state| utf16_len(state) >= 2);
    FeedRecipient {
        name: fitting.required("ShipTo/Name", &to.name, MIDDLE),
        company: text(&to.company, MIDDLE),
        address1: fitting.required("ShipTo/Address1", &to.street1, LONG),
        address2: text(&to.street2, LONG),
        city: fitting.required("ShipTo/City", &to.city, MIDDLE),
        state: state.unwrap_or_default(),
        postal_code: text(&to.postal_code, SHORT),
        country,
        phone: text(&to.phone, SHORT),
    }
}

fn items(fitting: &mut Fitting, items: &[ShippingItem]) -> Vec<FeedItem> {
    if items.iter().all(|item| item.adjustment) {
        fitting.refuse("Items", "", "at least one thing to ship");
    }
    (1..).zip(items).map(|(number, item)| feed_item(fitting, number, item)).collect()
}

fn feed_item(fitting: &mut Fitting, number: usize, item: &ShippingItem) -> FeedItem {
    let element = |name: &str| format!("Items/Item {number}/{name}");
    if !(1..=PIECES).contains(&item.quantity) {
        fitting.refuse(&element("Quantity"), &item.quantity.to_string(), "1 to 99999 pieces of a line");
    }
    let candidates = [&item.name, &item.sku].map(|name| text(name, LONG));
    let name = candidates.into_iter().find(|name| !name.is_empty());
    FeedItem {
        line_key: whole(&item.line_key, SHORT).unwrap_or_default(),
        sku: text(&item.sku, MIDDLE),
        name: name.unwrap_or_else(|| "Item".to_owned()),
        image_url: image(&item.image_url),
        weight: item.weight.and_then(weight),
        quantity: item.quantity,
        unit_price: fitting.amount(&element("UnitPrice"), item.unit_price),
        upc: whole(&item.upc, UPC).unwrap_or_default(),
        location: text(&item.location, MIDDLE),
        adjustment: item.adjustment,
        options: options(item),
    }
}

fn options(item: &ShippingItem) -> Vec<(String, String)> {
    let fitted = item.options.iter().map(|(name, value)| (text(name, MIDDLE), text(value, MIDDLE)));
    fitted.filter(|(name, value)| !name.is_empty() && !value.is_empty()).take(OPTIONS).collect()
}

/// A weight that the schema can tell; none is better than a wrong one.
fn weight(weight: Weight) -> Option<Weight> {
    let value = two_decimals(weight.value);
    (value.is_sign_positive() && !value.is_zero() && fits(value)).then_some(Weight { value, ..weight })
}

/// An absolute link in the characters that a URI has; empty for anything else.
fn image(link: &str) -> String {
    let Ok(mut url) = Url::parse(link.trim()) else { return String::new() };
    url.set_fragment(None);
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let link = String::from(url);
    if is_web && link.len() <= LINK && is_uri(&link) { link } else { String::new() }
}

/// Whether a text has only characters of a URI (RFC 3986), each per cent sign with its two digits. Brackets belong into
/// addresses of IPv6 alone, where nobody keeps pictures.
fn is_uri(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                [bytes.next(), bytes.next()].iter().flatten().filter(|b| b.is_ascii_hexdigit()).count() == 2
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte),
        };
        if !fine {
            return false;
        }
    }
    true
}
