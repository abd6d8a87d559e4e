//! What is exported, before a validator that shares no code with ours: `xmllint` with the recorded schemas.

use std::fs;
use std::path::{Path, PathBuf};

use quick_xml::events::Event;
use quick_xml::{Reader, Writer};

use domain::feed::{FeedOrder, Standing, order as feed_order};
use domain::ids::OrderId;
use domain::settings::Mapping;
use domain::shipping_order::ShippingStatus;

use crate::bridge::now;
use crate::recorded::recorded;
use crate::store_fixture::{Shop, document};
use crate::store_hostile::Dice;
use crate::store_reader::{assert_same, read};
use crate::xmllint;

/// How many orders are exported.
const ORDERS: usize = 10_000;

/// The published schema, and the one with what the guide's table and example have beyond it.
fn schemas() -> Option<(PathBuf, PathBuf)> {
    let official = recorded("custom-store/xsd-official-current.xsd")?;
    Some((official, recorded("custom-store/xsd-effective-composed-by-us.xsd")?))
}

/// So many orders that the feed takes, and how many it did not.
fn hostile_orders(seed: u64, count: usize) -> (Vec<FeedOrder>, usize) {
    let (mut dice, mut orders, mut refused, mut id) = (Dice(seed), Vec::new(), 0, 0);
    while orders.len() < count {
        id += 1;
        let document = dice.order(id);
        let (order, stage) = (OrderId(id), "Fully Picked");
        let standing = Standing { order, document: &document, stage, has_shipped: id % 7 == 0 };
        match feed_order(standing, &Mapping::default()) {
            Ok(order) => orders.push(order),
            Err(_) => refused += 1,
        }
    }
    (orders, refused)
}

/// Every page of the day, each in a file.
async fn pages(shop: &Shop, folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut pages) = (Vec::new(), 1);
    while files.len() < pages {
        let number = files.len() + 1;
        let answer = shop.export("01/04/2026 12:00", "01/05/2026 12:00", &number.to_string()).await;
        assert_eq!(answer.status, 200);
        let file = folder.join(format!("page-{number}.xml"));
        fs::write(&file, &answer.body).unwrap();
        pages = usize::try_from(read(&answer.body).pages).unwrap();
        files.push(file);
    }
    files
}

