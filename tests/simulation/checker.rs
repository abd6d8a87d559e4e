//! What must be true in the end, told from the platforms' own state and call logs. Nothing of the bridge's
//! code decides here: the rules are written down a second time, from the contract.

pub(crate) mod family;

use domain::record::OrderState;
use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use sandbox::generator::Expected;
use sandbox::shipstation::ShipStation;

use crate::bridge::Bridge;
use crate::story;
use crate::world::World;
use family::{Family, Parcel};

/// The longest tracking code (Cin7's schema).
const TRACKING_MAX: usize = 50;

/// What must become of an order, and what must stay as people typed it.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    pub(crate) expected: Expected,
    /// The carrier that a person typed; it is never overwritten.
    typed_carrier: Option<String>,
    /// The staff's comments.
    comments: String,
    /// Freight and its description, as people typed them.
    freight: (Decimal, Option<String>),
}

impl Expectation {
    pub(crate) fn of(order: &SalesOrder, expected: Expected) -> Self {
        let typed_carrier = order.logistics_carrier.clone();
        let comments = order.internal_comments.clone().unwrap_or_default();
        let freight = (order.freight_total, order.freight_description.clone());
        Self { expected, typed_carrier, comments, freight }
    }
}

impl Expectation {
    /// Whether somebody has said what shipping costs: then nobody else does.
    fn has_freight(&self) -> bool {
        !self.freight.0.is_zero() || self.freight.1.is_some()
    }
}

/// What is wrong with the platforms; nothing when every order is where it belongs.
pub(crate) fn complaints<'a>(
    world: &World,
    expected: impl IntoIterator<Item = (&'a i64, &'a Expectation)>,
) -> Vec<String> {
    let mut complaints = world.breaches();
    let cin7 = world.cin7();
    let shipstation = world.shipstation();
    for (id, expectation) in expected {
        let Some(order) = cin7.order(*id) else {
            complaints.push(format!("order {id}: gone from Cin7"));
            continue;
        };
        let family = Family::of(&shipstation, *id);
        let found = match expectation.expected {
            Expected::Ships => shipping_complaints(order, expectation, &family, &shipstation),
            Expected::Stays(rule) => staying_complaints(rule, &family),
        };
        let mut bound = if expectation.expected == Expected::Ships { family.changes() } else { 0 };
        if expectation.has_freight() {
            let shown = (order.freight_total, order.freight_description.clone());
            if shown != expectation.freight {
                complaints.push(format!("order {id}: freight {:?} became {shown:?}", expectation.freight));
            }
        } else {
            // Quoted once, whatever else happens.
            bound += 1;
        }
        let writes = cin7.calls().writes_of(*id);
        let too_many = (writes > bound)
            .then(|| format!("written to Cin7 {writes} times for {bound} changes of its shipments"));
        complaints.extend(found.into_iter().chain(too_many).map(|text| format!("order {id}: {text}")));
    }
    complaints
}

fn staying_complaints(rule: &str, family: &Family<'_>) -> Vec<String> {
    let copies = family.roots.len() + family.impostors.len();
    if copies == 0 {
        Vec::new()
    } else {
        vec![format!("sent to ShipStation although `{rule}` does not hold")]
    }
}

fn shipping_complaints(
    order: &SalesOrder,
    expectation: &Expectation,
    family: &Family<'_>,
    shipstation: &ShipStation,
) -> Vec<String> {
    let mut found = once_complaints(order, family, shipstation);
    let live = family.live();
    if live.is_empty() || !family.is_covered() {
        found.push("not all of it has shipped".to_owned());
        return found;
    }
    let stage = order.stage.as_deref().unwrap_or_default();
    if order.dispatched_date.is_none() || stage != "Dispatched" {
        found.push(format!("shipped, and in Cin7 it is not dispatched but `{stage}`"));
    }
    let (code, wanted) = (order.tracking_code.as_deref().unwrap_or_default(), tracking_code(&live));
    if code != wanted {
        found.push(format!("Cin7 shows the tracking code `{code}`, the live numbers are `{wanted}`"));
    }
    found.extend(carrier_complaint(order, expectation, family, &live));
    found.extend(comment_complaints(order, expectation, family, &live));
    found
}

/// It must be in ShipStation once, sent once.
fn once_complaints(order: &SalesOrder, family: &Family<'_>, shipstation: &ShipStation) -> Vec<String> {
    let mut found = Vec::new();
    let visible = family.roots.iter().filter(|root| root.absent.is_none()).count();
    if visible != 1 || family.roots.len() != 1 {
        found.push(format!("{visible} times in ShipStation under its key, and it must be once"));
    }
    if let Some(impostor) = family.impostors.first() {
        found.push(format!("also in ShipStation under the key {}", impostor.order_key));
    }
    let sent = shipstation.calls().upserts().get(&story::key(order.id)).copied().unwrap_or_default();
    if sent > 1 {
        found.push(format!("sent to ShipStation {sent} times"));
    }
    found
}

