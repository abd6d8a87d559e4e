//! What an account has besides orders and labels: stores, warehouses and tags. All of it is fixed.

use serde_json::{Value, json};

/// The id of the account's warehouse.
pub(crate) const WAREHOUSE_ID: i64 = 47_110;

const TAGS: [(i64, &str, &str); 3] =
    [(101, "Rush", "#FF0000"), (102, "Fragile", "#FFAA00"), (103, "Gift wrap", "#00AA55")];

/// A store of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The marketplace it is connected to; `None` is a "manual" store, where orders come by API or by hand.
    pub marketplace: Option<String>,
}

impl Store {
    /// Two manual stores and one of a marketplace.
    pub(crate) fn defaults() -> Vec<Self> {
        [
            (12_345, "Manual Orders", None),
            (12_346, "Wholesale", None),
            (23_456, "Market Stall", Some("Amazon")),
        ]
        .map(|(id, name, marketplace)| Self {
            id,
            name: name.to_owned(),
            marketplace: marketplace.map(str::to_owned),
        })
        .to_vec()
    }

    /// The row of `GET /stores`.
    pub(crate) fn row(&self) -> Value {
        json!({
            "storeId": self.id,
            "storeName": self.name,
            "marketplaceId": if self.marketplace.is_some() { 2 } else { 0 },
            "marketplaceName": self.marketplace.as_deref().unwrap_or("ShipStation"),
            "accountName": null,
            "email": null,
            "integrationUrl": null,
            "active": true,
            "companyName": "",
            "phone": "",
            "publicEmail": "",
            "website": "",
            "refreshDate": null,
            "lastRefreshAttempt": null,
            "createDate": "2023-02-14T09:30:12.41",
            "modifyDate": "2023-02-14T09:30:12.41",
            "autoRefresh": false,
            "statusMappings": null,
        })
    }
}

pub(crate) fn has_tag(id: i64) -> bool {
    TAGS.iter().any(|(known, ..)| *known == id)
}

pub(crate) fn tags() -> Vec<Value> {
    TAGS.iter().map(|(id, name, color)| json!({ "tagId": id, "name": name, "color": color })).collect()
}

pub(crate) fn warehouses() -> Value {
    let address = json!({
        "name": "Main Warehouse", "company": "Demo Trading", "street1": "400 Harbor Way", "street2": null,
        "street3": null, "city": "Oakland", "state": "CA", "postalCode": "94607", "country": "US",
        "phone": "510-555-0100", "residential": false, "addressVerified": null,
    });
    json!([{
        "warehouseId": WAREHOUSE_ID,
        "warehouseName": "Main Warehouse",
        "originAddress": address,
        "returnAddress": address,
        "createDate": "2023-02-14T09:31:40.1200000",
        "isDefault": true,
        "sellerIntegrationId": null,
        "extInventoryIdentity": null,
        "registerFedexMeter": null,
    }])
}
