//! The sets of shipments.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use domain::ids::OrderId;
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};
use ledger::Ledger;

use super::samples::{acme, at, label, void};
use crate::Home;

const ORDER: OrderId = OrderId(1);

async fn take_in(ledger: &dyn Ledger, reports: &[Shipment]) -> (ShipmentSet, bool) {
    let reports: Vec<_> = reports.iter().map(|report| (ORDER, report.clone())).collect();
    let taken = ledger.take_in(&acme(), &reports, at(0)).await.unwrap().remove(0);
    (taken.set, !taken.changed.is_empty())
}

async fn set(ledger: &dyn Ledger, order: OrderId) -> ShipmentSet {
    ledger.shipment_sets(&acme(), &[order]).await.unwrap().remove(0)
}

pub(crate) async fn reports_out_of_order_end_in_the_same_set(home: &impl Home) {
    let ledger = home.open().await;
    let fulfilment = Shipment { id: ShipmentId::Fulfilment(1), items: None, ..label(9, "3") };
    let reports = [label(1, "1"), label(2, "2"), void(1, "1"), fulfilment];
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]];
    let mut ends = Vec::new();
    for (order, sequence) in (1..).map(OrderId).zip(orders) {
        for report in sequence {
            ledger.take_in(&acme(), &[(order, reports[report].clone())], at(0)).await.unwrap();
        }
        ends.push(set(&*home.open().await, order).await.shipments);
    }
    assert_eq!(ends[0].len(), 3);
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ends[2]);
}

pub(crate) async fn a_void_never_comes_back(home: &impl Home) {
    let ledger = home.open().await;
    take_in(&*ledger, &[label(1, "1"), void(1, "1")]).await;
    let (_, changed) = take_in(&*ledger, &[label(1, "1")]).await;
    assert!(!changed);
    let (late, changed) = take_in(&*home.open().await, &[label(1, "corrected")]).await;
    assert!(changed);
    assert_eq!(late.shipments, [void(1, "corrected")]);
}

pub(crate) async fn the_revision_moves_only_with_a_change(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(set(&*ledger, ORDER).await, ShipmentSet::default());
    for (report, revision, expected) in [
        (label(1, "1"), 1, true),
        (label(1, "1"), 1, false),
        (label(2, "2"), 2, true),
        (void(2, "2"), 3, true),
    ] {
        let (set_now, changed) = take_in(&*ledger, &[report]).await;
        assert_eq!((set_now.revision, changed), (revision, expected));
        assert_eq!(set(&*ledger, ORDER).await, set_now);
    }
}

pub(crate) async fn several_orders_are_taken_in_together_each_answered_once(home: &impl Home) {
    let ledger = home.open().await;
    take_in(&*ledger, &[label(1, "1")]).await;
    let reports = [
        (OrderId(5), label(4, "4")),
        (ORDER, label(1, "1")),
        (OrderId(5), label(3, "3")),
        (OrderId(5), void(4, "4")),
    ];
    let taken = ledger.take_in(&acme(), &reports, at(1)).await.unwrap();
    let both = [ShipmentId::Label(3), ShipmentId::Label(4)];
    let answers: Vec<_> = taken.iter().map(|taken| (taken.order, taken.changed.clone())).collect();
    assert_eq!(answers, [(OrderId(5), both.into()), (ORDER, BTreeSet::new())]);
    assert_eq!(taken[0].set.shipments, [label(3, "3"), void(4, "4")]);
    let sets = ledger.shipment_sets(&acme(), &[OrderId(9), OrderId(5), ORDER]).await.unwrap();
    assert_eq!(sets, [ShipmentSet::default(), taken[0].set.clone(), taken[1].set.clone()]);
    let elsewhere = ledger.shipment_sets(&"other".parse().unwrap(), &[ORDER]).await.unwrap();
    assert_eq!(elsewhere, [ShipmentSet::default()]);
}

pub(crate) async fn concurrent_reports_are_all_kept(home: &impl Home) {
    let ledgers = [home.open().await, home.open().await];
    let mut reporters = JoinSet::new();
    for (id, ledger) in (0..16).zip(ledgers.iter().cycle().cloned()) {
        reporters.spawn(async move { take_in(&*ledger, &[label(id, "1")]).await.1 });
    }
    assert_eq!(reporters.join_all().await, [true; 16]);
    let kept = set(&*ledgers[0], ORDER).await;
    assert_eq!((kept.revision, kept.shipments.len()), (16, 16));
}

pub(crate) async fn a_shipment_is_found_in_all_orders_that_share_it(home: &impl Home) {
    let ledger = home.open().await;
    let reports = [(OrderId(5), label(4, "4")), (ORDER, label(4, "4")), (OrderId(7), label(3, "3"))];
    ledger.take_in(&acme(), &reports, at(0)).await.unwrap();
    let [shared, single, unknown] = [4, 3, 9].map(ShipmentId::Label);
    let found = ledger.orders_of_shipments(&acme(), &[shared, unknown]).await.unwrap();
    assert_eq!(found, [ORDER, OrderId(5)].into());
    let found = ledger.orders_of_shipments(&acme(), &[shared, single]).await.unwrap();
    assert_eq!(found, [ORDER, OrderId(5), OrderId(7)].into());
    assert_eq!(ledger.orders_of_shipments(&acme(), &[]).await.unwrap(), BTreeSet::new());
    let elsewhere = ledger.orders_of_shipments(&"other".parse().unwrap(), &[shared]).await.unwrap();
    assert_eq!(elsewhere, BTreeSet::new());
}
