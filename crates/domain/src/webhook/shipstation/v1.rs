//! The list call behind an address of V1: the filters that we know, as they are.

use super::hosts::AllowedHosts;
use super::resource_url::{UrlFault, filters, plain};
use crate::event::{ShipmentQuery, ShipmentSource};

/// The filters that we know, spelled as we send them. Paging and `includeShipmentItems` are the reader's.
const FILTERS: [&str; 14] = [
    "batchId",
    "storeId",
    "shipmentId",
    "orderId",
    "orderNumber",
    "trackingNumber",
    "createDateStart",
    "createDateEnd",
    "shipDateStart",
    "shipDateEnd",
    "voidDateStart",
    "voidDateEnd",
    "fulfillmentId",
    "importBatch",
];

/// The list call behind an address.
pub(super) fn query(
    raw: &str,
    source: ShipmentSource,
    hosts: &AllowedHosts,
) -> Result<ShipmentQuery, UrlFault> {
    let (url, path) = plain(raw)?;
    let list = match source {
        ShipmentSource::Labels => "/shipments",
        ShipmentSource::Fulfilments => "/fulfillments",
    };
    hosts.check_v1(&url, path, list)?;
    let filters = filters(&url, &FILTERS)?.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok(ShipmentQuery { source, filters: filters.collect() })
}
