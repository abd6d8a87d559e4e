//! Golden documents: from what Cin7 answers to the exact body that ShipStation gets, with every field in use.

#[path = "../../../../../tests/support/rules.rs"]
mod rules;

use std::collections::BTreeMap;

use domain::ids::{OrderId, OrderRef};
use domain::import::{Catalogue, document};
use domain::sales_order::SalesOrder;
use domain::settings::{CustomsMapping, Fractional, Kits, Rules, TagRule};
use domain::shipping_order::{ServiceChoice, ShippingStatus};
use domain::weight::WeightUnit;
use serde_json::{Value, json};

use super::*;
use crate::answer::CallPermit;
use crate::cin7::{Cin7Client, Cin7Settings};
use crate::scripted::{Scripted, clock, ok, url};
use rules::rules;

async fn read(order: &Value, products: &Value) -> (SalesOrder, Catalogue) {
    let answers = [ok(&json!([order]).to_string()), ok(&products.to_string())];
    let transport = Scripted::answering(answers);
    let base_url = url("https://api.cin7.com/api/v1");
    let settings = Cin7Settings { base_url, username: "AcmeAU".to_owned(), key: "key".into() };
    let client = Cin7Client::new(transport, clock(), settings);
    let asked = [OrderRef::Id(OrderId(1))];
    let orders = client.orders(CallPermit::granted(), &asked).await.outcome.unwrap();
    let products = client.products(CallPermit::granted(), &[1]).await.outcome.unwrap();
    assert!(orders.unreadable.is_empty() && products.unreadable.is_empty());
    let products = products.records.into_iter().map(|product| (product.id, product));
    (orders.records.into_iter().next().unwrap(), products.collect())
}

async fn body(order: &Value, products: &Value, rules: &Rules) -> String {
    let (order, catalogue) = read(order, products).await;
    let document = document::translate(&order, &catalogue, rules);
    let body: Value = serde_json::from_slice(&documents(&[document])).unwrap();
    serde_json::to_string_pretty(&body[0]).unwrap()
}

/// Everything that a document can carry.
fn full_rules() -> Rules {
    let mut rules = rules();
    rules.stores_by_branch = BTreeMap::from([(7, 70)]);
    let mapping = &mut rules.mapping;
    mapping.order_status = BTreeMap::from([("fully picked".to_owned(), ShippingStatus::OnHold)]);
    mapping.custom_fields =
        ["customer_order_no".to_owned(), "custom_fields.orders_1000".to_owned(), "currency_code".to_owned()];
    mapping.gift = "custom_fields.orders_1001".to_owned();
    mapping.stock_location = "product.custom_fields.products_1001".to_owned();
    let choice = ServiceChoice { carrier: "ups_walleted".to_owned(), service: "ups_ground".to_owned() };
    mapping.services = BTreeMap::from([("road express".to_owned(), choice)]);
    mapping.tags = vec![
        TagRule { tag: 103, field: "custom_fields.orders_1001".to_owned(), equals: None },
        TagRule { tag: 101, field: "source".to_owned(), equals: Some("shopify".to_owned()) },
        TagRule { tag: 102, field: "source".to_owned(), equals: Some("amazon".to_owned()) },
    ];
    mapping.customs = CustomsMapping {
        hs_code: "product.custom_fields.products_1002".to_owned(),
        origin: "product.custom_fields.products_1003".to_owned(),
        description: "product.category".to_owned(),
        value: "product.custom_fields.products_1004".to_owned(),
    };
    rules
}

