//! Answers of Cin7.

use std::collections::BTreeSet;

use domain::event::Origin;
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue, Decision, Judgement, document};
use domain::patch::OrderPatch;
use domain::rule::RuleId;
use domain::sales_order::{SalesOrder, TaxStatus};
use domain::shipping_order::ShippingOrder;
use platforms::Listing;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::canned::{Canned, body, cin7, decimal, permit, utc, value};
use crate::recordings::folder as recorded;
use crate::rules::rules;

async fn sales_orders(body: String) -> Listing<SalesOrder> {
    let asked = [OrderRef::Id(OrderId(1))];
    cin7(Canned::new(200, body)).orders(permit(), &asked).await.outcome.unwrap()
}

/// Some rows have an id and a modified date as orders do; none of them may pass for an order to be sent.
pub(crate) async fn assert_no_order_to_send(name: &str, body: String) {
    let listing = sales_orders(body).await;
    assert_eq!(listing.records.len() + listing.unreadable.len(), 1, "{name}");
    assert!(listing.records.iter().all(|order| !order.approved && order.lines.is_empty()), "{name}");
}

#[tokio::test]
async fn the_vendors_sample_order_keeps_its_meaning_once_it_has_an_id() {
    let Some(folder) = recorded() else { return };
    let name = "cin7/docs-sample-salesorder-2022-via-narballs.json";
    let listing = sales_orders(body(&folder, name)).await;
    assert_eq!((listing.records.len(), listing.unreadable[0].reason.as_str()), (0, "`id` is missing"));

    let mut rows = value(&folder, name);
    rows[0]["id"] = json!(7);
    let order = sales_orders(rows.to_string()).await.records.remove(0);
    assert_eq!(order.created, Some(utc("2022-07-13T03:21:16.1946848Z")));
    assert_eq!(order.modified, utc("2022-07-13T03:21:16Z"), "the version is in whole seconds");
    assert_eq!(
        (order.approved, order.void),
        (true, true),
        "approved once, void now: each is a rule of its own"
    );
    assert_eq!((order.dispatched, order.invoiced, order.branch_id), (None, None, Some(47)));
    assert_eq!((order.money.products, order.money.total), (decimal("52"), decimal("56")));
    assert_eq!((order.money.freight, order.money.currency.as_str()), (Decimal::ZERO, "USD"));
    assert_eq!(order.delivery.country, "sample string 37");
    assert_eq!(order.billing.state, "sample string 45");
    assert_eq!(order.field("customer_order_no").as_deref(), Some("sample string 13"));
    assert_eq!(order.field("member_cost_center").as_deref(), Some("sample string 6"));
    let line = &order.lines[0];
    assert_eq!((line.id, line.parent_id, line.product_option_id), (10, Some(1), Some(14)));
    assert_eq!((line.quantity, line.quantity_dispatched), (decimal("1"), decimal("7")));
    assert_eq!((line.sizes.len(), line.sizes[0].quantity), (1, decimal("4")));
    assert_eq!(line.options[2], "sample string 21");
}

#[tokio::test]
async fn an_order_of_nulls_is_read_and_rows_without_version_are_set_apart() {
    let Some(folder) = recorded() else { return };
    let skeleton = body(&folder, "cin7/salesorder-skeleton.SYNTHESIZED.json");
    let order = sales_orders(format!("[{skeleton}]")).await.records.remove(0);
    assert_eq!((order.reference.as_str(), order.stage.as_str()), ("SO-1", "New"));
    assert!(order.approved && !order.void && order.custom_fields.is_empty());
    assert_eq!((order.money.tax_status, order.branch_id), (TaxStatus::Excluded, None));
    assert_eq!((order.lines[0].parent_id, order.lines[0].code.as_str()), (None, "SKU"));

    let name = "cin7/dockandbay-salesorder-list-rows-EXCERPT.json";
    let listing = sales_orders(body(&folder, name)).await;
    let ids: Vec<_> = listing.unreadable.iter().map(|bad| bad.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["1889042", "1889307"]);
    let mut rows = value(&folder, name);
    for row in rows.as_array_mut().unwrap() {
        row["modifiedDate"] = json!("2026-09-01T00:00:00Z");
    }
    let orders = sales_orders(rows.to_string()).await.records;
    assert_eq!((orders[0].reference.as_str(), orders[0].branch_id), ("EU-50186", Some(25073)));
    assert_eq!(orders[0].money.total, decimal("55.1866"));
    assert_eq!(orders[0].dispatched, Some(utc("2026-08-31T00:00:00Z")));
    assert_eq!(orders[1].reference, "503-7571892-2126218");
}

