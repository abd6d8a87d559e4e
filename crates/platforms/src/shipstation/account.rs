//! Reads what an account has beside orders and shipments, and what the mapping may name: stores, carriers,
//! services, tags.

use domain::rates::Address;

use crate::json::{FieldError, Fields};

/// A store of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The kind of shop behind it: `ShipStation` for a manual store.
    pub marketplace: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A place that parcels leave from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its origin address, as typed; empty where it has none.
    pub origin: Address,
}

/// A carrier of the account, or one of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The code, such as `ups_walleted` or `ups_ground`.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// A tag of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A store of `GET /stores`.
pub(super) fn store(fields: &Fields<'_>) -> Result<Store, FieldError> {
    Ok(Store {
        id: fields.required_id("storeId")?,
        name: fields.text("storeName")?,
        marketplace: fields.text("marketplaceName")?,
        active: fields.boolean("active")?.unwrap_or(true),
    })
}

/// A warehouse of `GET /warehouses`.
pub(super) fn warehouse(fields: &Fields<'_>) -> Result<Warehouse, FieldError> {
    let origin = fields.object("originAddress")?;
    Ok(Warehouse {
        id: fields.required_id("warehouseId")?,
        name: fields.text("warehouseName")?,
        origin: origin.map(|origin| origin.address()).transpose()?.unwrap_or_default(),
    })
}

/// A carrier of `GET /carriers`, a service of `GET /carriers/listservices`.
pub(super) fn choice(fields: &Fields<'_>) -> Result<Choice, FieldError> {
    let code = fields.text("code")?;
    if code.is_empty() {
        return Err(FieldError::Missing("code"));
    }
    Ok(Choice { code, name: fields.text("name")? })
}

/// A tag of `GET /accounts/listtags`.
pub(super) fn tag(fields: &Fields<'_>) -> Result<Tag, FieldError> {
    Ok(Tag { id: fields.required_id("tagId")?, name: fields.text("name")? })
}
