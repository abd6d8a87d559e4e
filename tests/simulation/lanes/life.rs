//! The life of an order after its import: edits and withdrawals reach ShipStation as long as it allows them, what
//! its people did there stays, and whatever can no longer be done is for a person.

use std::time::Duration;

use domain::shipping_order::ShippingStatus;
use ledger::Cursors;
use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::model::{Order, OrderStatus, Weight, WeightUnits};
use sandbox::shipstation::{LabelRequest, ShipStation};

use super::{Line, Trouble, once};
use crate::story;
use crate::world::{Call, Site};

const IMPORT: &str = "POST /orders/createorders";
const OFTEN: Option<Duration> = Some(Duration::from_millis(60));

impl Line {
    /// A person edits an order in Cin7, and its webhook comes.
    async fn edit(&self, id: i64, change: impl FnOnce(&mut SalesOrder)) {
        assert!(self.world.cin7().edit(id, self.world.now(Site::Cin7), change));
        self.tell(&[id]).await;
    }

    /// Works until everything is settled, then stops.
    async fn settle(&mut self) {
        self.start();
        self.until_drained().await;
        self.stop().await;
    }

    /// The order as it stands in ShipStation.
    fn there(&self, id: i64) -> Order {
        self.world.shipstation().order_by_key(&story::key(id)).expect("it was imported").clone()
    }

    /// What a person does to an order in ShipStation.
    fn in_shipstation<T>(&self, act: impl FnOnce(&mut ShipStation, jiff::Timestamp) -> T) -> T {
        act(&mut self.world.shipstation(), self.world.now(Site::ShipStation))
    }

    /// Works until it is remembered by which rules the orders were decided.
    async fn let_rules_be_known(&mut self) {
        self.start();
        self.until("the rules are remembered", async |line| {
            line.bridge.ledger().mark("rules/acme").await.unwrap().is_some()
        })
        .await;
        self.stop().await;
    }

    async fn objection(&self, id: i64) -> String {
        let record = self.bridge.records(&[id]).await.pop().flatten().unwrap();
        record.reading.objection.unwrap_or_default()
    }
}

fn to_perth(order: &mut SalesOrder) {
    order.delivery_city = Some("Perth".to_owned());
}

#[tokio::test]
async fn an_edit_reaches_shipstation_and_what_its_people_did_there_stays() {
    let (mut line, ids) = Line::with_imported(1).await;
    let (id, order) = (ids[0], line.there(ids[0]).order_id);
    line.in_shipstation(|shipstation, now| {
        let tag = shipstation.tag(order, 1001, true, now);
        let edited = shipstation.edit(order, now, |order| {
            order.weight = Some(Weight::new(Decimal::from(7), WeightUnits::Pounds));
            order.internal_notes = Some("Leave at the dock".to_owned());
            order.package_code = Some("package".to_owned());
            order.advanced_options.warehouse_id = Some(77);
        });
        (tag.ok(), edited.unwrap())
    });
    let before = line.there(id);
    line.edit(id, to_perth).await;
    line.settle().await;
    let after = line.there(id);
    assert_eq!((after.order_id, after.ship_to.city.as_deref()), (order, Some("Perth")));
    assert_eq!(after.weight, before.weight);
    assert_eq!(after.internal_notes, before.internal_notes);
    assert_eq!(after.package_code, before.package_code);
    assert_eq!(after.advanced_options.warehouse_id, Some(77));
    assert_eq!((line.sent(id), line.world.calls(IMPORT), line.state(id).await), (2, 2, "imported"));
    line.tell(&ids).await;
    line.settle().await;
    assert_eq!(line.sent(id), 2, "nothing is left to do");
}

#[tokio::test]
async fn a_void_order_is_cancelled_and_one_that_moved_back_is_held_until_it_returns() {
    let (mut line, ids) = Line::with_imported(2).await;
    let (void, back) = (ids[0], ids[1]);
    line.edit(void, |order| order.is_void = true).await;
    line.edit(back, |order| order.stage = Some("Picking".to_owned())).await;
    line.settle().await;
    assert_eq!(line.there(void).order_status, OrderStatus::Cancelled);
    assert_eq!(line.there(back).order_status, OrderStatus::OnHold);
    assert_eq!((line.state(void).await, line.state(back).await), ("cancelled", "held"));
    line.edit(void, |order| order.is_void = false).await;
    line.edit(back, |order| order.stage = Some("Fully Picked".to_owned())).await;
    line.settle().await;
    assert_eq!(line.there(back).order_status, OrderStatus::AwaitingShipment);
    assert_eq!((line.state(void).await, line.state(back).await), ("review", "imported"));
    assert!(line.objection(void).await.contains("restore it there"));
    assert_eq!(line.parked().await, []);
}

