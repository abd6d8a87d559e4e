//! The values that go in and out of the ledger's roles, beside those of `domain`.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use domain::effect::{EffectKey, Fingerprint};
use domain::event::{Event, Lane};
use domain::feed::FeedOrder;
use domain::ids::OrderId;
use domain::record::OrderState;
use domain::ship_notice::{NoticeId, ShipNotice};
use domain::shipment::{ShipmentId, ShipmentSet};

/// A wish to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The effect.
    pub key: EffectKey,
    /// The version of what was decided on. Never goes back: a smaller one than the ledger knows is superseded.
    pub version: i64,
    /// The fingerprint of the desired state.
    pub fingerprint: Fingerprint,
}

/// What the ledger says to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Go ahead and record with this token.
    Granted {
        /// Grows with every claim of the key.
        token: i64,
    },
    /// Granted, but an earlier write was started and never recorded: look at the platform first.
    InDoubt {
        /// Grows with every claim of the key.
        token: i64,
        /// When the earliest write without a record was started.
        since: Timestamp,
    },
    /// The desired state has been written already.
    Done,
    /// Somebody else is at it, at most until then.
    Busy {
        /// When their lease ends.
        until: Timestamp,
    },
    /// A newer version has been claimed or written.
    Superseded,
}

/// What became of a claimed effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectResult {
    /// The effect.
    pub key: EffectKey,
    /// The token of the claim.
    pub token: i64,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a claimed effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The platform has the desired state. The note is kept for later comparison.
    Applied {
        /// What was written, in the writer's own form.
        note: Value,
    },
    /// The platform certainly does not have it, neither from this attempt nor from an earlier one in doubt.
    NotApplied,
    /// This attempt sent nothing. An earlier doubt stays.
    Untouched,
    /// Sent, and the answer left it open: the next claim is in doubt at once.
    InDoubt,
}

/// Whether a result was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Yes.
    Yes,
    /// No: a newer claim exists, this one came too late.
    StaleToken,
}

/// What was last recorded as applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// The newest version for which it is what was wanted.
    pub version: i64,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When it was recorded.
    pub at: Timestamp,
    /// The note given with it.
    pub note: Value,
}

/// An order's set after taking reports in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenIn {
    /// The order.
    pub order: OrderId,
    /// Its set now.
    pub set: ShipmentSet,
    /// The shipments that the reports brought or changed.
    pub changed: BTreeSet<ShipmentId>,
}

/// A line of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// A short stable word: `event`, `decided`, `sent`, `shipment`, `written`, `failed`, `parked`, `replayed`,
    /// `discarded`.
    pub kind: String,
    /// What happened, for a person.
    pub text: String,
}

/// The answer to a request for budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// One call was taken.
    Granted,
    /// No room before then.
    Wait {
        /// The earliest time at which there may be room.
        until: Timestamp,
    },
}

/// What a platform's answer said of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformBudget {
    /// So many calls are left in the window that ends `resets_in` from now.
    Remaining {
        /// The window's length, to find it among ours.
        window: SignedDuration,
        /// Its limit, if it was told: it overrides the configured one downwards.
        limit: Option<u32>,
        /// Calls left.
        remaining: u32,
        /// Until the window starts anew.
        resets_in: SignedDuration,
    },
    /// Nothing may be sent before then.
    Blocked {
        /// The end of the block.
        until: Timestamp,
    },
}

/// What is left in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOver {
    /// The window's limit.
    pub limit: u32,
    /// Calls left for the highest priority.
    pub remaining: u32,
}

/// A lease that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Grows with every change of holder.
    pub token: i64,
    /// When it ends unless it is renewed.
    pub until: Timestamp,
}

/// An event that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The event itself; its id is the parked event's id.
    pub event: Event,
    /// The lane that it came from.
    pub lane: Lane,
    /// A short stable word for why.
    pub cause: String,
    /// Why, for a person.
    pub text: String,
    /// The order concerned, where it is known.
    pub order: Option<OrderId>,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it waits.
    pub since: Timestamp,
}

/// Which orders a search means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderSearch {
    /// In one of these states; empty for any.
    pub states: Vec<OrderState>,
    /// Whose reference holds this text, without case, or whose Cin7 id it is; empty for any.
    pub text: String,
    /// The most orders.
    pub limit: u32,
}

/// How many waiting orders stand at a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCount {
    /// The stage as Cin7 writes it.
    pub stage: String,
    /// How many orders.
    pub orders: u64,
}

/// Which page of a window of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPage {
    /// From 1 on.
    pub number: u32,
    /// How many orders are on a page.
    pub size: u32,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPageOf {
    /// How many pages the window has; 1 when nothing is in it.
    pub pages: u32,
    /// The orders of the page, each with the instant of its last change; none past the end.
    pub orders: Vec<(Timestamp, FeedOrder)>,
}

/// A notice of the custom store, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNotice {
    /// Its identity.
    pub id: NoticeId,
    /// The order that it is about; `None` when none of ours is.
    pub order: Option<OrderId>,
    /// When it came first.
    pub received_at: Timestamp,
    /// What it says, as far as we understand it.
    pub notice: ShipNotice,
    /// The body as it came; empty when only the query said anything.
    pub raw: String,
    /// When it came into the set of its order, or was left to a person; `None` for one that is kept first.
    pub taken_in: Option<Timestamp>,
}
