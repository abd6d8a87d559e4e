//! The V1 list call that answers what an address of V2 asks: facts are read through V1 alone, which needs no second
//! key. Which id of V1 an id of V2 is, is in ShipStation's guide for moving from V1 to V2: a V2 label is a V1
//! shipment, and a V2 shipment is a V1 order.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::hosts::AllowedHosts;
use super::resource_url::{UrlFault, filters, plain};
use crate::event::{ShipmentQuery, ShipmentSource};
use crate::pacific;

/// The filters of `/v2/labels` that we know, the best first, each with V1's that means the same. Batches are
/// numbered anew in V2.
const OF_LABELS: [(&str, Option<&str>); 3] =
    [("label_id", Some("shipmentId")), ("shipment_id", Some("orderId")), ("batch_id", None)];

/// The same of `/v2/fulfillments`. That a fulfilment has the same number in V1 is documented nowhere.
const OF_FULFILMENTS: [(&str, Option<&str>); 3] =
    [("shipment_id", Some("orderId")), ("fulfillment_id", None), ("batch_id", None)];

/// How long a notification may take: a question by time looks so much further back.
const OLDEST_NOTIFICATION: SignedDuration = SignedDuration::from_hours(2);

/// Questions by time begin at whole multiples of this, so that the notifications of a batch ask the same one.
const STEP_SECONDS: i64 = 600;

/// The list call of V1 behind an address of V2; by the time of the notification where no id leads to V1.
pub(super) fn query(
    raw: &str,
    source: ShipmentSource,
    hosts: &AllowedHosts,
    received_at: Timestamp,
) -> Result<ShipmentQuery, UrlFault> {
    let (url, path) = plain(raw)?;
    let (list, known) = match source {
        ShipmentSource::Labels => ("/v2/labels", OF_LABELS),
        ShipmentSource::Fulfilments => ("/v2/fulfillments", OF_FULFILMENTS),
    };
    hosts.check_v2(&url, path, list)?;
    let found = filters(&url, &known.map(|(name, _)| name))?;
    let by_id = known.into_iter().find_map(|(name, v1)| Some((name, v1?, found.get(name)?)));
    let (filter, value) = match by_id {
        Some((name, v1, value)) => (v1, number(value).ok_or(UrlFault::Id { name })?.to_string()),
        None => ("createDateStart", since(received_at)),
    };
    Ok(ShipmentQuery { source, filters: BTreeMap::from([(filter.to_owned(), value)]) })
}

/// The number of an id such as `se-123`.
fn number(id: &str) -> Option<i64> {
    let digits = id.strip_prefix("se-").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|number| *number > 0)
}

/// Where a question by time begins, as V1 writes dates.
fn since(received_at: Timestamp) -> String {
    let oldest = (received_at - OLDEST_NOTIFICATION).as_second();
    let step = oldest - oldest.rem_euclid(STEP_SECONDS);
    let begin = Timestamp::from_second(step).expect("ten minutes before an instant is one");
    pacific::filter_from(begin)
}
