//! The rules of a connection whose configuration leaves everything at its default.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use domain::settings::{
    DispatchWhen, ImportRules, Kits, Mapping, Outlet, RateRules, Rules, Target, Writeback,
};
use domain::shipping_order::ShippingStatus;
use domain::weight::WeightUnit;

/// The defaults of the configuration.
pub(crate) fn rules() -> anyhow::Result<Rules> {
    Ok(Rules {
        connection: "acme".parse()?,
        outlet: Outlet::Api,
        time_zone: TimeZone::get("Australia/Sydney")?,
        weight_unit: WeightUnit::Kilograms,
        currency: "AUD".to_owned(),
        store_id: Some(12345),
        stores_by_branch: BTreeMap::new(),
        import: ImportRules {
            stages: vec!["Fully Picked".to_owned()],
            window_days: 60,
            branches: Vec::new(),
            require_qty_dispatch: true,
            kits: Kits::Parents,
            ..ImportRules::default()
        },
        mapping: Mapping {
            order_status: BTreeMap::from([("fully picked".to_owned(), ShippingStatus::AwaitingShipment)]),
            custom_fields: ["customer_order_no".to_owned(), String::new(), String::new()],
            ..Mapping::default()
        },
        writeback: Writeback {
            stage: "Dispatched".to_owned(),
            dispatch: DispatchWhen::Complete,
            invoice: false,
            carrier_names: BTreeMap::new(),
            carrier_fee: Target::InternalComments,
            service: Target::InternalComments,
            notes_to_buyer: Target::InternalComments,
            cartons: false,
        },
        rates: RateRules::default(),
    })
}
