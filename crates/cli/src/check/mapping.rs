//! Whether what the mapping names is there in the ShipStation account: carriers, services and tags. The stores are
//! looked at with the account itself. What is not mapped is not asked for.

use std::collections::{BTreeMap, BTreeSet};

use domain::failure::Failure;
use domain::quota::Priority;
use platforms::{Choice, Tag};
use worker::ShipStationApi;

use super::{Finding, finding};
use crate::config::{Connection, ServiceChoice, TagRule};

const CREDENTIALS: &str = "check shipstation.api_key and shipstation.api_secret";

/// A line for the mapped services, and one for the mapped tags.
pub(super) async fn mapping(connection: &Connection, api: &ShipStationApi) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (services, tags) = (&connection.mapping.services, &connection.mapping.tags);
    if !services.is_empty() {
        let (found, mend) = match carriers_with_services(services, api).await {
            Err(failure) => (Err(failure.to_string()), CREDENTIALS),
            Ok(known) => (judge_services(services, &known), "correct mapping.services"),
        };
        findings.push(finding(format!("{}: mapping.services", connection.name), found, mend));
    }
    if !tags.is_empty() {
        let call = async |permit| api.client.tags(permit).await;
        let (found, mend) = match api.gate.call(Priority::Import, call).await {
            Err(failure) => (Err(failure.to_string()), CREDENTIALS),
            Ok(listing) => (judge_tags(tags, &listing.records), "correct mapping.tags"),
        };
        findings.push(finding(format!("{}: mapping.tags", connection.name), found, mend));
    }
    findings
}

/// The account's carriers; those that are mapped with their services.
async fn carriers_with_services(
    services: &BTreeMap<String, ServiceChoice>,
    api: &ShipStationApi,
) -> Result<BTreeMap<String, Vec<Choice>>, Failure> {
    let gate = &api.gate;
    let call = async |permit| api.client.carriers(permit).await;
    let carriers = gate.call(Priority::Import, call).await?;
    let mut known: BTreeMap<_, _> =
        carriers.records.into_iter().map(|carrier| (carrier.code, Vec::new())).collect();
    let mapped: BTreeSet<&str> = services.values().map(|choice| choice.carrier.as_str()).collect();
    for (carrier, services) in known.iter_mut().filter(|(code, _)| mapped.contains(code.as_str())) {
        let call = async |permit| api.client.services(permit, carrier).await;
        *services = gate.call(Priority::Import, call).await?.records;
    }
    Ok(known)
}

fn judge_services(
    mapped: &BTreeMap<String, ServiceChoice>,
    known: &BTreeMap<String, Vec<Choice>>,
) -> Result<String, String> {
    let problems: Vec<String> = mapped
        .iter()
        .filter_map(|(method, ServiceChoice { carrier, service })| match known.get(carrier) {
            None => Some(format!("no carrier {carrier} for {method}; there are: {}", joined(known.keys()))),
            Some(services) if !services.iter().any(|known| known.code == *service) => {
                let there_are = joined(services.iter().map(|known| &known.code));
                Some(format!("{carrier} has no service {service} for {method}; there are: {there_are}"))
            }
            Some(_) => None,
        })
        .collect();
    if problems.is_empty() { Ok(counted(mapped.len(), "method")) } else { Err(problems.join(". ")) }
}

fn judge_tags(mapped: &[TagRule], known: &[Tag]) -> Result<String, String> {
    let wanted: BTreeSet<i64> = mapped.iter().map(|rule| rule.tag).collect();
    let missing: Vec<_> = wanted.iter().filter(|id| !known.iter().any(|tag| tag.id == **id)).collect();
    if missing.is_empty() {
        return Ok(counted(wanted.len(), "tag"));
    }
    let there_are = joined(known.iter().map(|tag| format!("{} ({})", tag.id, tag.name)));
    Err(format!("no tag {}; there are: {there_are}", joined(missing)))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn joined<T: ToString>(parts: impl IntoIterator<Item = T>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(code: &str) -> Choice {
        Choice { code: code.to_owned(), name: String::new() }
    }

    #[test]
    fn carriers_and_services_that_the_account_lacks_are_named_with_those_that_it_has() {
        let known = BTreeMap::from([
            ("ups".to_owned(), vec![choice("ups_ground"), choice("ups_next_day_air")]),
            ("stamps_com".to_owned(), vec![]),
        ]);
        for (carrier, service, expected) in [
            ("ups", "ups_ground", Ok("1 method")),
            ("upx", "ups_ground", Err("no carrier upx for Express; there are: stamps_com, ups")),
            (
                "ups",
                "ups_air",
                Err("ups has no service ups_air for Express; there are: ups_ground, ups_next_day_air"),
            ),
        ] {
            let choice = ServiceChoice { carrier: carrier.to_owned(), service: service.to_owned() };
            let mapped = BTreeMap::from([("Express".to_owned(), choice)]);
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(judge_services(&mapped, &known), expected);
        }
    }

    #[test]
    fn tags_that_the_account_lacks_are_named_with_those_that_it_has() {
        let rule = |tag| TagRule { tag, field: "source".to_owned(), equals: None };
        let known = [Tag { id: 3, name: "Rush".to_owned() }, Tag { id: 9, name: "Gift".to_owned() }];
        assert_eq!(judge_tags(&[rule(3), rule(3), rule(9)], &known), Ok("2 tags".to_owned()));
        let expected = "no tag 4, 5; there are: 3 (Rush), 9 (Gift)";
        assert_eq!(judge_tags(&[rule(5), rule(4), rule(9)], &known), Err(expected.to_owned()));
    }
}
