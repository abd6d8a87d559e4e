//! Webhook subscriptions and the outbox of notifications. Delivering them is not the machine's business.

use serde_json::{Value, json};

use super::ShipStation;

/// What a subscription is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookEvent {
    /// `ORDER_NOTIFY`
    OrderNotify,
    /// `ITEM_ORDER_NOTIFY`
    ItemOrderNotify,
    /// `SHIP_NOTIFY`
    ShipNotify,
    /// `ITEM_SHIP_NOTIFY`
    ItemShipNotify,
    /// `FULFILLMENT_SHIPPED`
    FulfillmentShipped,
    /// `FULFILLMENT_REJECTED`: can be subscribed; nothing in the sandbox raises it.
    FulfillmentRejected,
}

impl WebhookEvent {
    const NAMES: [(&'static str, Self); 6] = [
        ("ORDER_NOTIFY", Self::OrderNotify),
        ("ITEM_ORDER_NOTIFY", Self::ItemOrderNotify),
        ("SHIP_NOTIFY", Self::ShipNotify),
        ("ITEM_SHIP_NOTIFY", Self::ItemShipNotify),
        ("FULFILLMENT_SHIPPED", Self::FulfillmentShipped),
        ("FULFILLMENT_REJECTED", Self::FulfillmentRejected),
    ];

    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, event)| *event)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, event)| *event == self).map_or("", |(name, _)| name)
    }
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: i64,
    /// Where notifications go.
    pub target_url: String,
    /// What it is for.
    pub event: WebhookEvent,
    /// Only this store's; `None`: the whole account's.
    pub store_id: Option<i64>,
    /// A name for people.
    pub name: Option<String>,
    /// Whether it is called.
    pub active: bool,
}

impl Subscription {
    /// The row of `GET /webhooks`, in its Pascal case.
    pub(crate) fn row(&self) -> Value {
        json!({
            "IsLabelAPIHook": false,
            "WebHookID": self.id,
            "SellerID": 100_200,
            "StoreID": self.store_id,
            "HookType": self.event.name(),
            "MessageFormat": "Json",
            "Url": self.target_url,
            "Name": self.name,
            "BulkCopyBatchID": null,
            "BulkCopyRecordID": null,
            "Active": self.active,
            "WebhookLogs": [],
            "Seller": null,
            "Store": null,
        })
    }
}

/// A webhook that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Where to.
    pub target_url: String,
    /// The JSON body: `resource_url` and `resource_type`.
    pub body: String,
}

impl ShipStation {
    /// The notifications since the last time, oldest first.
    pub fn take_outbox(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.outbox)
    }

    /// The subscriptions by id.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// Subscribes, as `POST /webhooks/subscribe` does, and returns the id.
    pub fn subscribe(
        &mut self,
        target_url: impl Into<String>,
        event: WebhookEvent,
        store_id: Option<i64>,
    ) -> i64 {
        self.insert_subscription(target_url.into(), event, store_id, None)
    }

    /// Changes a subscription, as people do on ShipStation's screen and ShipStation itself does to one that fails.
    /// Whether it is there.
    pub fn edit_subscription(&mut self, id: i64, edit: impl FnOnce(&mut Subscription)) -> bool {
        self.subscriptions.get_mut(&id).map(edit).is_some()
    }

    /// Removes a subscription, as `DELETE /webhooks/{id}` does. Whether it was there.
    pub fn unsubscribe(&mut self, id: i64) -> bool {
        self.subscriptions.remove(&id).is_some()
    }

    pub(super) fn insert_subscription(
        &mut self,
        target_url: String,
        event: WebhookEvent,
        store_id: Option<i64>,
        name: Option<String>,
    ) -> i64 {
        let id = self.ids.webhook();
        self.subscriptions.insert(id, Subscription { id, target_url, event, store_id, name, active: true });
        id
    }

    /// One message for a batch of outbound labels, however many there are.
    pub(super) fn notify_labels(&mut self, batch: i64, shipment_ids: &[i64]) {
        let stores: Vec<_> = shipment_ids
            .iter()
            .filter_map(|id| self.shipments.get(id))
            .map(|row| row.advanced_options.store_id)
            .collect();
        let batch = format!("batchId={batch}&includeShipmentItems=");
        self.notify(WebhookEvent::ShipNotify, "shipments", &format!("{batch}False"), &stores);
        self.notify(WebhookEvent::ItemShipNotify, "shipments", &format!("{batch}True"), &stores);
    }

    pub(super) fn notify_fulfillment(&mut self, fulfillment_id: i64, store_id: i64) {
        let query = format!("fulfillmentId={fulfillment_id}");
        self.notify(WebhookEvent::FulfillmentShipped, "fulfillments", &query, &[Some(store_id)]);
    }

    /// One message for an import, however many orders it brought.
    pub(super) fn notify_orders(&mut self, import: uuid::Uuid, order_ids: &[i64]) {
        let stores: Vec<_> = order_ids
            .iter()
            .filter_map(|id| self.orders.get(id))
            .map(|order| Some(order.advanced_options.store_id))
            .collect();
        let query = format!("importBatch={import}");
        self.notify(WebhookEvent::OrderNotify, "orders", &query, &stores);
        self.notify(WebhookEvent::ItemOrderNotify, "orders", &query, &stores);
    }

    fn notify(&mut self, event: WebhookEvent, resource: &str, query: &str, stores: &[Option<i64>]) {
        if stores.is_empty() {
            return;
        }
        let base = &self.settings.resource_base;
        for hook in self.subscriptions.values().filter(|hook| hook.active && hook.event == event) {
            let store = match hook.store_id {
                Some(id) if stores.contains(&Some(id)) => format!("storeID={id}&"),
                Some(_) => continue,
                None => String::new(),
            };
            let resource_url = format!("{base}/{resource}?{store}{query}");
            let body = json!({ "resource_url": resource_url, "resource_type": event.name() }).to_string();
            self.outbox.push(Notification { target_url: hook.target_url.clone(), body });
        }
    }
}
