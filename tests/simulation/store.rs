//! ShipStation's side of a custom store: it fetches windows that overlap, page by page, over real HTTP, brings what it
//! fetched into the simulated account, and tells of every label and mark in a notice, which may come twice, late and in
//! any order, and again when it was refused. It knows the guide and nothing of the bridge's code.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sandbox::exchange::{Method, Request};
use sandbox::shipstation::ShipStation;
use sandbox::shipstation::model::Order;
use serde_json::{Value, json};

use crate::http::{Answer, get_with, post};
use crate::store_reader::{self as reader, Item};
use crate::world::{Site, World};

/// The credentials that the merchant has typed in.
pub(crate) const USER: &str = "acme";
pub(crate) const PASSWORD: &str = "open sesame";
/// `acme:open sesame` as Basic credentials.
const BASIC: &str = "Basic YWNtZTpvcGVuIHNlc2FtZQ==";
/// The store that the custom store is in the account.
pub(crate) const STORE: i64 = 12_345;
/// By so much a window overlaps the one before.
const OVERLAP: SignedDuration = SignedDuration::from_mins(1);
/// The share of notices that come twice, and that come a round later.
const DOUBLED: f64 = 0.2;
const LATE: f64 = 0.3;

/// One parcel of one order, as it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notice {
    pub(crate) order_id: String,
    pub(crate) order_number: String,
    /// In UTC.
    pub(crate) created: Timestamp,
    pub(crate) ship_date: String,
    pub(crate) carrier: String,
    pub(crate) service: String,
    pub(crate) tracking: String,
    pub(crate) cost: String,
    /// Line keys, SKUs and quantities.
    pub(crate) items: Vec<(String, String, i64)>,
}

/// ShipStation, with a custom store in it.
pub(crate) struct Importer {
    addr: SocketAddr,
    fetched_until: Option<Timestamp>,
    told: BTreeSet<String>,
    waiting: Vec<Notice>,
    /// What is wrong with what was fetched.
    pub(crate) complaints: Vec<String>,
}

impl Importer {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        let (told, waiting, complaints) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { addr, fetched_until: None, told, waiting, complaints }
    }

    /// Fetches everything that changed since the last time. How many orders there were.
    pub(crate) async fn fetch(&mut self, world: &World) -> usize {
        let now = world.now(Site::ShipStation);
        let from = self.fetched_until.map_or(now - SignedDuration::from_hours(24), |until| until - OVERLAP);
        let (mut page, mut seen) = (1, BTreeSet::new());
        loop {
            let answer = export(self.addr, from, now, page).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let fetched = reader::read(&answer.body);
            for order in &fetched.orders {
                if !seen.insert(order.order_id.clone()) {
                    self.complaints.push(format!("order {} is on two pages", order.order_id));
                }
                let is_late = self.waiting.iter().any(|notice| notice.order_number == order.order_number);
                let wrong = import(&mut world.shipstation(), order, now);
                // Nobody can know of a parcel that is told later.
                self.complaints.extend(wrong.filter(|_| !is_late));
            }
            if page >= fetched.pages {
                break;
            }
            page += 1;
        }
        self.fetched_until = Some(now);
        seen.len()
    }

    /// Notes what has been bought and marked since the last time, a notice for each order that is in it.
    pub(crate) fn collect(&mut self, world: &World) {
        let numbers: BTreeMap<i64, String> =
            world.cin7().orders().map(|order| (order.id, order.reference.clone())).collect();
        let notices = notices(&world.shipstation(), &numbers);
        let new = notices.into_iter().filter(|(row, _)| self.told.insert(row.clone()));
        self.waiting.extend(new.map(|(_, notice)| notice));
    }

    /// Tells what is to be told, some of it later, some twice. What is refused is told again the next time.
    pub(crate) async fn tell(&mut self, dice: &mut StdRng) {
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for notice in std::mem::take(&mut self.waiting) {
            let copies = if dice.random_bool(DOUBLED) { 2 } else { 1 };
            for _ in 0..copies {
                let to = if dice.random_bool(LATE) { &mut later } else { &mut now };
                to.push(notice.clone());
            }
        }
        now.shuffle(dice);
        for notice in now {
            let answer = notify(self.addr, &notice).await;
            if answer.status != 200 {
                later.push(notice);
            }
        }
        self.waiting = later;
    }

    /// Tells all that is left. What is refused now is refused for good.
    pub(crate) async fn tell_all(&mut self) {
        for notice in std::mem::take(&mut self.waiting) {
            let answer = notify(self.addr, &notice).await;
            if answer.status != 200 {
                self.complaints.push(format!("{}: {notice:?}", answer.body));
            }
        }
    }
}