/// The live numbers, newest first, as many as fit, none of them cut.
fn tracking_code(live: &[Parcel<'_>]) -> String {
    let mut numbers: Vec<&str> = Vec::new();
    for number in live.iter().map(|parcel| parcel.tracking).filter(|number| !number.is_empty()) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    while numbers.join(", ").len() > TRACKING_MAX {
        numbers.pop();
    }
    numbers.join(", ")
}

/// A person's carrier stays; else it is the newest live parcel's, by the name that people know. When that
/// parcel names none, an earlier one's may stay.
fn carrier_complaint(
    order: &SalesOrder,
    expectation: &Expectation,
    family: &Family<'_>,
    live: &[Parcel<'_>],
) -> Option<String> {
    let shown = order.logistics_carrier.as_deref().unwrap_or_default();
    let name = |code: &str| match code {
        "stamps_com" => "USPS".to_owned(),
        "ups_walleted" | "UPS" => "UPS".to_owned(),
        "fedex" => "FedEx".to_owned(),
        "dhl_express_worldwide" => "DHL Express".to_owned(),
        other => other.to_owned(),
    };
    let newest = live.first().map(|parcel| name(parcel.carrier)).unwrap_or_default();
    let fine = match &expectation.typed_carrier {
        Some(typed) => shown == typed,
        None if newest.is_empty() => {
            shown.is_empty() || family.labels.iter().any(|label| name(&label.carrier_code) == shown)
        }
        None => shown == newest,
    };
    (!fine).then(|| format!("Cin7 shows the carrier `{shown}`, the newest parcel went by `{newest}`"))
}

/// Our block has a line for each live parcel and nothing of void ones; the staff's text is around it.
fn comment_complaints(
    order: &SalesOrder,
    expectation: &Expectation,
    family: &Family<'_>,
    live: &[Parcel<'_>],
) -> Vec<String> {
    let text = order.internal_comments.as_deref().unwrap_or_default();
    let parts = text
        .split_once("[Shipbridge]")
        .and_then(|(before, rest)| Some((before, rest.split_once("[/Shipbridge]")?)));
    let Some((before, (block, after))) = parts else {
        return vec!["no block in its comments".to_owned()];
    };
    let mut found = Vec::new();
    if before.trim_end() != expectation.comments.trim_end() || !after.trim().is_empty() {
        found.push("the staff's comments have changed".to_owned());
    }
    let lines: Vec<&str> = block.trim().lines().collect();
    for parcel in live {
        let tells = |line: &&str| {
            line.contains(parcel.tracking)
                && parcel.details.iter().all(|detail| line.contains(detail.as_str()))
        };
        if !lines.iter().any(tells) {
            found.push(format!("the block does not tell of the parcel `{}`", parcel.tracking));
        }
    }
    if lines.len() != live.len() {
        found.push(format!("the block has {} lines for {} parcels", lines.len(), live.len()));
    }
    if let Some(void) = family.void_numbers().find(|number| block.contains(number)) {
        found.push(format!("the block still tells of the void label `{void}`"));
    }
    found
}

/// What is wrong with the bridge's own books, once the platforms are right: each order's state and
/// explanation, and whether anything waits for a person.
pub(crate) async fn book_complaints(
    bridge: &Bridge,
    expected: impl IntoIterator<Item = (&i64, &Expectation)>,
) -> Vec<String> {
    let mut complaints: Vec<String> = bridge
        .parked()
        .await
        .iter()
        .map(|parked| format!("parked after {} attempts: {}", parked.attempts, parked.text))
        .collect();
    for (id, expectation) in expected {
        let record = bridge.records(&[*id]).await.pop().flatten();
        let Some(record) = record else {
            complaints.push(format!("order {id}: the ledger does not know it"));
            continue;
        };
        let failed = |rule: &str| {
            record.reading.verdicts.iter().any(|verdict| !verdict.passed && verdict.rule.as_str() == rule)
        };
        match (expectation.expected, record.state()) {
            (Expected::Ships, OrderState::Dispatched) => {}
            (Expected::Ships, state) => complaints.push(format!("order {id}: the ledger says `{state}`")),
            (Expected::Stays(rule), _) if failed(rule) => {}
            (Expected::Stays(rule), state) => {
                complaints.push(format!("order {id}: `{state}`, and the rule `{rule}` does not explain it"));
            }
        }
    }
    complaints
}
