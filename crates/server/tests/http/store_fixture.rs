//! A bridge with a custom store over a ledger of its own, and what is in both.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use rust_decimal::Decimal;
use tempfile::TempDir;

use domain::effect::Fingerprint;
use domain::feed::{FeedBuyer, FeedItem, FeedOrder, FeedRecipient, FeedStatus};
use domain::ids::{ConnectionName, OrderId};
use domain::record::{Intake, Placed, Reading};
use domain::shipping_order::{ShippingAddress, ShippingOrder, ShippingStatus};
use ledger::{Ledger, SqliteLedger};
use server::{Inbound, ServerMetrics, StoreEndpoint, StoreLedger};

use crate::bridge::{Bridge, config, inbound, now, secrets};
use crate::client::{Answer, send};

pub(crate) const USER: &str = "acme";
pub(crate) const PASSWORD: &str = "open:sesame";

/// A bridge with the store of `acme`.
pub(crate) struct Shop {
    pub(crate) bridge: Bridge,
    pub(crate) ledger: Arc<SqliteLedger>,
    pub(crate) folder: TempDir,
}

pub(crate) fn acme() -> ConnectionName {
    "acme".parse().unwrap()
}

/// A connection with a store and nothing else.
pub(crate) fn store(credentials: &[&str], query_credentials: bool) -> Inbound {
    let store = StoreEndpoint { credentials: secrets(credentials), query_credentials };
    Inbound { store: Some(store), ..inbound("acme", None, None) }
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(store(&[&format!("{USER}:{PASSWORD}")], false)).await
    }

    pub(crate) async fn with(connection: Inbound) -> Self {
        Self::over(tempfile::tempdir().unwrap(), connection).await
    }

    /// Over what a folder has already.
    pub(crate) async fn over(folder: TempDir, connection: Inbound) -> Self {
        let ledger = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db")).await.unwrap());
        let mut registry = Registry::with_prefix("shipbridge");
        let metrics = ServerMetrics::register(&mut registry);
        let mut config = config(vec![connection]);
        // Long enough for a disk that is busy with other tests.
        config.publish_deadline = Duration::from_secs(4);
        let shared: Arc<dyn Ledger> = ledger.clone();
        let bridge = Bridge::start_with(&config, registry, &metrics, Some(StoreLedger::opened(shared)));
        Self { bridge, ledger, folder }
    }

    /// Puts orders into the feed, changed at this time.
    pub(crate) async fn put(&self, orders: &[FeedOrder], at: Timestamp) {
        use ledger::Feed;
        let changed = self.ledger.put_in_feed(&acme(), orders, at).await.unwrap();
        assert!(changed.into_iter().all(|changed| changed));
    }

    /// Remembers an order that is in ShipStation.
    pub(crate) async fn remember(&self, id: i64, reference: &str, status: ShippingStatus) {
        use ledger::Orders;
        self.ledger.keep_readings(&acme(), &[reading(id, reference)]).await.unwrap();
        let placed =
            Placed { shipstation_order: None, document: document(id, reference, status), attempt: None };
        self.ledger.keep_placed(&acme(), &[(OrderId(id), placed)]).await.unwrap();
    }

    pub(crate) async fn get(&self, query: &str) -> Answer {
        self.call("GET", query, &[], b"").await
    }

    /// An export of a window, its dates as ShipStation writes them.
    pub(crate) async fn export(&self, start: &str, end: &str, page: &str) -> Answer {
        let escaped = |date: &str| date.replace('/', "%2f").replace(' ', "+").replace(':', "%3a");
        let (start, end) = (escaped(start), escaped(end));
        self.get(&format!("action=export&start_date={start}&end_date={end}&page={page}")).await
    }

    pub(crate) async fn notify(&self, query: &str, body: &str) -> Answer {
        self.call("POST", &format!("action=shipnotify&{query}"), &[], body.as_bytes()).await
    }

    /// A call that is proven.
    pub(crate) async fn call(
        &self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let authorization = basic(USER, PASSWORD);
        let headers = [&[("Authorization", authorization.as_str())], headers].concat();
        send(self.bridge.addr, method, &format!("/store/acme?{query}"), &headers, body).await
    }
}

/// An order with as little as one may have.
pub(crate) fn order(id: i64) -> FeedOrder {
    let (name, empty) = (format!("Ann {id}"), String::new);
    FeedOrder {
        id: OrderId(id),
        number: format!("SO-{id}"),
        ordered: now(),
        status: FeedStatus::Paid,
        shipping_method: empty(),
        payment_method: empty(),
        currency: "AUD".into(),
        total: 10.into(),
        tax: Decimal::ZERO,
        shipping: Decimal::ZERO,
        customer_notes: empty(),
        internal_notes: empty(),
        gift: false,
        custom_fields: [empty(), empty(), empty()],
        source: empty(),
        customer_code: id.to_string(),
        bill_to: FeedBuyer { name: name.clone(), company: empty(), phone: empty(), email: empty() },
        ship_to: FeedRecipient {
            name,
            company: empty(),
            address1: "1 High Street".into(),
            address2: empty(),
            city: "Sydney".into(),
            state: empty(),
            postal_code: empty(),
            country: "AU".into(),
            phone: empty(),
        },
        items: vec![item(&format!("{id}:1"), "RED")],
    }
}

pub(crate) fn item(line_key: &str, sku: &str) -> FeedItem {
    FeedItem {
        line_key: line_key.into(),
        sku: sku.into(),
        name: format!("Article {sku}"),
        image_url: String::new(),
        weight: None,
        quantity: 1,
        unit_price: 10.into(),
        upc: String::new(),
        location: String::new(),
        adjustment: false,
        options: Vec::new(),
    }
}

fn reading(id: i64, reference: &str) -> Reading {
    Reading {
        id: OrderId(id),
        reference: reference.into(),
        stage: "Fully Picked".into(),
        version: now(),
        content: Fingerprint::of(&id),
        platform_time: None,
        intake: Intake::Eligible,
        verdicts: Vec::new(),
        reached_in_sight: true,
        objection: None,
        dispatched: false,
    }
}

/// What ShipStation shall have of an order, as little as there may be.
pub(crate) fn document(id: i64, number: &str, status: ShippingStatus) -> ShippingOrder {
    let address = ShippingAddress {
        name: "Ann".into(),
        street1: "1 High Street".into(),
        city: "Sydney".into(),
        country: "AU".into(),
        ..ShippingAddress::default()
    };
    ShippingOrder {
        order_key: format!("sb-acme-{id}"),
        order_number: number.into(),
        order_date: now(),
        status,
        customer_username: "ann".into(),
        customer_email: String::new(),
        bill_to: address.clone(),
        ship_to: address,
        items: Vec::new(),
        amount_paid: Decimal::TEN,
        tax_amount: Decimal::ZERO,
        shipping_amount: Decimal::ZERO,
        customer_notes: String::new(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: String::new(),
        weight: None,
        store_id: None,
        custom_fields: Default::default(),
        gift: false,
        source: String::new(),
        service: None,
        tags: Vec::new(),
        currency: "AUD".into(),
        replaces: None,
    }
}
