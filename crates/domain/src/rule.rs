//! The ids of the import rules and a rule's verdict. What each rule checks is `crate::import`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The import rules, by the ids that the explain view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleId {
    /// Approved, not a draft.
    Approved,
    /// Not void.
    NotVoid,
    /// Not dispatched by somebody else.
    NotDispatched,
    /// At one of the configured stages.
    Stage,
    /// Created, or due, within the window.
    Window,
    /// At one of the configured branches.
    Branch,
    /// The delivery country is recognised.
    Country,
    /// The delivery address can be written on a label.
    Address,
    /// At least one line has a dispatch quantity.
    QtyDispatch,
    /// Every line can be sent.
    Lines,
    /// No other integration has the order.
    NoOtherIntegration,
}

impl RuleId {
    /// The rule's id as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::NotVoid => "not_void",
            Self::NotDispatched => "not_dispatched",
            Self::Stage => "stage",
            Self::Window => "window",
            Self::Branch => "branch",
            Self::Country => "country",
            Self::Address => "address",
            Self::QtyDispatch => "qty_dispatch",
            Self::Lines => "lines",
            Self::NoOtherIntegration => "no_other_integration",
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a rule made of an order, with the value that decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule.
    pub rule: RuleId,
    /// Whether it holds.
    pub passed: bool,
    /// The value that decided it.
    pub value: String,
    /// What it should have been.
    pub expected: String,
    /// What a person can do about it in Cin7; only where the rule does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}