/// The document without what the published schema does not know.
fn without_later_elements(xml: &str) -> Vec<u8> {
    let (mut reader, mut writer, mut inside) = (Reader::from_str(xml), Writer::new(Vec::new()), 0);
    loop {
        let event = reader.read_event().unwrap();
        let name = match &event {
            Event::Eof => return writer.into_inner(),
            Event::Start(start) => start.name().into_inner().to_owned(),
            Event::End(end) => end.name().into_inner().to_owned(),
            _ => String::new(),
        };
        let is_later = ["CurrencyCode", "UPC", "Dimensions"].contains(&name.as_str());
        match &event {
            Event::Start(_) if is_later => inside += 1,
            Event::End(_) if is_later => inside -= 1,
            _ if inside == 0 => writer.write_event(event).unwrap(),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t33_ten_thousand_hostile_orders_validate_against_both_schemas() {
    let Some((official, effective)) = schemas() else { return };
    let (orders, refused) = hostile_orders(20_260_105, ORDERS);
    assert!(refused > ORDERS / 20, "the generator makes such orders, too: {refused}");
    let (shop, folder) = (Shop::new().await, tempfile::tempdir().unwrap());
    shop.put(&orders, now()).await;
    let files = pages(&shop, folder.path()).await;
    assert_eq!(files.len(), ORDERS / 100);
    xmllint::validate(&effective, &files).unwrap();
    let mut seen = 0;
    for file in &files {
        let xml = fs::read_to_string(file).unwrap();
        for order in read(&xml).orders {
            assert_same(&order, &orders[seen]);
            seen += 1;
        }
        fs::write(file, without_later_elements(&xml)).unwrap();
    }
    assert_eq!(seen, ORDERS);
    xmllint::validate(&official, &files).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_validator_finds_what_shipstation_would_refuse() {
    let Some((official, effective)) = schemas() else { return };
    let (shop, folder) = (Shop::new().await, tempfile::tempdir().unwrap());
    shop.put(&hostile_orders(1, 3).0, now()).await;
    let file = pages(&shop, folder.path()).await.remove(0);
    let good = fs::read_to_string(&file).unwrap();
    for (found, put) in [
        ("<Quantity>", "<Quantity>0."),
        ("<OrderDate>", "<OrderDate> "),
        ("<Gift>", "<Gift>no"),
        ("</ShipTo>", "<Email></Email></ShipTo>"),
        ("<UnitPrice>", "<UnitPrice>$"),
        ("<Orders ", "<Orders page=\"1\" "),
        ("<Customer>", "\u{8}<Customer>"),
    ] {
        assert!(good.contains(found), "{found}");
        fs::write(&file, good.replacen(found, put, 1)).unwrap();
        for schema in [&official, &effective] {
            xmllint::validate(schema, std::slice::from_ref(&file)).unwrap_err();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t20_t21_another_parser_reads_every_text_as_the_feed_has_it() {
    if schemas().is_none() {
        return;
    }
    let hostile = "]]> & < > &amp; é 😀 \u{8}\u{85}\u{ffff}<![CDATA[ \"'\r\nb\rc ]]]]>";
    let mut document = document(1, hostile, ShippingStatus::AwaitingShipment);
    (document.customer_notes, document.internal_notes) = (hostile.repeat(40), hostile.into());
    (document.payment_method, document.requested_service) = (hostile.into(), hostile.into());
    (document.ship_to.name, document.ship_to.city) = (hostile.into(), hostile.into());
    document.ship_to.street1 = hostile.repeat(9);
    (document.bill_to.company, document.source) = (hostile.into(), "]]>".into());
    document.items = hostile_items(hostile);
    let standing = Standing { order: OrderId(1), document: &document, stage: hostile, has_shipped: false };
    let order = feed_order(standing, &Mapping::default()).unwrap();
    let (shop, folder) = (Shop::new().await, tempfile::tempdir().unwrap());
    shop.put(std::slice::from_ref(&order), now()).await;
    let file = pages(&shop, folder.path()).await.remove(0);
    let item = &order.items[0];
    for (path, expected) in [
        ("OrderNumber", &order.number),
        ("CustomerNotes", &order.customer_notes),
        ("InternalNotes", &order.internal_notes),
        ("PaymentMethod", &order.payment_method),
        ("ShippingMethod", &order.shipping_method),
        ("CustomField1", &order.custom_fields[0]),
        ("Source", &order.source),
        ("Customer/BillTo/Company", &order.bill_to.company),
        ("Customer/ShipTo/Name", &order.ship_to.name),
        ("Customer/ShipTo/Address1", &order.ship_to.address1),
        ("Customer/ShipTo/City", &order.ship_to.city),
        ("Items/Item/SKU", &item.sku),
        ("Items/Item/Name", &item.name),
        ("Items/Item/Location", &item.location),
        ("Items/Item/Options/Option/Name", &item.options[0].0),
        ("Items/Item/Options/Option/Value", &item.options[0].1),
    ] {
        assert!(expected.starts_with("]]>"), "{path}");
        assert_eq!(&xmllint::text_at(&file, &format!("/Orders/Order/{path}")), expected, "{path}");
    }
    assert!(order.customer_notes.contains("\"'\nb\nc ]]]]>"));
}

fn hostile_items(text: &str) -> Vec<domain::shipping_order::ShippingItem> {
    let mut item = Dice(7).order(1).items.remove(0);
    (item.quantity, item.unit_price) = (1, 10.into());
    (item.sku, item.name, item.location) = (text.into(), text.repeat(9), text.into());
    item.options = vec![(text.into(), text.into())];
    vec![item]
}

#[test]
fn the_vendors_own_export_is_read_by_the_reader_of_these_tests() {
    let Some(path) = recorded("custom-store/official-orders-export-example-current.xml") else { return };
    let example = read(&fs::read_to_string(path).unwrap());
    let order = &example.orders[0];
    assert_eq!(
        (example.pages, order.order_number.as_str(), order.order_status.as_str()),
        (1, "ABC123", "paid")
    );
    let lines: Vec<_> =
        order.items.items.iter().map(|item| (item.sku.as_str(), item.unit_price.as_str())).collect();
    assert_eq!(lines, [("FD88821", "13.99"), ("", "-10.00")]);
    assert_eq!(order.customer.ship_to.country, "US");
}
