//! What is remembered of orders.

use std::collections::BTreeMap;

use domain::ids::{OrderId, OrderRef};
use domain::record::{Intake, OrderRecord, OrderState, Placed, Progress, Reading};
use domain::shipping_order::ShippingStatus;
use ledger::{Ledger, LedgerError, OrderSearch, StageCount};

use super::samples::{acme, at, placed, reading};
use crate::Home;

async fn by_id(ledger: &dyn Ledger, order: i64) -> Option<OrderRecord> {
    ledger.orders(&acme(), &[OrderRef::Id(OrderId(order))]).await.unwrap().remove(0)
}

pub(crate) async fn records_come_back_as_they_were_kept(home: &impl Home) {
    let ledger = home.open().await;
    let bare = Reading { platform_time: None, verdicts: Vec::new(), ..reading(2, 4) };
    ledger.keep_readings(&acme(), &[reading(1, 3), bare.clone()]).await.unwrap();
    let place = placed(70, ShippingStatus::AwaitingShipment);
    ledger.keep_placed(&acme(), &[(OrderId(1), place.clone())]).await.unwrap();
    ledger.keep_progress(&acme(), &[(OrderId(2), Progress::Partly)]).await.unwrap();

    let first = OrderRecord { placed: Some(place), ..OrderRecord::of(reading(1, 3)) };
    let second = OrderRecord { progress: Progress::Partly, ..OrderRecord::of(bare) };
    let reopened = home.open().await;
    let asked = [
        OrderRef::Reference("SO-2".into()),
        OrderRef::Id(OrderId(9)),
        OrderRef::Id(OrderId(1)),
        OrderRef::Reference("so-2".into()),
    ];
    let found = reopened.orders(&acme(), &asked).await.unwrap();
    assert_eq!(found, [Some(second), None, Some(first), None]);
    let elsewhere = "other".parse().unwrap();
    assert_eq!(reopened.orders(&elsewhere, &asked[2..3]).await.unwrap(), [None]);
}

pub(crate) async fn an_older_reading_changes_nothing_and_an_equal_one_wins(home: &impl Home) {
    let ledger = home.open().await;
    let staged = |version, stage: &str| Reading { stage: stage.into(), ..reading(1, version) };
    for (kept, expected) in [
        (staged(5, "New"), "New"),
        (staged(4, "Old"), "New"),
        (staged(5, "Same second"), "Same second"),
        (staged(6, "Newer"), "Newer"),
    ] {
        ledger.keep_readings(&acme(), &[kept]).await.unwrap();
        assert_eq!(by_id(&*ledger, 1).await.unwrap().reading.stage, expected);
    }
}

pub(crate) async fn a_reference_means_the_order_that_changed_last(home: &impl Home) {
    let ledger = home.open().await;
    let named = |order, version| Reading { reference: "SO-X".into(), ..reading(order, version) };
    ledger.keep_readings(&acme(), &[named(1, 5), named(2, 9), named(3, 7)]).await.unwrap();
    let found = ledger.orders(&acme(), &[OrderRef::Reference("SO-X".into())]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().reading.id, OrderId(2));
}

pub(crate) async fn a_reading_leaves_place_and_progress_alone(home: &impl Home) {
    let ledger = home.open().await;
    let place = placed(70, ShippingStatus::AwaitingShipment);
    ledger.keep_readings(&acme(), &[reading(1, 1)]).await.unwrap();
    ledger.keep_placed(&acme(), &[(OrderId(1), place.clone())]).await.unwrap();
    ledger.keep_progress(&acme(), &[(OrderId(1), Progress::Shipped)]).await.unwrap();
    ledger.keep_readings(&acme(), &[reading(1, 2)]).await.unwrap();
    let kept = by_id(&*ledger, 1).await.unwrap();
    assert_eq!(kept.reading.version, at(2));
    assert_eq!((kept.placed, kept.progress), (Some(place), Progress::Shipped));
}

pub(crate) async fn only_orders_that_were_read_can_be_placed_or_progress(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_readings(&acme(), &[reading(1, 1)]).await.unwrap();
    let place = placed(70, ShippingStatus::AwaitingShipment);
    let both = [(OrderId(1), place.clone()), (OrderId(2), place)];
    let error = ledger.keep_placed(&acme(), &both).await.unwrap_err();
    assert!(matches!(error, LedgerError::UnknownOrder { order: OrderId(2), .. }), "{error:?}");
    let error = ledger.keep_progress(&acme(), &[(OrderId(2), Progress::Partly)]).await.unwrap_err();
    assert!(matches!(error, LedgerError::UnknownOrder { order: OrderId(2), .. }), "{error:?}");
    assert_eq!(by_id(&*ledger, 1).await.unwrap().placed, None, "all of a call or nothing");
}

