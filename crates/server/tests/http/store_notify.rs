//! Notices over HTTP: what is kept, what is told to the worker, and what ShipStation is answered.

use domain::event::{EventKind, Lane, discarded_mark};
use domain::ids::{EventId, OrderId};
use domain::ship_notice::NoticeId;
use domain::shipping_order::ShippingStatus;
use ledger::{Cursors, KeptNotice, Notices, Parked};

use crate::bridge::{Mode, now};
use crate::client::Answer;
use crate::recorded::recorded;
use crate::store_fixture::{Shop, acme, store};

fn notice(order_id: &str, order_number: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<ShipNotice>\n  <OrderNumber>{order_number}</OrderNumber>\n  \
         <OrderID>{order_id}</OrderID>\n  <Carrier>UPS</Carrier>\n  <TrackingNumber>1Z9</TrackingNumber>\n  {rest}\n\
         </ShipNotice>"
    )
}

impl Shop {
    /// The notices that the worker was told of.
    fn told(&self) -> Vec<NoticeId> {
        let events = self.bridge.broker.events().into_iter();
        let notices = events.map(|event| match event.kind {
            EventKind::ShipNotice { notice } => notice,
            other => panic!("no notice: {other:?}"),
        });
        notices.collect()
    }

    async fn kept(&self, id: NoticeId) -> KeptNotice {
        self.ledger.notices(&acme(), &[id]).await.unwrap().remove(0).unwrap()
    }