#[tokio::test]
async fn an_edit_after_the_label_is_for_a_person_and_goes_out_once_the_label_is_void() {
    let (mut line, ids) = Line::with_imported(1).await;
    let (id, order) = (ids[0], line.there(ids[0]).order_id);
    let label = line
        .in_shipstation(|shipstation, now| shipstation.buy_label(&LabelRequest::whole(order), now).unwrap());
    line.edit(id, to_perth).await;
    line.settle().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "review"));
    assert!(line.objection(id).await.contains("it is shipped in ShipStation"));
    line.in_shipstation(|shipstation, now| shipstation.void_label(label, now).unwrap());
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("the edit is sent", async |line| line.sent(id) == 2).await;
    line.until("it is well again", async |line| line.state(id).await == "imported").await;
    assert_eq!(line.there(id).ship_to.city.as_deref(), Some("Perth"));
}

#[tokio::test]
async fn an_order_that_was_merged_or_deleted_there_is_never_made_again() {
    for sweeps in [None, OFTEN] {
        let (mut line, ids) = Line::with_imported(3).await;
        let [merged, survivor, deleted] = [0, 1, 2].map(|index| line.there(ids[index]).order_id);
        line.setup.schedule.sweep = sweeps;
        line.start();
        if sweeps.is_some() {
            line.until("the index is there", async |line| line.world.calls("GET /orders") > 0).await;
        }
        line.in_shipstation(|shipstation, now| {
            shipstation.merge(survivor, &[merged], now).unwrap();
            shipstation.delete(deleted, now).unwrap();
        });
        line.edit(ids[0], to_perth).await;
        line.edit(ids[2], to_perth).await;
        line.until("both are seen", async |line| {
            line.state(ids[0]).await == "review" && line.state(ids[2]).await == "review"
        })
        .await;
        assert_eq!((line.sent(ids[0]), line.sent(ids[2])), (1, 1));
        let shipstation = line.world.shipstation();
        let shown: Vec<i64> =
            shipstation.orders().filter(|order| order.absent.is_none()).map(|order| order.order_id).collect();
        assert_eq!(shown, [survivor]);
    }
}

#[tokio::test]
async fn while_nobody_knows_how_an_order_stands_there_only_its_own_event_waits() {
    let (mut line, ids) = Line::with_imported(1).await;
    let waiting = story::enter(&line.world, 12, 1, |_| {})[0];
    line.trouble(|call| call.operation.starts_with("GET /orders/").then(|| Trouble::status(503, "later")));
    line.tell(&[waiting]).await;
    line.edit(ids[0], to_perth).await;
    line.start();
    line.until("its neighbour is read", async |line| line.state(waiting).await == "waiting").await;
    line.until("its event waits", async |line| line.delayed(domain::event::Lane::Orders).await == 1).await;
    line.trouble(|_| None);
    line.until("the edit is sent", async |line| line.sent(ids[0]) == 2).await;
}

#[tokio::test]
async fn a_hundred_edits_cost_one_question_and_one_write() {
    let (mut line, ids) = Line::with_imported(100).await;
    let (questions, writes) = (line.world.calls("GET /orders"), line.world.calls(IMPORT));
    for id in &ids {
        line.world.cin7().edit(*id, line.world.now(Site::Cin7), to_perth);
    }
    line.tell(&ids).await;
    line.settle().await;
    assert!(ids.iter().all(|id| line.there(*id).ship_to.city.as_deref() == Some("Perth")));
    let calls = (line.world.calls("GET /orders") - questions, line.world.calls(IMPORT) - writes);
    assert_eq!(calls, (1, 1));
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_ends_well_even_when_the_order_was_edited_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ResetBefore] {
        let (mut line, ids) = Line::with_imported(1).await;
        let id = ids[0];
        line.edit(id, |order| order.delivery_instructions = Some("Ring twice".to_owned())).await;
        line.trouble(once(|call| call.is(IMPORT), trouble));
        line.start();
        line.until("the answer is lost", async |line| line.world.calls(IMPORT) == 2).await;
        line.edit(id, |order| order.delivery_instructions = Some("Ring once".to_owned())).await;
        line.until_drained().await;
        assert_eq!(line.there(id).customer_notes.as_deref(), Some("Ring once"));
        assert_eq!(line.state(id).await, "imported");
    }
}

