//! From a connection's settings to the rules that decide: what is typed differently in the two is turned
//! here, and nothing is decided.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use domain::settings::{
    self, CustomsMapping, DispatchWhen, ImportRules, LengthUnit, Outlet, Pricing, RateRules, RatesApi, Rules,
    TagRule,
};
use domain::shipping_order::{self, ShippingStatus};

use super::connection::rates::{Choose, Confirmation, DimensionUnit, Residential};
use super::connection::{
    Connection, Customs, Dispatch, Fractional, Import, Kits, Mapping, Mode, OnWithdrawn, Rates,
    ServiceChoice, Tag, Writeback,
};

impl Connection {
    /// The rules by which this connection's orders are decided.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            connection: self.name.clone(),
            outlet: match self.mode {
                Mode::Api => Outlet::Api,
                Mode::CustomStore => Outlet::CustomStore,
            },
            time_zone: self.cin7.time_zone.clone(),
            weight_unit: self.cin7.weight_unit,
            currency: self.cin7.currency.clone(),
            store_id: self.shipstation.store_id,
            stores_by_branch: self.shipstation.stores_by_branch.clone(),
            import: import(&self.import),
            mapping: mapping(&self.mapping),
            writeback: writeback(&self.writeback),
            rates: rates(&self.rates, &self.cin7.currency, self.shipstation.rates_api()),
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
        fractional: match import.fractional {
            Fractional::Refuse => settings::Fractional::Refuse,
            Fractional::OnePiece => settings::Fractional::OnePiece,
        },
        allow_other_integrations: import.allow_other_integrations,
        on_withdrawn: match import.on_withdrawn {
            OnWithdrawn::Hold => settings::OnWithdrawn::Hold,
            OnWithdrawn::Cancel => settings::OnWithdrawn::Cancel,
            OnWithdrawn::Ignore => settings::OnWithdrawn::Ignore,
        },
    }
}

fn mapping(mapping: &Mapping) -> settings::Mapping {
    settings::Mapping {
        order_status: by_folded(&mapping.order_status, |status: &ShippingStatus| *status),
        custom_fields: [
            mapping.custom_field_1.clone(),
            mapping.custom_field_2.clone(),
            mapping.custom_field_3.clone(),
        ],
        gift: mapping.gift.clone(),
        stock_location: mapping.stock_location.clone(),
        services: by_folded(&mapping.services, service),
        tags: mapping.tags.iter().map(tag).collect(),
        customs: customs(&mapping.customs),
    }
}

/// Stages and methods are compared trimmed and without case.
fn by_folded<T, U>(written: &BTreeMap<String, T>, value: impl Fn(&T) -> U) -> BTreeMap<String, U> {
    written.iter().map(|(name, written)| (folded(name), value(written))).collect()
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn service(choice: &ServiceChoice) -> shipping_order::ServiceChoice {
    shipping_order::ServiceChoice { carrier: choice.carrier.clone(), service: choice.service.clone() }
}

fn tag(tag: &Tag) -> TagRule {
    TagRule { tag: tag.tag, field: tag.field.clone(), equals: tag.equals.as_deref().map(folded) }
}

fn customs(customs: &Customs) -> CustomsMapping {
    CustomsMapping {
        hs_code: customs.hs_code.clone(),
        origin: customs.origin.clone(),
        description: customs.description.clone(),
        value: customs.value.clone(),
    }
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
        notes_to_buyer: writeback.notes_to_buyer.clone(),
        cartons: writeback.cartons,
    }
}

fn rates(rates: &Rates, account_currency: &str, api: RatesApi) -> RateRules {
    RateRules {
        enabled: rates.enabled,
        stages: rates.stages.clone(),
        carriers: rates.carriers.clone(),
        services: rates.services.clone(),
        package: rates.package.trim().to_owned(),
        packages: rates.packages.clone(),
        choose: match &rates.choose {
            Choose::Cheapest => settings::Choose::Cheapest,
            Choose::Fastest => settings::Choose::Fastest,
            Choose::InOrder(services) => settings::Choose::FirstOf(services.clone()),
        },
        pricing: Pricing {
            markup_percent: rates.markup_percent,
            markup_fixed: rates.markup_fixed,
            insurance_per_hundred: rates.insurance_per_hundred,
            insurance_over: rates.insurance_over,
            round_to: rates.round_to,
            minimum: rates.minimum,
            free_over: rates.free_over,
        },
        from_postal_code: rates.from_postal_code.clone(),
        from_country: rates.from_country.clone(),
        from_state: rates.from_state.clone(),
        from_city: rates.from_city.clone(),
        api,
        from_by_branch: rates.from_by_branch.clone(),
        from_branches: rates.from_branches,
        from_warehouse: rates.from_warehouse,
        currency: if rates.currency.is_empty() {
            account_currency.to_owned()
        } else {
            rates.currency.clone()
        },
        confirmation: match rates.confirmation {
            Confirmation::Unsaid => "",
            Confirmation::None => "none",
            Confirmation::Delivery => "delivery",
            Confirmation::Signature => "signature",
            Confirmation::AdultSignature => "adult_signature",
            Confirmation::DirectSignature => "direct_signature",
        }
        .to_owned(),
        residential: match rates.residential {
            Residential::Never => settings::Residential::Never,
            Residential::Always => settings::Residential::Always,
            Residential::WithoutCompany => settings::Residential::WithoutCompany,
        },
        dimension_unit: match rates.dimension_unit {
            DimensionUnit::Centimetres => LengthUnit::Centimetres,
            DimensionUnit::Inches => LengthUnit::Inches,
        },
        described: rates.described,
        keep: SignedDuration::try_from(rates.keep).unwrap_or(SignedDuration::MAX),
    }
}