pub(crate) async fn orders_are_found_by_their_shipstation_id(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_readings(&acme(), &[reading(1, 1), reading(2, 1)]).await.unwrap();
    let place = |id| placed(id, ShippingStatus::AwaitingShipment);
    ledger.keep_placed(&acme(), &[(OrderId(1), place(70)), (OrderId(2), place(71))]).await.unwrap();
    let found = ledger.orders_at_shipstation(&acme(), &[71, 72, 70]).await.unwrap();
    assert_eq!(found, [Some(OrderId(2)), None, Some(OrderId(1))]);
    ledger.keep_placed(&acme(), &[(OrderId(2), place(73))]).await.unwrap();
    assert_eq!(ledger.orders_at_shipstation(&acme(), &[71, 73]).await.unwrap(), [None, Some(OrderId(2))]);
}

/// One order for everything that a state can be made of, a second one for every third. Answers with the last.
async fn every_combination(ledger: &dyn Ledger) -> i64 {
    use ShippingStatus::{AwaitingPayment, AwaitingShipment, Cancelled, OnHold};
    let mut next = 0;
    let statuses = [None, Some(AwaitingPayment), Some(AwaitingShipment), Some(OnHold), Some(Cancelled)];
    for progress in
        [Progress::Nothing, Progress::Partly, Progress::Shipped, Progress::Dispatched, Progress::Review]
    {
        for intake in [Intake::Waiting, Intake::Excluded, Intake::Refused, Intake::Eligible, Intake::Review] {
            for (status, objects) in statuses.iter().flat_map(|status| [(status, false), (status, true)]) {
                for _ in 0..=i64::from(next % 3 == 0) {
                    next += 1;
                    let objection = objects.then(|| "edited too late".to_owned());
                    let read = Reading { intake, objection, ..reading(next, 1) };
                    ledger.keep_readings(&acme(), &[read]).await.unwrap();
                    ledger.keep_progress(&acme(), &[(OrderId(next), progress)]).await.unwrap();
                    let place = status.map(|status| (OrderId(next), placed(next, status)));
                    ledger.keep_placed(&acme(), place.as_slice()).await.unwrap();
                }
            }
        }
    }
    next
}

pub(crate) async fn orders_in_a_state_are_those_whose_records_say_so(home: &impl Home) {
    use OrderState::{
        Cancelled, Dispatched, Excluded, Held, Imported, PartlyShipped, Refused, Review, Shipped, Waiting,
    };
    let ledger = home.open().await;
    let next = every_combination(&*ledger).await;
    let all: Vec<_> = (1..=next).map(|order| OrderRef::Id(OrderId(order))).collect();
    let records: Vec<_> = ledger.orders(&acme(), &all).await.unwrap().into_iter().flatten().collect();
    let mut found = 0;
    for state in
        [Waiting, Excluded, Refused, Imported, Held, Cancelled, PartlyShipped, Shipped, Dispatched, Review]
    {
        let expected: Vec<_> = records.iter().filter(|record| record.state() == state).cloned().collect();
        let there = ledger.orders_in_state(&acme(), &[state], None, 10_000).await.unwrap();
        assert!(!there.is_empty(), "{state}: the sample has every state");
        assert_eq!(there, expected, "{state}");
        found += there.len();
    }
    assert_eq!(found, records.len(), "every order is in one state");
}

pub(crate) async fn orders_in_states_come_page_by_page(home: &impl Home) {
    let ledger = home.open().await;
    let with = |order, intake| Reading { intake, ..reading(order, order) };
    let readings = [
        with(1, Intake::Refused),
        with(2, Intake::Waiting),
        with(3, Intake::Review),
        with(4, Intake::Refused),
        with(5, Intake::Review),
    ];
    ledger.keep_readings(&acme(), &readings).await.unwrap();
    let asked = [OrderState::Review, OrderState::Refused, OrderState::Review];
    let page = async |after, limit| {
        let records = ledger.orders_in_state(&acme(), &asked, after, limit).await.unwrap();
        records.iter().map(|record| record.reading.id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 3).await, [1, 3, 4]);
    assert_eq!(page(Some(OrderId(4)), 3).await, [5]);
    assert_eq!(page(Some(OrderId(5)), 3).await, [0; 0]);
    assert_eq!(ledger.orders_in_state(&acme(), &[], None, 3).await.unwrap(), []);
    let other = "other".parse().unwrap();
    assert_eq!(ledger.orders_in_state(&other, &asked, None, 3).await.unwrap(), []);
}