/// One page of a window.
pub(crate) async fn export(addr: SocketAddr, from: Timestamp, until: Timestamp, page: i16) -> Answer {
    let date = |at: Timestamp| at.strftime("%m%%2f%d%%2f%Y+%H%%3a%M").to_string();
    let path =
        format!("/store/acme?action=export&start_date={}&end_date={}&page={page}", date(from), date(until));
    // The server's ledger and broker work on this thread.
    let answer = tokio::task::spawn_blocking(move || get_with(addr, &path, &[("Authorization", BASIC)]));
    answer.await.unwrap().expect("the store answers")
}

/// Tells of one parcel.
pub(crate) async fn notify(addr: SocketAddr, notice: &Notice) -> Answer {
    let path = "/store/acme?action=shipnotify&order_number=&carrier=&service=&tracking_number=";
    let body = notice.document();
    let told = move || post(addr, path, &[("Authorization", BASIC)], body.as_bytes());
    tokio::task::spawn_blocking(told).await.unwrap().expect("the store answers")
}

impl Notice {
    fn document(&self) -> String {
        let text = |name: &str, value: &str| {
            format!("<{name}>{}</{name}>", value.replace('&', "&amp;").replace('<', "&lt;"))
        };
        let item = |(key, sku, quantity): &(String, String, i64)| {
            let (sku, key) = (text("SKU", sku), text("LineItemID", key));
            format!("<Item>{sku}<Name>A thing</Name><Quantity>{quantity}</Quantity>{key}</Item>")
        };
        let items: String = self.items.iter().map(item).collect();
        let fields = [
            ("OrderNumber", &self.order_number),
            ("OrderID", &self.order_id),
            ("LabelCreateDate", &self.created.strftime("%m/%d/%Y %H:%M").to_string()),
            ("ShipDate", &self.ship_date),
            ("Carrier", &self.carrier),
            ("Service", &self.service),
            ("TrackingNumber", &self.tracking),
            ("ShippingCost", &self.cost),
        ];
        let fields: String = fields.iter().map(|(name, value)| text(name, value)).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><ShipNotice>{fields}<Items>{items}</Items></ShipNotice>"
        )
    }
}

/// Brings a fetched order into the account, as long as it is one that may still change there. What is wrong with it.
fn import(shipstation: &mut ShipStation, order: &reader::Order, now: Timestamp) -> Option<String> {
    let there = shipstation.orders().find(|there| there.order_key == order.order_id).cloned();
    let status = match order.order_status.as_str() {
        "unpaid" => "awaiting_payment",
        "paid" => "awaiting_shipment",
        "shipped" => "shipped",
        "cancelled" => "cancelled",
        "on_hold" => "on_hold",
        other => return Some(format!("order {} has the status {other}", order.order_id)),
    };
    if let Some(there) = there.filter(|there| is_over(shipstation, there)) {
        // The pieces of a split ship one by one.
        let whole = !there.advanced_options.merged_or_split;
        let offered = whole && status == "awaiting_shipment" && there.order_status.name() == "shipped";
        return offered.then(|| format!("order {} has shipped, and is offered once more", order.order_id));
    }
    let body = json!([{
        "orderKey": order.order_id, "orderNumber": order.order_number,
        "orderDate": "2026-06-10T00:00:00", "orderStatus": status,
        "billTo": { "name": order.customer.bill_to.name },
        "shipTo": {
            "name": order.customer.ship_to.name, "street1": order.customer.ship_to.address1,
            "city": order.customer.ship_to.city, "country": order.customer.ship_to.country,
            "postalCode": order.customer.ship_to.postal_code,
        },
        "items": order.items.items.iter().map(line).collect::<Vec<_>>(),
        "advancedOptions": { "storeId": STORE },
    }]);
    let request = Request {
        method: Method::Post,
        path: "/orders/createorders".to_owned(),
        query: Vec::new(),
        authorization: Some("Basic ZGVtby1zcy1rZXk6ZGVtby1zcy1zZWNyZXQ=".to_owned()),
        api_key: None,
        body: body.to_string().into_bytes(),
    };
    let reply = shipstation.handle(&request, now);
    let taken = reply.status == 200 && !String::from_utf8_lossy(&reply.body).contains("\"hasErrors\":true");
    (!taken).then(|| {
        format!("order {} cannot be imported: {}", order.order_id, String::from_utf8_lossy(&reply.body))
    })
}