#[tokio::test]
async fn values_seen_at_live_accounts_are_read_as_they_are() {
    let Some(folder) = recorded() else { return };
    let seen = value(&folder, "cin7/real-values-observed.json");
    let texts = |name: &str| -> Vec<String> {
        seen[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut rows = Vec::new();
    for (name, field) in [
        ("stages", "stage"),
        ("references", "reference"),
        ("status", "status"),
        ("logisticsCarrier", "logisticsCarrier"),
        ("company_values", "company"),
        ("modifiedDate_clusters_over_250_rows", "modifiedDate"),
    ] {
        for text in texts(name) {
            let mut row = json!({"id": rows.len(), "modifiedDate": "2026-07-07T14:00:06Z"});
            row[field] = json!(text);
            rows.push(row);
        }
    }
    let read = sales_orders(json!(rows).to_string()).await;
    let of = |pick: fn(&SalesOrder) -> &str| -> BTreeSet<String> {
        read.records.iter().map(pick).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    let expected = |name: &str| texts(name).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(of(|order| &order.stage), expected("stages"));
    assert_eq!(of(|order| &order.reference), expected("references"));
    assert_eq!(of(|order| &order.carrier), expected("logisticsCarrier"));
    assert_eq!(of(|order| &order.contact.company), expected("company_values"));
    assert_eq!(read.records.iter().filter(|order| order.approved).count(), 1);
    assert_eq!(read.records.iter().filter(|order| order.void).count(), 1);
    assert!(read.records.iter().any(|order| order.modified == utc("2025-11-08T13:00:06Z")));
    assert_eq!(read.unreadable.len(), 1, "the date whose digit its source had masked");
    assert!(read.unreadable[0].reason.contains("`modifiedDate` is not a date"), "{:?}", read.unreadable);
}

#[tokio::test]
async fn a_batch_answer_settles_each_record_and_our_own_put_is_the_one_seen_in_the_field() {
    let Some(folder) = recorded() else { return };
    let patch = |id| OrderPatch { stage: Some("Dispatched".to_owned()), ..OrderPatch::new(OrderId(id)) };
    let transport = Canned::new(200, body(&folder, "cin7/batch-result.json"));
    let outcomes = cin7(transport).update_orders(permit(), &[patch(1), patch(2)]).await.outcome.unwrap();
    assert_eq!((outcomes[0].order, &outcomes[0].result), (OrderId(1), &Ok(())));
    assert!(matches!(&outcomes[1].result, Err(Failure::Permanent { reason }) if reason.ends_with("...")));

    let expected = value(&folder, "cin7/dockandbay-dispatch-put.request.json");
    let date = utc("2026-09-08T00:00:00Z");
    let patch = OrderPatch {
        tracking_code: Some("AXL6573694".to_owned()),
        carrier: Some("Australia Post".to_owned()),
        dispatched: Some(date),
        invoiced: Some(date),
        ..patch(1_895_719)
    };
    let transport = Canned::new(200, "[]");
    cin7(transport.clone()).update_orders(permit(), &[patch]).await.outcome.unwrap();
    let sent = transport.sent.lock().unwrap().take().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&sent).unwrap(), expected);
}

#[tokio::test]
async fn cin7s_error_bodies_are_classified_and_quoted() {
    let Some(folder) = recorded() else { return };
    let bodies = value(&folder, "cin7/error-bodies.json");
    for (status, read, write) in [
        (400, "permanent", "permanent"),
        (401, "misconfigured", "misconfigured"),
        (403, "misconfigured", "misconfigured"),
        (404, "permanent", "permanent"),
        (429, "rate_limited", "rate_limited"),
        (500, "transient", "ambiguous"),
        (503, "transient", "ambiguous"),
    ] {
        for said in bodies[status.to_string()].as_array().unwrap() {
            let client = cin7(Canned::new(status, said.to_string()));
            let failure = client.first_order(permit()).await.outcome.unwrap_err();
            assert_eq!(failure.class(), read, "{status}");
            assert!(failure.to_string().contains(said.as_str().unwrap()), "{failure}");
            let patch = OrderPatch { stage: Some("x".to_owned()), ..OrderPatch::new(OrderId(1)) };
            let failure = client.update_orders(permit(), &[patch]).await.outcome.unwrap_err();
            assert_eq!(failure.class(), write, "{status}");
        }
    }
    let statuses = bodies.as_object().unwrap().keys().filter(|name| name.parse::<u16>().is_ok()).count();
    assert_eq!(statuses, 7, "every recorded status stands in the table above");
}

/// Decides about an order as if it had just been read, at a time when its dates are inside the window.
fn judge(order: &SalesOrder) -> Judgement {
    let case = Case::new(order, None, Origin::Webhook);
    let now = order.created.unwrap_or(order.modified);
    import::decide(case, &Catalogue::new(), &rules(), now)
}

fn failed(judgement: &Judgement) -> Vec<&'static str> {
    let failed = judgement.reading.verdicts.iter().filter(|verdict| !verdict.passed);
    failed.map(|verdict| verdict.rule.as_str()).collect()
}