pub(crate) async fn counts_agree_with_the_states_of_the_records(home: &impl Home) {
    let ledger = home.open().await;
    let next = every_combination(&*ledger).await;
    let all: Vec<_> = (1..=next).map(|order| OrderRef::Id(OrderId(order))).collect();
    let mut expected = BTreeMap::new();
    for record in ledger.orders(&acme(), &all).await.unwrap() {
        *expected.entry(record.unwrap().state().as_str().to_owned()).or_insert(0_u64) += 1;
    }
    let counts: BTreeMap<_, _> = ledger.order_counts(&acme()).await.unwrap().into_iter().collect();
    assert_eq!(counts, expected);
    assert!(ledger.order_counts(&"other".parse().unwrap()).await.unwrap().is_empty());
}

pub(crate) async fn objections_and_attempts_come_and_go(home: &impl Home) {
    let ledger = home.open().await;
    let objected = Reading { objection: Some("edited too late".into()), ..reading(1, 1) };
    ledger.keep_readings(&acme(), std::slice::from_ref(&objected)).await.unwrap();
    let place = placed(70, ShippingStatus::AwaitingShipment);
    let attempt = Some(placed(70, ShippingStatus::OnHold).document);
    let attempting = Placed { attempt, ..place.clone() };
    ledger.keep_placed(&acme(), &[(OrderId(1), attempting.clone())]).await.unwrap();
    let kept = by_id(&*ledger, 1).await.unwrap();
    assert_eq!((kept.reading, kept.placed), (objected, Some(attempting)));
    assert_eq!(ledger.order_counts(&acme()).await.unwrap(), [("review".to_owned(), 1)]);
    ledger.keep_readings(&acme(), &[reading(1, 2)]).await.unwrap();
    ledger.keep_placed(&acme(), &[(OrderId(1), place.clone())]).await.unwrap();
    let kept = by_id(&*ledger, 1).await.unwrap();
    assert_eq!((kept.reading, kept.placed), (reading(1, 2), Some(place)));
    assert_eq!(ledger.order_counts(&acme()).await.unwrap(), [("imported".to_owned(), 1)]);
}

pub(crate) async fn what_a_reading_has_answered_never_goes_back(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_readings(&acme(), &[reading(1, 1), reading(2, 1)]).await.unwrap();
    for (began, expected) in [(5, 5), (4, 5), (9, 9)] {
        ledger.keep_answered(&acme(), &[OrderId(1), OrderId(7), OrderId(1)], at(began)).await.unwrap();
        assert_eq!(by_id(&*ledger, 1).await.unwrap().answered, Some(at(expected)));
    }
    assert_eq!(by_id(&*ledger, 2).await.unwrap().answered, None);
    ledger.keep_answered(&acme(), &[], at(1)).await.unwrap();
}

pub(crate) async fn open_orders_come_page_by_page(home: &impl Home) {
    let ledger = home.open().await;
    let readings: Vec<_> = (1..=6).map(|order| reading(order, order)).collect();
    ledger.keep_readings(&acme(), &readings).await.unwrap();
    let place = placed(70, ShippingStatus::AwaitingShipment);
    ledger.keep_placed(&acme(), &[(OrderId(1), place)]).await.unwrap();
    ledger.keep_progress(&acme(), &[(OrderId(5), Progress::Shipped)]).await.unwrap();
    let page = async |after, limit| ledger.open_orders(&acme(), after, at(3), limit).await.unwrap();
    assert_eq!(page(None, 2).await, [OrderId(1), OrderId(3)], "the second is old and not in ShipStation");
    assert_eq!(page(Some(OrderId(3)), 9).await, [OrderId(4), OrderId(6)]);
    assert_eq!(page(Some(OrderId(6)), 9).await, []);
    assert_eq!(ledger.open_orders(&"other".parse().unwrap(), None, at(0), 9).await.unwrap(), []);
}

