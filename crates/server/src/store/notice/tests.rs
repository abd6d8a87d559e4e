//! Notices as they come, and as they must not come.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// As the guide's current edition writes it, with our own values.
const WHOLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ShipNotice>
  <OrderNumber>SO-1</OrderNumber>
  <OrderID>123</OrderID>
  <NotifyCustomer></NotifyCustomer>
  <NotesToCustomer><![CDATA[Left & safe]]></NotesToCustomer>
  <LabelCreateDate>03/11/2026 02:56</LabelCreateDate>
  <ShipDate>03/11/2026</ShipDate>
  <Carrier>UPS</Carrier>
  <Service>UPS&#174; Ground</Service>
  <TrackingNumber>1Z9</TrackingNumber>
  <ShippingCost>4.95</ShippingCost>
  <Recipient><Name>Somebody else</Name><OrderID>999</OrderID></Recipient>
  <Items>
    <Item><SKU>RED</SKU><Name>Article &lt;RED&gt;</Name><Quantity>2</Quantity><LineItemID>123:1</LineItemID></Item>
    <Item><SKU>BLUE</SKU><Quantity>1.00</Quantity></Item>
  </Items>
</ShipNotice>"#;

#[test]
fn every_field_is_read_where_it_stands() {
    let notice = read(WHOLE).unwrap().unwrap();
    assert_eq!((notice.order_number.as_str(), notice.order_id.as_str()), ("SO-1", "123"));
    assert_eq!((notice.carrier.as_str(), notice.service.as_str()), ("UPS", "UPS® Ground"));
    assert_eq!((notice.tracking.as_str(), notice.notes_to_customer.as_str()), ("1Z9", "Left & safe"));
    assert_eq!(notice.label_created, Some("2026-03-11T02:56:00Z".parse().unwrap()));
    assert_eq!(notice.ship_date, Some("2026-03-11".parse().unwrap()));
    assert_eq!(notice.cost, Some("4.95".parse().unwrap()));
    let items: Vec<_> =
        notice.items.iter().map(|item| (item.line_key.as_str(), item.sku.as_str(), item.quantity)).collect();
    assert_eq!(items, [("123:1", "RED", 2), ("", "BLUE", 1)]);
    assert_eq!(notice.items[0].name, "Article <RED>");
}

#[test]
fn order_case_prefixes_unknown_elements_and_comments_do_not_matter() {
    let body = "<x:shipnotice xmlns:x='urn:x'><x:Items><x:Item><x:Quantity>1</x:Quantity><x:sku><!-- c -->A</x:sku>\
                <New>1</New></x:Item></x:Items><x:ORDERID>\n 7 </x:ORDERID><OrderID>8</OrderID>\
                <LabelCreateDate>3/11/2026 2:56 PM</LabelCreateDate></x:shipnotice>";
    let notice = read(body).unwrap().unwrap();
    assert_eq!((notice.order_id.as_str(), notice.items[0].sku.as_str()), ("7", "A"));
    assert_eq!(notice.label_created, Some("2026-03-11T14:56:00Z".parse().unwrap()));
}

#[test]
fn a_value_that_cannot_be_read_is_empty() {
    let body = "<ShipNotice><OrderID>7</OrderID><ShipDate>soon</ShipDate><ShippingCost>$4</ShippingCost>\
                <LabelCreateDate/><Carrier>A &amp; B &nbsp; C & D</Carrier>\
                <Items><Item><SKU>A</SKU><Quantity>2.5</Quantity></Item></Items></ShipNotice>";
    let notice = read(body).unwrap().unwrap();
    assert_eq!((notice.ship_date, notice.cost, notice.label_created), (None, None, None));
    assert_eq!((notice.items[0].quantity, notice.carrier.as_str()), (0, "A & B &nbsp; C & D"));
}

#[test]
fn a_body_without_content_says_nothing() {
    for body in [
        "",
        "  \n",
        "<ShipNotice/>",
        "<html><OrderID>7</OrderID></html>",
        "order_number=7",
        "<ShipNotice><Ord",
        "{}",
    ] {
        assert_eq!(read(body), Ok(None), "{body}");
    }
}

#[test]
fn a_notice_that_breaks_off_is_not_taken_for_a_whole_one() {
    for (at, _) in WHOLE.match_indices('<').filter(|(at, _)| *at > WHOLE.find("<OrderID>").unwrap()) {
        assert_eq!(read(&WHOLE[..at]), Err(NotANotice::Broken), "{}", &WHOLE[..at]);
    }
}

#[test]
fn a_document_type_is_refused_and_nothing_grows() {
    // T52.
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]>\
                  <ShipNotice><OrderID>&lol2;</OrderID></ShipNotice>";
    let outside = "<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><ShipNotice/>";
    for body in [laughs, outside] {
        assert_eq!(read(body), Err(NotANotice::DocType));
    }
    let deep = format!("<ShipNotice><OrderID>7</OrderID>{}", "<a>".repeat(100_000));
    assert_eq!(read(&deep), Err(NotANotice::Broken));
    let many = format!("<ShipNotice><OrderID>7</OrderID>{}</ShipNotice>", "<a/>".repeat(100_000));
    assert_eq!(read(&many), Err(NotANotice::Broken));
}

/// A text as a document may have it: with references, or in sections.
fn written(text: &str, in_sections: bool) -> String {
    if in_sections {
        return format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

proptest! {
    #[test]
    fn whatever_a_well_formed_notice_says_is_read(
        texts in vec("[\\PC\\n<>&\\]]{0,20}", 8),
        quantity in 1..100_000_u32,
        in_sections: bool,
        backwards: bool,
    ) {
        let names = ["OrderID", "OrderNumber", "Carrier", "Service", "TrackingNumber", "NotesToCustomer"];
        let element = |name: &str, text: &str| format!("<{name}>{}</{name}>", written(text, in_sections));
        let mut fields: Vec<_> = names.iter().zip(&texts).map(|(name, text)| element(name, text)).collect();
        let item = [element("LineItemID", &texts[6]), element("SKU", &texts[7])].concat();
        fields.push(format!("<Items><Item>{item}<Quantity>{quantity}</Quantity></Item></Items>"));
        if backwards {
            fields.reverse();
        }
        let read = read(&format!("<ShipNotice>{}</ShipNotice>", fields.concat())).unwrap().unwrap();
        let said = [
            &read.order_id, &read.order_number, &read.carrier, &read.service, &read.tracking, &read.notes_to_customer,
            &read.items[0].line_key, &read.items[0].sku,
        ];
        for (said, text) in said.into_iter().zip(&texts) {
            prop_assert_eq!(said.as_str(), text.trim());
        }
        prop_assert_eq!(read.items[0].quantity, quantity);
    }

    #[test]
    fn no_body_is_a_fault_of_ours(body in "(<|>|/|ShipNotice|OrderID|Items|Item|&|#|;|!|\\[|CDATA|\\]|--|\\?|'|=|\\PC){0,60}") {
        let _ = read(&body);
    }
}
