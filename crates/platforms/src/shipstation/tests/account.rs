//! What the account itself has: subscriptions, stores, carriers, services and tags.

use super::*;

#[tokio::test]
async fn subscriptions_are_listed_in_either_shape_made_and_removed() {
    let transport = Scripted::answering([
        ok(
            r#"{"webhooks": [{"WebHookID": 1, "HookType": "SHIP_NOTIFY", "Url": "https://b/x?token=t0k", "StoreID": null,
            "Name": "n", "Active": true}]}"#,
        ),
        ok(
            r#"[{"webhook_id": "2", "event": "SHIP_NOTIFY", "target_url": "https://b/y", "store_id": 7, "active": false}]"#,
        ),
        ok(r#"{"id": 3}"#),
        ok(r#"{"WebHookID": 4}"#),
        ok(""),
        status(404, ""),
    ]);
    let client = client(&transport);
    let listed = client.webhooks(permit()).await.outcome.unwrap().records;
    assert_eq!((listed[0].id, listed[0].event.as_str(), listed[0].active), (1, "SHIP_NOTIFY", true));
    assert_eq!(listed[0].url.expose_secret(), "https://b/x?token=t0k");
    assert!(!format!("{:?}", listed[0]).contains("t0k"));
    let bare = client.webhooks(permit()).await.outcome.unwrap().records;
    assert_eq!((bare[0].id, bare[0].url.expose_secret(), bare[0].store_id), (2, "https://b/y", Some(7)));
    assert!(!bare[0].active);

    let event = "SHIP_NOTIFY".to_owned();
    let wanted =
        Subscription { target_url: "https://b/x?token=t0k".into(), event, store_id: None, name: "n".into() };
    assert!(!format!("{wanted:?}").contains("t0k"));
    assert_eq!(client.subscribe(permit(), &wanted).await.outcome, Ok(3));
    assert_eq!(client.subscribe(permit(), &wanted).await.outcome, Ok(4));
    assert_eq!(client.unsubscribe(permit(), 3).await.outcome, Ok(()));
    assert_eq!(client.unsubscribe(permit(), 3).await.outcome, Ok(()), "already gone");
    let sent = transport.sent();
    assert_eq!(sent[2].line, "POST https://ssapi.shipstation.com/webhooks/subscribe");
    assert_eq!(
        sent[2].body,
        r#"{"target_url":"https://b/x?token=t0k","event":"SHIP_NOTIFY","friendly_name":"n"}"#
    );
    assert_eq!(sent[4].line, "DELETE https://ssapi.shipstation.com/webhooks/3");
}

#[tokio::test]
async fn failures_of_subscriptions_do_not_tell_the_tokens_that_a_body_has_quoted() {
    let cut = r#"{"webhooks": [{"Url": "https://b/x?token=t0k", "Name": "n"}, {"Url": "https://c/y?token=t0"#;
    let refused = r#"{"Message": "The address https://b/x?token=t0k is refused. Why? Who knows?"}"#;
    let transport = Scripted::answering([ok(cut), status(400, refused), ok(cut)]);
    let client = client(&transport);
    let event = "SHIP_NOTIFY".to_owned();
    let wanted =
        Subscription { target_url: "https://b/x?token=t0k".into(), event, store_id: None, name: "n".into() };
    let listed = client.webhooks(permit()).await.outcome.unwrap_err();
    let refused = client.subscribe(permit(), &wanted).await.outcome.unwrap_err();
    let unread = client.subscribe(permit(), &wanted).await.outcome.unwrap_err();
    assert!(listed.to_string().contains("https://b/x?***"), "{listed}");
    assert!(refused.to_string().contains("https://b/x?*** is refused. Why? Who knows?"), "{refused}");
    for told in [listed, refused, unread] {
        assert!(!told.to_string().contains("t0"), "{told}");
    }
}

#[tokio::test]
async fn stores_are_listed() {
    let transport = Scripted::answering([ok(
        r#"[{"storeId": 7, "storeName": "Manual", "marketplaceName": "ShipStation", "active": true}, {"storeName": "?"}]"#,
    )]);
    let listing = client(&transport).stores(permit()).await.outcome.unwrap();
    let expected = Store { id: 7, name: "Manual".into(), marketplace: "ShipStation".into(), active: true };
    assert_eq!((listing.records, listing.unreadable.len()), (vec![expected], 1));
}

#[tokio::test]
async fn carriers_services_and_tags_are_listed() {
    let transport = Scripted::answering([
        ok(r#"[{"name": "UPS", "code": "ups", "balance": 0}, {"name": "?", "code": null}]"#),
        ok(r#"[{"carrierCode": "ups", "code": "ups_ground", "name": "UPS Ground"}]"#),
        ok(r##"[{"tagId": 3, "name": "Rush", "color": "#FF0000"}]"##),
    ]);
    let client = client(&transport);
    let choice = |code: &str, name: &str| Choice { code: code.to_owned(), name: name.to_owned() };
    let carriers = client.carriers(permit()).await.outcome.unwrap();
    assert_eq!((carriers.records, carriers.unreadable.len()), (vec![choice("ups", "UPS")], 1));
    let services = client.services(permit(), "ups").await.outcome.unwrap();
    assert_eq!(services.records, [choice("ups_ground", "UPS Ground")]);
    let tags = client.tags(permit()).await.outcome.unwrap();
    assert_eq!(tags.records, [Tag { id: 3, name: "Rush".to_owned() }]);
    let asked: Vec<_> = transport.sent().iter().map(|sent| sent.line.clone()).collect();
    assert_eq!(
        asked,
        [
            "GET https://ssapi.shipstation.com/carriers",
            "GET https://ssapi.shipstation.com/carriers/listservices?carrierCode=ups",
            "GET https://ssapi.shipstation.com/accounts/listtags",
        ]
    );
}

#[tokio::test]
async fn a_store_is_asked_to_be_fetched_by_its_id() {
    let answer = r#"{"success": "true", "message": "Store Refresh has been queued"}"#;
    let transport =
        Scripted::answering([ok(answer), status(404, r#"{"Message": "Store 7 was not found."}"#)]);
    let client = client(&transport);
    client.refresh_store(permit(), 7).await.outcome.unwrap();
    assert_eq!(transport.line(), "POST https://ssapi.shipstation.com/stores/refreshstore?storeId=7");
    let refused = client.refresh_store(permit(), 7).await.outcome.unwrap_err();
    assert!(matches!(refused, Failure::Permanent { .. }), "{refused}");
}