/// Whether an order is no longer changed by what is fetched.
fn is_over(shipstation: &ShipStation, there: &Order) -> bool {
    let has_label = shipstation.shipments().any(|row| row.order_id == Some(there.order_id));
    has_label
        || there.absent.is_some()
        || there.advanced_options.merged_or_split
        || !there.order_status.is_updatable()
}

fn line(item: &Item) -> Value {
    json!({
        "lineItemKey": item.line_item_id, "sku": item.sku, "name": item.name, "quantity": item.quantity,
        "unitPrice": item.unit_price.parse::<f64>().unwrap(), "adjustment": item.adjustment.unwrap_or(false),
    })
}

/// A notice for every label and mark, and for each Cin7 order that is in it, by a name of its own.
fn notices(shipstation: &ShipStation, numbers: &BTreeMap<i64, String>) -> Vec<(String, Notice)> {
    let orders: BTreeMap<i64, &Order> = shipstation.orders().map(|order| (order.order_id, order)).collect();
    let labels = shipstation.shipments().filter(|row| !row.is_return_label).map(|row| {
        let items = row.items().iter().map(|item| (&item.line_item_key, &item.sku, item.quantity));
        let notice = Notice {
            created: instant(row.create_date),
            ship_date: row.ship_date.strftime("%m/%d/%Y").to_string(),
            carrier: carrier(&row.carrier_code),
            service: row.service_code.replace('_', " "),
            tracking: row.tracking_number.clone(),
            cost: row.shipment_cost.to_string(),
            ..Notice::default()
        };
        (format!("label {}", row.shipment_id), row.order_id, by_order(items), notice)
    });
    let marks = shipstation.fulfillments().map(|row| {
        let items = orders.get(&row.order_id).map(|order| order.items.as_slice()).unwrap_or_default();
        let things = items.iter().filter(|item| !item.adjustment);
        let items = things.map(|item| (&item.line_item_key, &item.sku, item.quantity));
        let notice = Notice {
            created: instant(row.create_date),
            ship_date: row.ship_date.strftime("%m/%d/%Y").to_string(),
            carrier: carrier(row.carrier_code.as_deref().unwrap_or_default()),
            tracking: row.tracking_number.clone(),
            ..Notice::default()
        };
        (format!("mark {}", row.fulfillment_id), Some(row.order_id), by_order(items), notice)
    });
    let mut told = Vec::new();
    for (row, order, parts, notice) in labels.chain(marks) {
        let key = order.and_then(|id| orders.get(&id)).map(|order| order.order_key.clone());
        for (cin7_order, items) in parts {
            let Some(order_number) = numbers.get(&cin7_order).cloned() else { continue };
            // A piece of a split has a key of its own; of orders that were combined each is told by its own.
            let own = key.clone().filter(|key| key.contains('-'));
            let order_id = own.unwrap_or_else(|| cin7_order.to_string());
            told.push((
                format!("{row}/{cin7_order}"),
                Notice { order_id, order_number, items, ..notice.clone() },
            ));
        }
    }
    told
}

/// Items by the Cin7 order that their line keys name.
fn by_order<'a>(
    items: impl Iterator<Item = (&'a Option<String>, &'a Option<String>, i64)>,
) -> BTreeMap<i64, Vec<(String, String, i64)>> {
    let mut parts: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for (key, sku, quantity) in items {
        let (key, sku) = (key.clone().unwrap_or_default(), sku.clone().unwrap_or_default());
        if let Some(order) = key.split(':').next().and_then(|id| id.parse().ok()) {
            parts.entry(order).or_default().push((key, sku, quantity));
        }
    }
    parts
}

/// Display names, as notices have them.
fn carrier(code: &str) -> String {
    match code {
        "stamps_com" => "USPS",
        "ups_walleted" => "UPS",
        "fedex" => "FedEx",
        other => other,
    }
    .to_owned()
}

/// The account's calendar is US Pacific time.
fn instant(wall: jiff::civil::DateTime) -> Timestamp {
    let pacific = TimeZone::get("America/Los_Angeles").unwrap();
    pacific.to_timestamp(wall).unwrap()
}