#[tokio::test]
async fn an_order_that_another_integration_sent_is_kept_back_and_goes_out_once_the_other_is_cancelled() {
    let (mut line, ids) = Line::with_picked(2).await;
    let number = line.order(ids[0]).reference;
    let other = line
        .in_shipstation(|shipstation, now| story::post_order(shipstation, "shopify-1", &number, "1:1", now));
    line.setup.schedule.sweep = OFTEN;
    line.tell(&ids).await;
    line.start();
    line.until("its neighbour is there", async |line| line.state(ids[1]).await == "imported").await;
    line.until("it is kept back", async |line| line.state(ids[0]).await == "review").await;
    assert_eq!(line.sent(ids[0]), 0);
    line.in_shipstation(|shipstation, now| shipstation.cancel(other, now).unwrap());
    line.until("it is sent", async |line| line.state(ids[0]).await == "imported").await;
    assert_eq!(line.sent(ids[0]), 1);
}

#[tokio::test]
async fn an_order_that_another_integration_sends_later_is_put_on_hold() {
    let (mut line, ids) = Line::with_imported(1).await;
    let number = line.order(ids[0]).reference;
    let other = line
        .in_shipstation(|shipstation, now| story::post_order(shipstation, "shopify-1", &number, "1:1", now));
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("a person is asked", async |line| line.state(ids[0]).await == "review").await;
    line.until("it is held", async |line| line.there(ids[0]).order_status == OrderStatus::OnHold).await;
    assert!(line.objection(ids[0]).await.contains("no_other_integration: order"));
    line.in_shipstation(|shipstation, now| shipstation.cancel(other, now).unwrap());
    line.until("it is released", async |line| line.state(ids[0]).await == "imported").await;
    assert_eq!(line.there(ids[0]).order_status, OrderStatus::AwaitingShipment);
}

#[tokio::test]
async fn events_that_came_before_an_orders_last_reading_cost_no_call() {
    let (mut line, ids) = Line::with_imported(3).await;
    // Told while nobody works, and answered by the next reading whoever asks for it.
    line.tell(&ids).await;
    line.world.advance(jiff::SignedDuration::from_secs(10));
    line.settle().await;
    let readings = line.world.count(Call::is_reading);
    let late = line.bridge.publish_as_of(&ids, jiff::SignedDuration::from_secs(30)).await;
    line.settle().await;
    assert_eq!(late, 3);
    assert_eq!(line.world.count(Call::is_reading), readings);
    line.world.advance(jiff::SignedDuration::from_secs(10));
    line.tell(&ids).await;
    line.settle().await;
    assert_eq!(line.world.count(Call::is_reading), readings + 1, "what came later is read");
}

#[tokio::test]
async fn a_mapping_that_was_changed_is_applied_to_open_orders() {
    let (mut line, ids) = Line::with_imported(3).await;
    line.let_rules_be_known().await;
    line.setup.rules.mapping.order_status =
        [("fully picked".to_owned(), ShippingStatus::AwaitingPayment)].into();
    line.start();
    line.until("all wait for payment", async |line| {
        ids.iter().all(|id| line.there(*id).order_status == OrderStatus::AwaitingPayment)
    })
    .await;
    line.until_drained().await;
    line.stop().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 2));
    line.settle().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 2), "once");
}

#[tokio::test]
async fn a_stage_that_was_added_lets_in_the_orders_that_are_there_already() {
    let mut line = Line::new().await;
    let ids = story::enter(&line.world, 11, 2, |order| order.stage = Some("Packed".to_owned()));
    line.setup.rules.import.require_qty_dispatch = false;
    line.tell(&ids).await;
    line.settle().await;
    line.let_rules_be_known().await;
    assert_eq!(line.state(ids[0]).await, "waiting");
    line.setup.rules.import.stages.push("Packed".to_owned());
    line.start();
    line.until("both are there", async |line| line.sent(ids[0]) == 1 && line.sent(ids[1]) == 1).await;
}
