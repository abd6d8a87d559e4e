//! `[connections.import]`: which orders are sent to ShipStation.

use serde::{Deserialize, Serialize};

use crate::config::{number, text};

/// `[connections.import]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Import {
    /// The stages whose orders are sent, trimmed, at least one.
    #[serde(deserialize_with = "text::filled_list")]
    pub(crate) stages: Vec<String>,
    /// Created date or ETD may lie this many days back.
    #[serde(deserialize_with = "number::days")]
    pub(crate) window_days: u32,
    /// The branches; empty means all.
    pub(crate) branches: Vec<i64>,
    /// Send the dispatch quantity, and only lines that have one.
    pub(crate) require_qty_dispatch: bool,
    /// How kits are sent.
    pub(crate) kits: Kits,
    /// What to do with a quantity that is no whole number.
    pub(crate) fractional: Fractional,
    /// Send an order even though another integration has it in ShipStation.
    pub(crate) allow_other_integrations: bool,
    /// What to do when the stage moves back; a void order is always cancelled.
    pub(crate) on_withdrawn: OnWithdrawn,
}

/// How kits are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kits {
    /// The kit's own line.
    #[default]
    Parents,
    /// The lines of its components.
    Components,
}

/// What to do with a quantity that is no whole number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fractional {
    /// Refuse the order with a reason.
    #[default]
    Refuse,
    /// Send one piece, with the true quantity in its name.
    OnePiece,
}

/// What to do when an order's stage moves back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnWithdrawn {
    /// Hold the order in ShipStation.
    #[default]
    Hold,
    /// Cancel it there.
    Cancel,
    /// Leave it.
    Ignore,
}

impl Default for Import {
    fn default() -> Self {
        Self {
            stages: vec!["Fully Picked".to_owned()],
            window_days: 60,
            branches: Vec::new(),
            require_qty_dispatch: true,
            kits: Kits::default(),
            fractional: Fractional::default(),
            allow_other_integrations: false,
            on_withdrawn: OnWithdrawn::default(),
        }
    }
}
