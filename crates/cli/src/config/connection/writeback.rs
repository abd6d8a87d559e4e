//! `[connections.writeback]`: what a shipment writes back to Cin7.

use std::collections::BTreeMap;

use domain::settings::Target;
use serde::{Deserialize, Serialize};

use super::target;

/// `[connections.writeback]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Writeback {
    /// The stage of a dispatched order; empty leaves the stage alone.
    pub(crate) stage: String,
    /// When an order counts as dispatched.
    pub(crate) dispatch: Dispatch,
    /// Whether to set the invoice date with it.
    pub(crate) invoice: bool,
    /// Carrier names by ShipStation's codes, before the built-in table.
    pub(crate) carrier_names: BTreeMap<String, String>,
    /// Where the carrier's fee goes.
    #[serde(with = "target")]
    pub(crate) carrier_fee: Target,
    /// Where the service goes.
    #[serde(with = "target")]
    pub(crate) service: Target,
    /// Where the notes to the buyer go. ShipStation's V1 API does not carry them, so that nothing is written
    /// in this version whatever it says.
    #[serde(with = "target")]
    pub(crate) notes_to_buyer: Target,
    /// Whether the order's cartons are ours: one for each parcel, in place of whatever cartons it has. Costs one call
    /// for each order whose cartons change, after the tracking of all orders of its batch.
    pub(crate) cartons: bool,
}

/// When an order counts as dispatched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dispatch {
    /// When everything has shipped.
    #[default]
    Complete,
    /// With the first label.
    FirstShipment,
}

impl Default for Writeback {
    fn default() -> Self {
        Self {
            stage: "Dispatched".to_owned(),
            dispatch: Dispatch::default(),
            invoice: false,
            carrier_names: BTreeMap::new(),
            carrier_fee: Target::InternalComments,
            service: Target::InternalComments,
            notes_to_buyer: Target::InternalComments,
            cartons: false,
        }
    }
}
