//! A connection's settings as the decisions take them: parsed, checked, without secrets and addresses.
//! Reading them from a file is the binary's business.

mod rates;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::effect::Fingerprint;
use crate::ids::{ConnectionName, OrderId};
use crate::placed_order::PlacedOrder;
use crate::shipping_order::{ServiceChoice, ShippingStatus};
use crate::weight::WeightUnit;

pub use rates::{Choose, LengthUnit, Pricing, RateRules, RatesApi, Residential};

/// Everything that decides how one connection's orders are treated.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The connection.
    pub connection: ConnectionName,
    /// How its orders reach ShipStation.
    pub outlet: Outlet,
    /// The Cin7 account's time zone, in which its people type dates.
    pub time_zone: TimeZone,
    /// The unit of the account's weights.
    pub weight_unit: WeightUnit,
    /// The account's currency, for orders that name none.
    pub currency: String,
    /// The store of orders whose branch has none of its own.
    pub store_id: Option<i64>,
    /// Stores by Cin7 branch.
    pub stores_by_branch: BTreeMap<i64, i64>,
    /// Which orders are sent.
    pub import: ImportRules,
    /// How their fields are filled.
    pub mapping: Mapping,
    /// What is written back.
    pub writeback: Writeback,
    /// How freight is quoted and charged.
    pub rates: RateRules,
}

impl Rules {
    /// The Cin7 order behind an order that ShipStation has fetched from our custom store, by what its API says: the
    /// order's key is the id that we exported, and its store is ours, as far as that is configured.
    pub fn fetched_order(&self, key: &str, store: Option<i64>) -> Option<OrderId> {
        let ours = self.store_id.is_none() || store.is_none() || store == self.store_id;
        (self.outlet == Outlet::CustomStore && ours).then(|| key.parse().ok().map(OrderId))?
    }

    /// Whether an order in ShipStation of a Cin7 order's number is another integration's.
    pub fn is_anothers(&self, there: &PlacedOrder, order: OrderId) -> bool {
        let fetched = self.fetched_order(&there.order_key, there.store_id);
        there.is_anothers() && fetched != Some(order)
    }

    /// Of everything that decides whether an order is sent and what its document says, so that a change of it can be
    /// noticed. Equal within one version of the program; another may tell the same rules apart.
    pub fn outgoing_fingerprint(&self) -> Fingerprint {
        let stores = (self.store_id, &self.stores_by_branch);
        let all = (&self.import, &self.mapping, stores, self.weight_unit, &self.currency, self.outlet);
        Fingerprint::of(&format!("{all:?}"))
    }
}

/// How orders reach ShipStation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outlet {
    /// They are written through its V1 API.
    #[default]
    Api,
    /// It fetches them itself from the feed of the custom store.
    CustomStore,
}

/// Which orders are sent to ShipStation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRules {
    /// The stages; compared trimmed and without case.
    pub stages: Vec<String>,
    /// Created date or ETD may lie this many days back.
    pub window_days: u32,
    /// The branches; empty means all.
    pub branches: Vec<i64>,
    /// Send the dispatch quantity, and only lines that have one.
    pub require_qty_dispatch: bool,
    /// How kits are sent.
    pub kits: Kits,
    /// What becomes of a quantity that is no whole number.
    pub fractional: Fractional,
    /// Send an order even though another integration has it in ShipStation.
    pub allow_other_integrations: bool,
    /// What becomes of an imported order whose stage moves back. A void order is always cancelled.
    pub on_withdrawn: OnWithdrawn,
}

impl Default for ImportRules {
    /// The configuration's defaults.
    fn default() -> Self {
        Self {
            stages: vec!["Fully Picked".to_owned()],
            window_days: 60,
            branches: Vec::new(),
            require_qty_dispatch: true,
            kits: Kits::Parents,
            fractional: Fractional::Refuse,
            allow_other_integrations: false,
            on_withdrawn: OnWithdrawn::Hold,
        }
    }
}

/// What becomes of quantities such as 2.5 m: ShipStation takes whole numbers only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fractional {
    /// The order is refused with a reason.
    #[default]
    Refuse,
    /// One piece, with the true quantity in its name (`2.5 x Rope`) and the price and weight of the whole.
    OnePiece,
}

/// What becomes of an imported order whose stage moves back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnWithdrawn {
    /// It is held in ShipStation.
    #[default]
    Hold,
    /// It is cancelled there.
    Cancel,
    /// It is left as it is.
    Ignore,
}

/// How kits are sent: never both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kits {
    /// The kit's own line.
    Parents,
    /// The lines of its components.
    Components,
}

/// How fields are filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Status by stage, stage names trimmed and in lower case; others are sent as awaiting shipment.
    pub order_status: BTreeMap<String, ShippingStatus>,
    /// Field names for ShipStation's custom fields; empty means not mapped.
    pub custom_fields: [String; 3],
    /// A field that says whether the order is a gift; empty means never.
    pub gift: String,
    /// The product's field for the stock location, as [`crate::product::Product::field`] takes it; empty means
    /// none.
    pub stock_location: String,
    /// Carrier and service by requested method, methods trimmed and in lower case. Others stay text, without a
    /// default.
    pub services: BTreeMap<String, ServiceChoice>,
    /// Which tags an order gets.
    pub tags: Vec<TagRule>,
    /// What customs are told.
    pub customs: CustomsMapping,
}

/// A tag, and the orders that get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// ShipStation's id of the tag.
    pub tag: i64,
    /// The order's field that decides.
    pub field: String,
    /// The value that it must have, trimmed and in lower case; `None` for one that says yes (true, yes, y, 1,
    /// on).
    pub equals: Option<String>,
}

/// The product's fields that customs are told of, as [`crate::product::Product::field`] takes them; empty means
/// not mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomsMapping {
    /// The HS code.
    pub hs_code: String,
    /// The country of origin, by code or English name.
    pub origin: String,
    /// What the thing is; not mapped, or empty at the product: the item's name.
    pub description: String,
    /// What one piece is worth; not mapped, or no number: its price.
    pub value: String,
}

/// What is written back to Cin7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writeback {
    /// The stage of a dispatched order; empty leaves the stage alone.
    pub stage: String,
    /// When to dispatch.
    pub dispatch: DispatchWhen,
    /// Whether to set the invoice date with it.
    pub invoice: bool,
    /// Carrier names by ShipStation's codes, before the built-in table.
    pub carrier_names: BTreeMap<String, String>,
    /// Where the carrier's fee goes.
    pub carrier_fee: Target,
    /// Where the service goes.
    pub service: Target,
    /// Where the notes to the buyer go.
    pub notes_to_buyer: Target,
    /// Whether the order's cartons are ours: one for each parcel.
    pub cartons: bool,
}

/// When an order counts as dispatched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchWhen {
    /// When everything has shipped.
    Complete,
    /// With the first label.
    FirstShipment,
}

/// Where a value of the write-back goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into our block in `internalComments`.
    InternalComments,
    /// Into a custom field.
    CustomField(String),
    /// Nowhere.
    Off,
}