    /// The one notice that came through.
    async fn taken(&self, answer: Answer) -> KeptNotice {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.is_empty());
        self.kept(*self.told().last().unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t40_the_vendors_own_example_runs_through() {
    let Some(path) = recorded("custom-store/official-shipnotice-example-current.xml") else { return };
    let (shop, body) = (Shop::new().await, std::fs::read_to_string(path).unwrap());
    shop.remember(123_456, "ABC123", ShippingStatus::AwaitingShipment).await;
    let query = "order_number=ABC123&carrier=USPS&service=&tracking_number=9511343223432432432";
    let kept = shop.taken(shop.notify(query, &body).await).await;
    assert_eq!((kept.order, kept.received_at, &kept.raw), (Some(OrderId(123_456)), now(), &body));
    let notice = kept.notice;
    assert_eq!((notice.carrier.as_str(), notice.service.as_str()), ("USPS", "Priority Mail"));
    assert_eq!(notice.tracking, "1Z909084330298430820", "the body over the query");
    assert_eq!(notice.label_created, Some("2019-10-19T12:56:00Z".parse().unwrap()));
    assert_eq!((notice.items[0].line_key.as_str(), notice.items[0].quantity), ("25590", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn t40_dates_of_the_older_editions_are_understood() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let rest = "<LabelCreateDate>12/8/2011 12:56 PM</LabelCreateDate><ShipDate>12/8/2011</ShipDate>";
    let kept = shop.taken(shop.notify("", &notice("7", "SO-7", rest)).await).await;
    assert_eq!(kept.notice.label_created, Some("2011-12-08T12:56:00Z".parse().unwrap()));
    assert_eq!(kept.notice.ship_date, Some("2011-12-08".parse().unwrap()), "T57");
}

#[tokio::test(flavor = "multi_thread")]
async fn t41_the_same_notice_is_one_notice_however_often_and_at_once_it_comes() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let body = notice("7", "SO-7", "");
    let calls = (0..8).map(|_| shop.notify("", &body));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    shop.notify("", &body).await;
    let told: std::collections::BTreeSet<_> = shop.told().into_iter().collect();
    assert_eq!(
        (shop.told().len(), told.len()),
        (9, 1),
        "each is told, since the one before may have been lost"
    );
    assert_eq!(shop.ledger.open_notices(&acme(), now(), 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t44_t49_the_query_speaks_where_the_body_is_silent() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let query = "order_number=SO-7&carrier=UPS&service=UPS%C2%AE+Ground&tracking_number=1Z9";
    for body in ["", " ", "no XML", "<ShipNotice/>", "\u{feff}"] {
        let kept = shop.taken(shop.notify(query, body).await).await;
        assert_eq!((kept.order, kept.notice.tracking.as_str()), (Some(OrderId(7)), "1Z9"), "{body}");
        assert_eq!((kept.notice.service.as_str(), kept.notice.items.len()), ("UPS® Ground", 0));
    }
    let empty = "order_number=SO-7&carrier=&service=&tracking_number=";
    let kept = shop.taken(shop.notify(empty, "").await).await;
    assert_eq!((kept.notice.carrier.as_str(), kept.notice.tracking.as_str()), ("", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn t44_a_mark_before_the_body_another_content_type_and_another_encoding_do_not_matter() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let body = notice("7", "SO-7", "<Service>UPS® Ground</Service>");
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = body.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let marked = format!("\u{feff}{body}").into_bytes();
    for (body, content_type) in [
        (marked, "text/xml"),
        (body.clone().into_bytes(), "application/x-www-form-urlencoded"),
        (body.clone().into_bytes(), "nonsense"),
        (utf16, "text/xml; charset=utf-16"),
        (latin, "text/xml; charset=iso-8859-1"),
    ] {
        let answer = shop.call("POST", "action=shipnotify", &[("Content-Type", content_type)], &body).await;
        let kept = shop.taken(answer).await;
        assert_eq!(kept.notice.service, "UPS® Ground", "{content_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_the_order_is_found_by_its_id_whatever_its_number_looks_like() {
    let shop = Shop::new().await;
    for (id, reference) in [(7, "007"), (8, "A123 (456)"), (9, "7"), (10, ""), (11, "#11-é")] {
        shop.remember(id, reference, ShippingStatus::AwaitingShipment).await;
    }
    for (order_id, number, found) in [
        ("7", "007", 7),
        ("8", "A123 (456)", 8),
        ("", "A123 (456)", 8),
        ("", "007", 7),
        ("", "7", 9),
        ("10", "10", 10),
        ("", "10", 10),
        ("", "#11-é", 11),
        ("split-8", "A123 (456)", 8),
        ("999", "007", 7),
        ("8", "something else", 8),
    ] {
        let kept = shop.taken(shop.notify("", &notice(order_id, number, "")).await).await;
        assert_eq!(kept.order, Some(OrderId(found)), "{order_id} {number}");
    }
    let number_is_an_id = shop.notify("", &notice("", "8", "")).await;
    assert_eq!(number_is_an_id.status, 404, "the number of no order, and the id of one that has a reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn t48_a_notice_of_an_unknown_order_is_kept_and_parked_once() {
    let shop = Shop::new().await;
    let body = notice("999", "SO-999", "");
    for _ in 0..2 {
        let answer = shop.notify("", &body).await;
        assert_eq!(answer.status, 404);
        assert!(
            answer.body.starts_with("This order is not known here. The shipment was written down"),
            "{answer:?}"
        );
    }
    assert!(shop.told().is_empty());
    let parked = shop.ledger.parked(None).await.unwrap();
    assert_eq!(parked.len(), 1);
    let EventKind::ShipNotice { notice } = parked[0].event.kind.clone() else { panic!("{parked:?}") };
    assert_eq!((parked[0].event.id, parked[0].lane), (EventId(notice.0), Lane::Shipments));
    assert_eq!((parked[0].cause.as_str(), parked[0].order), ("unknown_order", None));
    assert!(parked[0].text.contains("SO-999") && parked[0].text.contains("1Z9"), "{}", parked[0].text);
    let kept = shop.kept(notice).await;
    assert_eq!((kept.order, kept.raw.as_str()), (None, body.as_str()));
    // What a person has discarded is not shown again when ShipStation repeats it.
    shop.ledger.keep_mark(&discarded_mark(parked[0].event.id), "a test order").await.unwrap();
    shop.ledger.unpark(parked[0].event.id).await.unwrap();
    assert_eq!(shop.notify("", &body).await.status, 404);
    assert!(shop.ledger.parked(None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn t48_a_notice_of_a_cancelled_order_is_kept_and_told_and_refused() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::Cancelled).await;
    let answer = shop.notify("", &notice("7", "SO-7", "")).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.starts_with("This order was cancelled."), "{answer:?}");
    let [told] = shop.told()[..] else { panic!("{:?}", shop.told()) };
    assert_eq!(shop.kept(told).await.order, Some(OrderId(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn t52_what_is_no_notice_is_refused_and_what_is_too_large_is_not_read() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><ShipNotice><OrderID>7</OrderID></ShipNotice>";
    let whole = notice("7", "SO-7", "");
    for (query, body) in [
        ("order_number=SO-7", laughs),
        ("order_number=SO-7", &whole[..whole.len() - 9]),
        ("", ""),
        ("", "<ShipNotice><Carrier>UPS</Carrier></ShipNotice>"),
    ] {
        let answer = shop.notify(query, body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.body.starts_with("The shipment "), "{answer:?}");
    }
    let kept = shop.taken(shop.notify("", &whole.replace("\n  ", "\0\n")).await).await;
    assert!(!kept.raw.contains('\0') && kept.raw.contains("<ShipNotice>"), "no ledger may stumble over it");
    let large = format!("<ShipNotice>{}</ShipNotice>", " ".repeat(10 << 20));
    assert_eq!(shop.notify("order_number=SO-7", &large).await.status, 413);
    assert_eq!((shop.told().len(), shop.ledger.open_notices(&acme(), now(), 9).await.unwrap().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn t58_without_ledger_or_broker_the_answer_is_503_and_the_repeat_succeeds() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    let body = notice("7", "SO-7", "");
    for mode in [Mode::Fails, Mode::Hangs] {
        shop.bridge.broker.set(mode);
        let answer = shop.notify("", &body).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{mode:?}");
    }
    let open = shop.ledger.open_notices(&acme(), now(), 9).await.unwrap();
    assert_eq!(open.len(), 1, "it is kept, so that it is found also without a repeat");
    shop.bridge.broker.set(Mode::Records);
    assert_eq!(shop.taken(shop.notify("", &body).await).await.id, open[0]);
    shop.ledger.close().await;
    assert_eq!(shop.notify("", &body).await.status, 503);
    let again = Shop::over(shop.folder, store(&["acme:open:sesame"], false)).await;
    assert_eq!(again.taken(again.notify("", &body).await).await.id, open[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_one_call_is_its_500_and_names_a_reference() {
    let shop = Shop::new().await;
    shop.remember(7, "SO-7", ShippingStatus::AwaitingShipment).await;
    shop.bridge.broker.set(Mode::Panics);
    let answer = shop.notify("", &notice("7", "SO-7", "")).await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("(reference ") && !answer.body.contains("panic"), "{answer:?}");
    shop.bridge.broker.set(Mode::Records);
    assert_eq!(shop.notify("", &notice("7", "SO-7", "")).await.status, 200);
}