fn assert_balanced(document: &ShippingOrder) {
    let items: Decimal =
        document.items.iter().map(|item| item.unit_price * Decimal::from(item.quantity)).sum();
    assert_eq!(items + document.tax_amount + document.shipping_amount, document.amount_paid);
}

#[tokio::test]
async fn the_vendors_sample_is_refused_for_its_sample_texts_and_translated_once_they_are_mended() {
    let Some(folder) = recorded() else { return };
    let mut rows = value(&folder, "cin7/docs-sample-salesorder-2022-via-narballs.json");
    rows[0]["id"] = json!(7);
    let order = sales_orders(rows.to_string()).await.records.remove(0);
    let judgement = judge(&order);
    assert_eq!(failed(&judgement), ["not_void", "stage", "country", "lines"]);
    assert_balanced(&document::translate(&order, &Catalogue::new(), &rules()));

    rows[0]["isVoid"] = json!(false);
    rows[0]["status"] = json!("APPROVED");
    rows[0]["stage"] = json!("Fully Picked");
    rows[0]["deliveryCountry"] = json!("Australia");
    rows[0]["lineItems"][0]["qty"] = json!(4);
    rows[0]["lineItems"][0]["qtyShipped"] = json!(4);
    let order = sales_orders(rows.to_string()).await.records.remove(0);
    let judgement = judge(&order);
    let Decision::Import(document) = judgement.decision else {
        panic!("{:?}", judgement.reading.verdicts);
    };
    assert_balanced(&document);
    assert_eq!(document.dispatchable().map(|(_, quantity)| quantity).sum::<u32>(), 4);
    assert_eq!(document.amount_paid, decimal("56"));
    let lines = judgement.reading.verdicts.iter().find(|verdict| verdict.rule == RuleId::Lines).unwrap();
    assert!(lines.value.contains("adjusted by") && lines.value.contains("amounts in USD"), "{}", lines.value);
}

#[tokio::test]
async fn orders_seen_at_live_accounts_are_decided_with_reasons_and_translated() {
    let Some(folder) = recorded() else { return };
    let skeleton = body(&folder, "cin7/salesorder-skeleton.SYNTHESIZED.json");
    let mut rows = value(&folder, "cin7/dockandbay-salesorder-list-rows-EXCERPT.json");
    for row in rows.as_array_mut().unwrap() {
        row["modifiedDate"] = json!("2026-09-01T00:00:00Z");
    }
    let mut orders = sales_orders(format!("[{skeleton}]")).await.records;
    orders.extend(sales_orders(rows.to_string()).await.records);
    assert_eq!(orders.len(), 3);
    for order in &orders {
        let judgement = judge(order);
        assert!(!matches!(judgement.decision, Decision::Import(_)), "{}", order.reference);
        assert!(failed(&judgement).contains(&"stage"), "{:?}", judgement.reading.verdicts);
        let document = document::translate(order, &Catalogue::new(), &rules());
        assert_eq!(document.order_number, order.reference);
        assert_balanced(&document);
    }
}
