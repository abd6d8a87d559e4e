//! The defaults of the configuration, for an account in Sydney.

use std::collections::BTreeMap;

use domain::settings::{DispatchWhen, ImportRules, Mapping, Outlet, RateRules, Rules, Target, Writeback};
use domain::weight::WeightUnit;
use jiff::tz::TimeZone;

pub(crate) fn rules() -> Rules {
    Rules {
        connection: "acme".parse().unwrap(),
        outlet: Outlet::Api,
        time_zone: TimeZone::get("Australia/Sydney").unwrap(),
        weight_unit: WeightUnit::Kilograms,
        currency: "AUD".to_owned(),
        store_id: Some(12_345),
        stores_by_branch: BTreeMap::new(),
        import: ImportRules::default(),
        mapping: Mapping {
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
    }
}
