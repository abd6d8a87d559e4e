//! From a connection's settings to the rules that decide: what is typed differently in the two is turned
//! here, and nothing is decided.

use std::collections::BTreeMap;

use domain::settings::{self, DispatchWhen, ImportRules, Rules};
use domain::shipping_order::ShippingStatus;

use super::connection::{Connection, Dispatch, Import, Kits, Mapping, Writeback};

impl Connection {
    /// The rules by which this connection's orders are decided.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            connection: self.name.clone(),
            time_zone: self.cin7.time_zone.clone(),
            weight_unit: self.cin7.weight_unit,
            currency: self.cin7.currency.clone(),
            store_id: self.shipstation.store_id,
            stores_by_branch: self.shipstation.stores_by_branch.clone(),
            import: import(&self.import),
            mapping: mapping(&self.mapping),
            writeback: writeback(&self.writeback),
        }
    }
}

fn import(import: &Import) -> ImportRules {
    ImportRules {
        stages: import.stages.clone(),
        window_days: import.window_days,
        branches: import.branches.clone(),
        require_qty_dispatch: import.require_qty_dispatch,
        kits: match import.kits {
            Kits::Parents => settings::Kits::Parents,
            Kits::Components => settings::Kits::Components,
        },
        on_withdrawn: settings::OnWithdrawn::Hold,
        allow_other_integrations: false,
    }
}

fn mapping(mapping: &Mapping) -> settings::Mapping {
    settings::Mapping {
        order_status: status_by_stage(&mapping.order_status),
        custom_fields: [
            mapping.custom_field_1.clone(),
            mapping.custom_field_2.clone(),
            mapping.custom_field_3.clone(),
        ],
        gift: mapping.gift.clone(),
    }
}

/// Stages are compared trimmed and without case.
fn status_by_stage(written: &BTreeMap<String, ShippingStatus>) -> BTreeMap<String, ShippingStatus> {
    written.iter().map(|(stage, status)| (stage.trim().to_lowercase(), *status)).collect()
}

fn writeback(writeback: &Writeback) -> settings::Writeback {
    settings::Writeback {
        stage: writeback.stage.trim().to_owned(),
        dispatch: match writeback.dispatch {
            Dispatch::Complete => DispatchWhen::Complete,
            Dispatch::FirstShipment => DispatchWhen::FirstShipment,
        },
        invoice: writeback.invoice,
        carrier_names: writeback.carrier_names.clone(),
        carrier_fee: writeback.carrier_fee.clone(),
        service: writeback.service.clone(),
    }
}
