//! What the bridge remembers of an order, and the one word for it that people see.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::effect::Fingerprint;
use crate::event::Origin;
use crate::ids::OrderId;
use crate::rule::{RuleId, Verdict};
use crate::shipping_order::{ShippingOrder, ShippingStatus};

/// Everything remembered of an order except its shipments and its timeline. The orders lane owns `reading`
/// and `placed`, the shipments lane owns `progress`: neither overwrites what the other knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// The order's last reading.
    pub reading: Reading,
    /// Where it stands in ShipStation, once it was imported.
    pub placed: Option<Placed>,
    /// How far its shipping is.
    pub progress: Progress,
    /// When the last reading began of which everything that followed was done: it answers whatever event came
    /// before.
    pub answered: Option<Timestamp>,
}

/// What the last reading of a Cin7 order said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The order.
    pub id: OrderId,
    /// Its reference.
    pub reference: String,
    /// Its stage.
    pub stage: String,
    /// Its modified date: the version.
    pub version: Timestamp,
    /// Tells equal versions apart.
    pub content: Fingerprint,
    /// The platform's own time when it answered that reading; `None` when it did not tell.
    pub platform_time: Option<Timestamp>,
    /// What the rules made of it.
    pub intake: Intake,
    /// Every rule with its verdict.
    pub verdicts: Vec<Verdict>,
    /// Whether we saw it reach the stage: an earlier reading had another stage, or a webhook was its first
    /// sign. Decides between *refused* and *excluded* when the window rule fails.
    pub reached_in_sight: bool,
    /// Whether Cin7 showed it as dispatched.
    #[serde(default)]
    pub dispatched: bool,
    /// Why a person must look at an order that is in ShipStation: it was edited or taken back in Cin7 when that
    /// could not be done there any more.
    pub objection: Option<String>,
}

/// The order's place in ShipStation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// ShipStation's order id; `None` where it fetches orders itself, from the custom store, and tells no id.
    pub shipstation_order: Option<i64>,
    /// What we wanted there when it was last written.
    pub document: ShippingOrder,
    /// What we were about to write since then, while nobody recorded that it arrived.
    pub attempt: Option<ShippingOrder>,
}

/// What the rules made of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// Its time has not come: quiet.
    Waiting,
    /// It is not ours to ship: quiet.
    Excluded,
    /// It is at the stage, and a person must mend it.
    Refused,
    /// All rules hold.
    Eligible,
    /// A person must decide.
    Review,
}

/// How far an order's shipping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// No live shipment.
    #[default]
    Nothing,
    /// Some of it has shipped.
    Partly,
    /// Everything has shipped and Cin7 does not show it yet.
    Shipped,
    /// Cin7 shows it.
    Dispatched,
    /// A person must decide: a void after dispatch, a write that failed for good.
    Review,
}

/// An order's state, as scripts and people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Not yet approved, or not yet at the stage.
    Waiting,
    /// Not ours to ship.
    Excluded,
    /// A person must mend the order in Cin7.
    Refused,
    /// In ShipStation.
    Imported,
    /// On hold in ShipStation.
    Held,
    /// Cancelled in ShipStation.
    Cancelled,
    /// Some of it has shipped.
    PartlyShipped,
    /// All of it has shipped; not yet written back.
    Shipped,
    /// Written back.
    Dispatched,
    /// A person must decide.
    Review,
}

impl OrderState {
    /// Every state, in the order of an order's life.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Excluded,
        Self::Refused,
        Self::Imported,
        Self::Held,
        Self::Cancelled,
        Self::PartlyShipped,
        Self::Shipped,
        Self::Dispatched,
        Self::Review,
    ];

    /// The state's name, as it stands in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Excluded => "excluded",
            Self::Refused => "refused",
            Self::Imported => "imported",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::PartlyShipped => "partly_shipped",
            Self::Shipped => "shipped",
            Self::Dispatched => "dispatched",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an event tells may become visible at the platform a little after it, and clocks differ a little.
const SETTLING: SignedDuration = SignedDuration::from_secs(5);

impl OrderRecord {
    /// An order that was read and nothing more.
    pub fn of(reading: Reading) -> Self {
        Self { reading, placed: None, progress: Progress::Nothing, answered: None }
    }

    /// Whether a reading has answered an event that came then. What a person asks for is never answered before.
    pub fn answers(&self, received_at: Timestamp, origin: Origin) -> bool {
        let answered = self.answered.is_some_and(|answered| received_at + SETTLING < answered);
        answered && origin != Origin::Replay
    }

    /// The one word for where the order is. What has shipped outweighs what the rules say now, and what needs a
    /// person outweighs all but the end.
    pub fn state(&self) -> OrderState {
        match (self.progress, &self.placed) {
            (Progress::Dispatched, _) => OrderState::Dispatched,
            (Progress::Review, _) => OrderState::Review,
            (_, Some(_)) if self.reading.objection.is_some() => OrderState::Review,
            (Progress::Shipped, _) => OrderState::Shipped,
            (Progress::Partly, _) => OrderState::PartlyShipped,
            (Progress::Nothing, Some(placed)) => match placed.document.status {
                ShippingStatus::AwaitingPayment | ShippingStatus::AwaitingShipment => OrderState::Imported,
                ShippingStatus::OnHold => OrderState::Held,
                ShippingStatus::Cancelled => OrderState::Cancelled,
            },
            (Progress::Nothing, None) => match self.reading.intake {
                // Eligible and not yet placed: the import is under way, and until then it waits.
                Intake::Waiting | Intake::Eligible => OrderState::Waiting,
                Intake::Excluded => OrderState::Excluded,
                Intake::Refused => OrderState::Refused,
                Intake::Review => OrderState::Review,
            },
        }
    }
}

impl Reading {
    /// Whether the order was void when it was read.
    pub fn is_void(&self) -> bool {
        self.verdicts.iter().any(|verdict| verdict.rule == RuleId::NotVoid && !verdict.passed)
    }

    /// Whether this reading is the last word on its version: the platform stamps whole seconds, so a change
    /// in the same second as an earlier one is only excluded by a reading from a later second.
    pub fn is_settled(&self) -> bool {
        self.platform_time.is_some_and(|time| time.as_second() > self.version.as_second() + 1)
    }
}
