//! A page of the feed as XML (guide: *Custom Store Development Guide*, export).
//!
//! Nothing stands between elements, since ShipStation's patterns do not take blanks around a value. Texts are in CDATA
//! sections, numbers, dates and truth values are bare. What the schema lets be empty is written even so: an order that
//! is fetched again may keep what an element that is left out said before.

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use rust_decimal::Decimal;

use domain::feed::{FeedBuyer, FeedItem, FeedOrder, FeedRecipient};
use domain::weight::{ShippingUnit, Weight};

use super::dates::written;

/// The document of a page: so many pages in all, and its orders, each with the instant of its last change.
pub(super) fn page(pages: u32, orders: &[(Timestamp, FeedOrder)]) -> Vec<u8> {
    let mut xml = Xml(Writer::new(Vec::with_capacity(256 + 4096 * orders.len())));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
    let pages = pages.to_string();
    let root = BytesStart::new("Orders").with_attributes([("pages", pages.as_str())]);
    if orders.is_empty() {
        xml.event(Event::Empty(root));
    } else {
        xml.event(Event::Start(root));
        for (changed, order) in orders {
            xml.inside("Order", |xml| xml.order(*changed, order));
        }
        xml.event(Event::End(BytesEnd::new("Orders")));
    }
    xml.0.into_inner()
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn event(&mut self, event: Event<'_>) {
        self.0.write_event(event).expect("a vector takes any bytes");
    }

    fn inside(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name)));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// A number, a date or a truth value.
    fn bare(&mut self, name: &str, value: &str) {
        self.inside(name, |xml| xml.event(Event::Text(BytesText::new(value))));
    }

    fn truth(&mut self, name: &str, value: bool) {
        self.bare(name, if value { "true" } else { "false" });
    }

    fn decimal(&mut self, name: &str, value: Decimal) {
        self.bare(name, &format!("{value:.2}"));
    }

    /// A text, which may be empty. The end of a section within it is spread over two sections.
    fn text(&mut self, name: &str, value: &str) {
        self.inside(name, |xml| {
            if !value.is_empty() {
                BytesCData::escaped(value).for_each(|part| xml.event(Event::CData(part)));
            }
        });
    }

    /// A text whose element may not be empty.
    fn text_if_any(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    fn order(&mut self, changed: Timestamp, order: &FeedOrder) {
        self.text("OrderID", &order.id.to_string());
        self.text("OrderNumber", &order.number);
        self.bare("OrderDate", &written(order.ordered));
        self.text("OrderStatus", order.status.as_str());
        self.bare("LastModified", &written(changed));
        self.text("ShippingMethod", &order.shipping_method);
        self.text("PaymentMethod", &order.payment_method);
        self.text_if_any("CurrencyCode", &order.currency);
        self.decimal("OrderTotal", order.total);
        self.decimal("TaxAmount", order.tax);
        self.decimal("ShippingAmount", order.shipping);
        self.text("CustomerNotes", &order.customer_notes);
        self.text("InternalNotes", &order.internal_notes);
        self.truth("Gift", order.gift);
        for (name, value) in ["CustomField1", "CustomField2", "CustomField3"].iter().zip(&order.custom_fields)
        {
            self.text(name, value);
        }
        self.text("Source", &order.source);
        self.inside("Customer", |xml| {
            xml.text("CustomerCode", &order.customer_code);
            xml.inside("BillTo", |xml| xml.buyer(&order.bill_to));
            xml.inside("ShipTo", |xml| xml.recipient(&order.ship_to));
        });
        self.inside("Items", |xml| {
            order.items.iter().for_each(|item| xml.inside("Item", |xml| xml.item(item)));
        });
    }

    fn buyer(&mut self, buyer: &FeedBuyer) {
        self.text("Name", &buyer.name);
        self.text("Company", &buyer.company);
        self.text("Phone", &buyer.phone);
        self.text("Email", &buyer.email);
    }

    fn recipient(&mut self, to: &FeedRecipient) {
        self.text("Name", &to.name);
        self.text("Company", &to.company);
        self.text("Address1", &to.address1);
        self.text("Address2", &to.address2);
        self.text("City", &to.city);
        self.text_if_any("State", &to.state);
        self.text("PostalCode", &to.postal_code);
        self.text("Country", &to.country);
        self.text("Phone", &to.phone);
    }

    fn item(&mut self, item: &FeedItem) {
        self.text_if_any("LineItemID", &item.line_key);
        self.text("SKU", &item.sku);
        self.text("Name", &item.name);
        self.text_if_any("ImageUrl", &item.image_url);
        if let Some(Weight { value, unit }) = item.weight {
            self.decimal("Weight", value);
            self.bare("WeightUnits", units(unit));
        }
        self.bare("Quantity", &item.quantity.to_string());
        self.decimal("UnitPrice", item.unit_price);
        self.text_if_any("UPC", &item.upc);
        self.text_if_any("Location", &item.location);
        if item.adjustment {
            self.truth("Adjustment", true);
        }
        if !item.options.is_empty() {
            self.inside("Options", |xml| {
                item.options.iter().for_each(|option| xml.inside("Option", |xml| xml.option(option)));
            });
        }
    }

    fn option(&mut self, (name, value): &(String, String)) {
        self.text("Name", name);
        self.text("Value", value);
    }
}

fn units(unit: ShippingUnit) -> &'static str {
    match unit {
        ShippingUnit::Grams => "Grams",
        ShippingUnit::Ounces => "Ounces",
        ShippingUnit::Pounds => "Pounds",
    }
}
