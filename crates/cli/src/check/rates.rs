//! Whether what `[connections.rates]` names is there in the ShipStation account: carriers and services.

use std::collections::{BTreeMap, BTreeSet};

use domain::failure::Failure;
use domain::quota::Priority;
use platforms::Choice;
use worker::{ShipStationApi, ShipStationV2Api};

use super::{Finding, finding};
use crate::config::{Choose, Connection, Rates};

/// A line for rates, where orders get freight.
pub(super) async fn rates(connection: &Connection, api: &ShipStationApi) -> Option<Finding> {
    let rates = &connection.rates;
    if !rates.enabled {
        return None;
    }
    let (found, mend) = match services(rates, api).await {
        Err(failure) => (Err(failure.to_string()), "check shipstation.api_key and shipstation.api_secret"),
        Ok(known) => (judge(rates, &known), "correct rates.carriers, rates.services or rates.choose"),
    };
    Some(finding(format!("{}: rates", connection.name), found, mend))
}

/// A line for V2, which is asked for rates where there is a key for it.
pub(super) async fn by_v2(connection: &Connection, api: &ShipStationV2Api) -> Finding {
    let call = async |permit| api.client.carriers(permit).await;
    let (found, mend) = match api.gate.call(Priority::Import, call).await {
        Err(failure) => (Err(failure.to_string()), "check shipstation.v2_api_key"),
        Ok(listing) => {
            let known: BTreeSet<_> = listing.records.into_iter().map(|account| account.carrier).collect();
            (judge_v2(&connection.rates, &known), "correct rates.carriers, or leave v2_api_key out")
        }
    };
    finding(format!("{}: ShipStation V2", connection.name), found, mend)
}

fn judge_v2(rates: &Rates, known: &BTreeSet<String>) -> Result<String, String> {
    let absent = rates.carriers.iter().filter(|carrier| !known.contains(*carrier));
    let problems: Vec<_> =
        absent.map(|carrier| format!("no carrier {carrier}; there are: {}", joined(known))).collect();
    if problems.is_empty() {
        Ok(format!("one call asks {}", rates.carriers.join(", ")))
    } else {
        Err(problems.join(". "))
    }
}

/// The account's carriers; those that are to be asked with their services.
async fn services(rates: &Rates, api: &ShipStationApi) -> Result<BTreeMap<String, Vec<Choice>>, Failure> {
    let gate = &api.gate;
    let call = async |permit| api.client.carriers(permit).await;
    let carriers = gate.call(Priority::Import, call).await?;
    let mut known: BTreeMap<_, _> =
        carriers.records.into_iter().map(|carrier| (carrier.code, Vec::new())).collect();
    for (carrier, services) in known.iter_mut().filter(|(code, _)| rates.carriers.contains(code)) {
        let call = async |permit| api.client.services(permit, carrier).await;
        *services = gate.call(Priority::Import, call).await?.records;
    }
    Ok(known)
}

fn judge(rates: &Rates, known: &BTreeMap<String, Vec<Choice>>) -> Result<String, String> {
    let mut problems = Vec::new();
    for carrier in rates.carriers.iter().filter(|carrier| !known.contains_key(*carrier)) {
        problems.push(format!("no carrier {carrier}; there are: {}", joined(known.keys())));
    }
    let named = rates.services.iter().chain(match &rates.choose {
        Choose::InOrder(services) => services.as_slice(),
        Choose::Cheapest | Choose::Fastest => &[],
    });
    let has =
        |code: &str| known.values().flatten().any(|service| service.code.eq_ignore_ascii_case(code.trim()));
    for service in named.filter(|service| !has(service)) {
        let there_are = joined(known.values().flatten().map(|service| &service.code));
        problems.push(format!("no service {service}; there are: {there_are}"));
    }
    if problems.is_empty() {
        Ok(format!("carriers: {}", rates.carriers.join(", ")))
    } else {
        Err(problems.join(". "))
    }
}

fn joined<T: ToString>(parts: impl IntoIterator<Item = T>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_and_services_that_the_account_lacks_are_named_with_those_that_it_has() {
        let service = |code: &str| Choice { code: code.to_owned(), name: String::new() };
        let known = BTreeMap::from([
            ("ups".to_owned(), vec![service("ups_ground"), service("ups_saver")]),
            ("fedex".to_owned(), vec![]),
        ]);
        let list = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        for (carriers, services, choose, expected) in [
            (&["ups"][..], &[][..], Choose::Cheapest, Ok("carriers: ups")),
            (&["ups"], &["UPS_Ground"], Choose::InOrder(list(&["ups_saver"])), Ok("carriers: ups")),
            (&["upx"], &[], Choose::Fastest, Err("no carrier upx; there are: fedex, ups")),
            (
                &["ups"],
                &["ups_air"],
                Choose::Fastest,
                Err("no service ups_air; there are: ups_ground, ups_saver"),
            ),
            (
                &["ups"],
                &[],
                Choose::InOrder(list(&["dhl"])),
                Err("no service dhl; there are: ups_ground, ups_saver"),
            ),
        ] {
            let rates =
                Rates { carriers: list(carriers), services: list(services), choose, ..Rates::default() };
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(judge(&rates, &known), expected);
        }
    }

    #[test]
    fn carriers_that_v2_lacks_are_named_with_those_that_it_has() {
        let known = ["fedex", "ups"].map(str::to_owned).into();
        let rates = |carrier: &str| Rates { carriers: vec![carrier.to_owned()], ..Rates::default() };
        assert_eq!(judge_v2(&rates("ups"), &known), Ok("one call asks ups".to_owned()));
        let lacking = "no carrier ups_walleted; there are: fedex, ups".to_owned();
        assert_eq!(judge_v2(&rates("ups_walleted"), &known), Err(lacking));
    }
}
