//! The life of an order after its import: it is edited, voided, moved back, or found to be another integration's
//! as well. Says what ShipStation's order shall become, and when only a person can see to that.

use crate::import::outgoing::{differences, outgoing};
use crate::import::{Decision, Ours, Update};
use crate::objection::objection;
use crate::placed_order::PlacedOrder;
use crate::record::{Intake, OrderRecord, Placed, Progress};
use crate::rule::{RuleId, Verdict};
use crate::sales_order::SalesOrder;
use crate::settings::OnWithdrawn;
use crate::shipping_order::{ShippingOrder, ShippingStatus};

/// An order that is in ShipStation, read again.
pub(super) struct Life<'a> {
    pub(super) order: &'a SalesOrder,
    pub(super) placed: &'a Placed,
    pub(super) progress: Progress,
    pub(super) verdicts: &'a [Verdict],
    pub(super) ours: Ours<'a>,
    pub(super) on_withdrawn: OnWithdrawn,
}

/// What shall happen, and why a person must look at it.
pub(super) struct Outlook {
    pub(super) decision: Decision,
    pub(super) objection: Option<String>,
}

/// Why and how an order is taken back.
struct Withdrawal {
    how: OnWithdrawn,
    /// What happened in Cin7, in words.
    event: String,
    /// Why a person must look at it, even though it could be taken back.
    objection: Option<String>,
}

impl Life<'_> {
    /// The outlook. `document` translates the order as it is now.
    pub(super) fn outlook(&self, document: impl FnOnce() -> ShippingOrder) -> Outlook {
        let dispatched = self.order.dispatched.is_some() && !self.order.void;
        if self.progress == Progress::Dispatched || dispatched {
            return quiet(Decision::Closed);
        }
        if let Some(withdrawal) = self.withdrawal() {
            return self.withdrawn(withdrawal);
        }
        let wanted = document();
        let parts = differences(&wanted, &self.placed.document);
        self.towards(wanted, &format!("edited in Cin7 ({})", parts.join(", ")), false)
    }

    /// Which failing rule takes the order back. The window only decides whether an order comes in.
    fn withdrawal(&self) -> Option<Withdrawal> {
        let failed =
            |rule: RuleId| self.verdicts.iter().find(|verdict| verdict.rule == rule && !verdict.passed);
        let quiet = |how, event: String| Some(Withdrawal { how, event, objection: None });
        if failed(RuleId::NotVoid).is_some() {
            return quiet(OnWithdrawn::Cancel, "void in Cin7".to_owned());
        }
        if failed(RuleId::Approved).is_some() {
            return quiet(self.on_withdrawn, "no longer approved in Cin7".to_owned());
        }
        if let Some(stage) = failed(RuleId::Stage) {
            return quiet(self.on_withdrawn, format!("moved to the stage {} in Cin7", stage.value));
        }
        if let Some(branch) = failed(RuleId::Branch) {
            return quiet(self.on_withdrawn, format!("moved to the branch {} in Cin7", branch.value));
        }
        let mendable = [
            RuleId::NoOtherIntegration,
            RuleId::Country,
            RuleId::Address,
            RuleId::QtyDispatch,
            RuleId::Lines,
        ];
        let verdict = mendable.into_iter().find_map(failed)?;
        let event = format!("can no longer be sent ({}: {})", verdict.rule, verdict.value);
        let objection = Some(format!("{event}; it is kept on hold in ShipStation until then"));
        Some(Withdrawal { how: OnWithdrawn::Hold, event, objection })
    }

    fn withdrawn(&self, withdrawal: Withdrawal) -> Outlook {
        let status = match withdrawal.how {
            OnWithdrawn::Hold => ShippingStatus::OnHold,
            OnWithdrawn::Cancel => ShippingStatus::Cancelled,
            OnWithdrawn::Ignore => return quiet(Decision::Ignored),
        };
        // What is cancelled stays so: there is nothing to hold any more.
        if self.placed.document.status == ShippingStatus::Cancelled {
            return quiet(Decision::Unchanged);
        }
        let wanted = ShippingOrder { status, ..self.placed.document.clone() };
        let outlook = self.towards(wanted, &withdrawal.event, true);
        Outlook { objection: outlook.objection.or(withdrawal.objection), ..outlook }
    }

    /// How ShipStation's order becomes what is wanted, if it still can.
    fn towards(&self, wanted: ShippingOrder, event: &str, withdrawing: bool) -> Outlook {
        let as_it_is = wanted == self.placed.document;
        match self.progress {
            Progress::Partly | Progress::Shipped if as_it_is => return quiet(Decision::Closed),
            Progress::Partly | Progress::Shipped => {
                return objected(event, "a label was bought for it in ShipStation");
            }
            _ if as_it_is && self.placed.attempt.is_none() => return quiet(Decision::Unchanged),
            _ => {}
        }
        match self.ours {
            Ours::Unknown => quiet(Decision::LookFirst),
            Ours::Fetched => {
                let (outgoing, event) = (wanted.clone(), event.to_owned());
                quiet(Decision::Update(Box::new(Update { wanted, outgoing, event })))
            }
            Ours::Gone => objected(event, "ShipStation no longer has it: it was deleted or merged there"),
            Ours::Remembered(there) | Ours::Read(there) => match there.locked() {
                Some(_) if withdrawing && there.is_cancelled() => quiet(Decision::Unchanged),
                Some(_) if there.is_cancelled() => objected(
                    event,
                    "it is cancelled in ShipStation, which opens no cancelled order again: restore it there",
                ),
                Some(reason) => objected(event, &reason),
                None if matches!(self.ours, Ours::Remembered(_)) => quiet(Decision::LookFirst),
                None => {
                    let sent: Vec<_> = [Some(&self.placed.document), self.placed.attempt.as_ref()]
                        .into_iter()
                        .flatten()
                        .collect();
                    let outgoing = outgoing(&wanted, &sent, there);
                    quiet(Decision::Update(Box::new(Update { wanted, outgoing, event: event.to_owned() })))
                }
            },
        }
    }
}

fn quiet(decision: Decision) -> Outlook {
    Outlook { decision, objection: None }
}

fn objected(event: &str, reason: &str) -> Outlook {
    let objection = Some(objection(event, reason));
    Outlook { decision: Decision::Locked, objection }
}

/// Whether an order of ours must be looked at again because of what was found in ShipStation: it could not be
/// changed there and now can, or another integration's order of its number has come or gone.
pub fn concerns(found: &PlacedOrder, record: &OrderRecord) -> bool {
    let placed = record.placed.as_ref();
    if placed.is_some_and(|placed| placed.shipstation_order == Some(found.order_id)) {
        return record.reading.objection.is_some() && found.locked().is_none();
    }
    let undecided = record.progress == Progress::Nothing;
    let held = record.reading.objection.is_some() || record.reading.intake == Intake::Review;
    let is_out = placed.is_some() || record.reading.intake == Intake::Eligible;
    undecided && if found.is_anothers() { is_out && !held } else { held }
}