#[tokio::test]
async fn a_rich_order_to_a_person_goes_out_with_every_field() {
    let order = r##"{
        "id": 501, "reference": "#1042", "createdDate": "2026-03-01T02:00:00Z",
        "modifiedDate": "2026-03-10T00:59:00Z", "isApproved": true, "status": "APPROVED",
        "stage": "Fully Picked", "branchId": 7, "source": "Shopify", "email": "mira@example.com",
        "phone": "n/a", "mobile": "0400 000 000", "memberId": 88,
        "deliveryFirstName": "Mira", "deliveryLastName": "Okafor", "deliveryCompany": "Quay Studio",
        "deliveryAddress1": "Level 2", "deliveryAddress2": "14 Shortland St", "deliveryCity": "Auckland",
        "deliveryState": "Auckland", "deliveryPostalCode": "1010", "deliveryCountry": "New Zealand",
        "billingCompany": "Okafor Ltd", "billingCountry": "Aotearoa",
        "freightDescription": " Road Express ", "paymentTerms": "Credit Card", "voucherCode": "AUTUMN",
        "deliveryInstructions": "Ring the bell.\nTwice.", "internalComments": "VIP\n[Shipbridge]\nx\n[/Shipbridge]",
        "customerOrderNo": "PO 77", "customFields": {"orders_1000": "Dock 4", "orders_1001": "Yes"},
        "taxStatus": "Incl", "productTotal": 173.30, "freightTotal": 9.95, "surcharge": 1.5,
        "surchargeDescription": "Card fee", "discountTotal": 10, "discountDescription": "Loyalty", "total": 174.75,
        "lineItems": [
            {"id": 1, "productId": 11, "productOptionId": 111, "code": "MUG", "name": "Mug", "option1": "Blue",
             "option3": "0.3 l", "qty": 2, "qtyShipped": 2, "unitPrice": 19.95, "discount": 1.60},
            {"id": 2, "productId": 12, "code": "SHIRT", "name": "Shirt", "qty": 3, "qtyShipped": 3, "unitPrice": 25,
             "sizes": [{"name": "S", "code": "SHIRT-S", "barcode": "9312345000012", "qty": 1},
                       {"name": "L", "code": "SHIRT-L", "qty": 2}]},
            {"id": 3, "productId": 13, "code": "KIT", "name": "Picnic kit", "qty": 1, "qtyShipped": 1, "unitPrice": 50},
            {"id": 4, "parentId": 3, "productId": 11, "code": "MUG", "name": "Mug", "qty": 4, "qtyShipped": 4, "unitPrice": 0},
            {"id": 5, "name": "Gift wrap", "qty": 2, "unitPrice": 5},
            {"id": 6, "code": "ENGRAVE", "name": "Engraving", "stockControl": "Labour", "qty": 1, "unitPrice": 0},
            {"id": 7, "code": "LATER", "name": "Back order", "qty": 1, "qtyShipped": 0, "unitPrice": 0}]
    }"##;
    let order: Value = serde_json::from_str(order).unwrap();
    let products = json!([
        {"id": 11, "name": "Mug", "category": "Stoneware mug", "weight": 0.4, "images": [{"link": "https://img.example/mug.png"}],
         "optionLabel1": "Colour", "customFields": {"products_1001": "A-12", "products_1002": "6912.00",
         "products_1003": "Portugal", "products_1004": "4.205"},
         "productOptions": [{"id": 111, "code": "MUG", "productOptionBarcode": "9312345678907", "optionWeight": 0.35,
         "image": {"link": "https://img.example/blue.png"}}]},
        {"id": 12, "name": "Shirt", "weight": 0.2, "customFields": {"products_1003": "Atlantis"},
         "productOptions": [{"id": 121, "productOptionSizeCode": "SHIRT-S"}, {"id": 121, "productOptionSizeCode": "SHIRT-L", "optionWeight": 0.25}]},
        {"id": 13, "name": "Picnic kit", "weight": 3.5, "productOptions": [{"id": 131, "code": "KIT"}]}]);
    insta::assert_snapshot!(body(&order, &products, &full_rules()).await);
}

#[tokio::test]
async fn a_wholesale_order_goes_out_with_tax_on_top_components_and_parts_of_a_piece() {
    let mut rules = full_rules();
    rules.weight_unit = WeightUnit::Pounds;
    rules.import.kits = Kits::Components;
    rules.import.fractional = Fractional::OnePiece;
    let order = json!({
        "id": 502, "reference": "SO-502", "createdDate": "2026-03-01T02:00:00Z",
        "modifiedDate": "2026-03-10T00:59:00Z", "isApproved": true, "stage": "Fully Picked",
        "deliveryCompany": "Rigging & Co", "deliveryAddress1": "1 Pier Ave", "deliveryCity": "Seattle",
        "deliveryState": "Washington", "deliveryPostalCode": "98101", "deliveryCountry": "U.S.A.",
        "freightDescription": "Freight Line", "taxStatus": "Excl", "currencyCode": "USD",
        "productTotal": 121.6667, "freightTotal": 20, "total": 155.8334,
        "lineItems": [
            {"id": 1, "productId": 21, "code": "ROPE", "name": "Rope, per metre", "qty": 2.5, "qtyShipped": 2.5, "unitPrice": 3.3333},
            {"id": 2, "code": "KIT", "name": "Deck kit", "qty": 2, "qtyShipped": 2, "unitPrice": 56.6667},
            {"id": 3, "parentId": 2, "productId": 21, "code": "CLEAT", "name": "Cleat", "qty": 8, "qtyShipped": 8, "unitPrice": 0, "uomSize": 4, "uomQtyOrdered": 2}],
    });
    let products = json!([{"id": 21, "weight": 0.5, "productOptions": [{"id": 1, "code": "ROPE"}, {"id": 2, "code": "CLEAT", "optionWeight": 0.0625}]}]);
    insta::assert_snapshot!(body(&order, &products, &rules).await);
}

#[tokio::test]
async fn a_bare_order_goes_out_without_what_is_not_known() {
    let order = json!({
        "id": 503, "modifiedDate": "2026-03-10T00:59:00Z", "createdDate": "2026-03-10T00:58:00Z", "status": "APPROVED",
        "stage": "Fully Picked", "deliveryFirstName": "Ann", "deliveryAddress1": "1 Test Lane",
        "deliveryCountry": "AUS", "total": "30.005",
        "lineItems": [{"id": 1, "code": "A", "qty": "1", "qtyShipped": "1", "unitPrice": "30"}],
    });
    insta::assert_snapshot!(body(&order, &json!([]), &rules()).await);
}