async fn found(ledger: &dyn Ledger, states: &[OrderState], text: &str, limit: u32) -> Vec<i64> {
    let search = OrderSearch { states: states.to_vec(), text: text.into(), limit };
    let found = ledger.search_orders(&acme(), &search).await.unwrap();
    found.into_iter().map(|record| record.reading.id.0).collect()
}

pub(crate) async fn a_search_finds_by_state_and_by_text_the_newest_first(home: &impl Home) {
    use OrderState::{Held, Imported, Review, Waiting};
    let ledger = home.open().await;
    let named =
        |order, version, reference: &str| Reading { reference: reference.into(), ..reading(order, version) };
    let objected = Reading { objection: Some("too late".into()), ..named(4, 8, "WEB-4") };
    let read = [named(1, 5, "SO-1"), named(2, 9, "so_2"), named(3, 7, "WEB%3"), objected];
    ledger.keep_readings(&acme(), &read).await.unwrap();
    ledger.keep_readings(&"other".parse().unwrap(), &[reading(5, 9)]).await.unwrap();
    let places = [(3, ShippingStatus::OnHold), (4, ShippingStatus::AwaitingShipment)];
    let places = places.map(|(order, status)| (OrderId(order), placed(70 + order, status)));
    ledger.keep_placed(&acme(), &places).await.unwrap();
    ledger.keep_progress(&acme(), &[(OrderId(2), Progress::Review)]).await.unwrap();

    assert_eq!(found(&*ledger, &[], "", 9).await, [2, 4, 3, 1]);
    assert_eq!(found(&*ledger, &[], "", 2).await, [2, 4]);
    assert_eq!(found(&*ledger, &[Review], "", 9).await, [2, 4]);
    assert_eq!(found(&*ledger, &[Held, Waiting], "", 9).await, [3, 1]);
    assert!(found(&*ledger, &[Imported], "", 9).await.is_empty());
    assert_eq!(found(&*ledger, &[], "so", 9).await, [2, 1]);
    assert_eq!(found(&*ledger, &[Review], " SO_", 9).await, [2]);
    assert_eq!(found(&*ledger, &[], "%", 9).await, [3]);
    assert_eq!(found(&*ledger, &[], "3", 9).await, [3]);
    assert_eq!(found(&*ledger, &[], "4", 9).await, [4], "by its id and by its reference, once");
}

pub(crate) async fn stages_are_counted_among_the_orders_that_wait(home: &impl Home) {
    let ledger = home.open().await;
    let at_stage = |order, stage: &str| Reading { stage: stage.into(), ..reading(order, 1) };
    let refused = Reading { intake: Intake::Refused, ..at_stage(5, "New") };
    let read = [at_stage(1, "New"), at_stage(2, "new "), at_stage(3, "New"), at_stage(4, "Packed"), refused];
    ledger.keep_readings(&acme(), &read).await.unwrap();
    ledger.keep_placed(&acme(), &[(OrderId(4), placed(70, ShippingStatus::OnHold))]).await.unwrap();
    let mut counts = ledger.stage_counts(&acme()).await.unwrap();
    counts.sort_by_key(|count| count.orders);
    let count = |stage: &str, orders| StageCount { stage: stage.into(), orders };
    assert_eq!(counts, [count("new ", 1), count("New", 2)]);
}

pub(crate) async fn the_places_of_orders_that_were_fetched_are_learned_and_stay(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_readings(&acme(), &[reading(1, 1), reading(2, 1)]).await.unwrap();
    let offered = Placed { shipstation_order: None, ..placed(0, ShippingStatus::AwaitingShipment) };
    ledger.keep_placed(&acme(), &[(OrderId(1), offered.clone())]).await.unwrap();
    // The second was never offered, the third is not known.
    let places = [(OrderId(1), 71), (OrderId(2), 72), (OrderId(3), 73)];
    ledger.learn_places(&acme(), &places).await.unwrap();
    ledger.keep_placed(&acme(), &[(OrderId(1), offered)]).await.unwrap();
    let found = home.open().await.orders_at_shipstation(&acme(), &[71, 72, 73]).await.unwrap();
    assert_eq!(found, [Some(OrderId(1)), None, None]);
    let records =
        ledger.orders(&acme(), &[OrderRef::Id(OrderId(1)), OrderRef::Id(OrderId(2))]).await.unwrap();
    let place =
        |index: usize| records[index].as_ref().unwrap().placed.as_ref().map(|it| it.shipstation_order);
    assert_eq!((place(0), place(1)), (Some(Some(71)), None));
}
