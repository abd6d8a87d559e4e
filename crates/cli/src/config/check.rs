//! What no single key shows: names that are taken, endpoints that are open, proofs without a secret, timings
//! that contradict each other.

use std::collections::BTreeMap;

use domain::address::country;
use secrecy::ExposeSecret;

use super::Config;
use super::connection::{Auth, Connection, Endpoint, Mode};
use super::error::{ConfigError, Problem};
use super::place::Places;

/// The proofs of Cin7's endpoint and of ShipStation's.
const CIN7_AUTH: (Auth, &str) = (Auth::ShipstationV2, "token, basic, hmac, standard_webhooks, none");
const SHIPSTATION_AUTH: (Auth, &str) = (Auth::StandardWebhooks, "token, basic, hmac, shipstation_v2, none");

/// Everything that contradicts itself or is not safe.
pub(crate) fn errors(config: &Config, places: &Places) -> Vec<ConfigError> {
    let mut problems = names(config);
    if config.worker.lease <= config.worker.platform_timeout {
        problems.push(("worker.lease".to_owned(), Problem::ShortLease));
    }
    for (index, connection) in config.connections.iter().enumerate() {
        let missing = connection_needs(connection).into_iter();
        problems.extend(missing.map(|(key, problem)| (format!("connections[{index}].{key}"), problem)));
        let origin = origin_needs(connection).into_iter();
        problems.extend(origin.map(|(key, problem)| (format!("connections[{index}].rates.{key}"), problem)));
        let endpoints = [
            ("cin7", &connection.inbound.cin7, CIN7_AUTH),
            ("shipstation", &connection.inbound.shipstation, SHIPSTATION_AUTH),
        ];
        for (name, endpoint, allowed) in endpoints {
            let Some(endpoint) = endpoint else { continue };
            let found = proof(config, endpoint, allowed).into_iter();
            problems.extend(
                found.map(|(key, problem)| (format!("connections[{index}].inbound.{name}.{key}"), problem)),
            );
        }
    }
    problems
        .into_iter()
        .map(|(path, problem)| ConfigError::Key { place: places.of(&path), problem })
        .collect()
}

/// What carriers must know of where parcels leave and is not told, by key.
fn origin_needs(connection: &Connection) -> Vec<(&'static str, Problem)> {
    let rates = &connection.rates;
    let empty = |text: &str| text.trim().is_empty();
    let mut problems = Vec::new();
    if rates.enabled && empty(&rates.from_postal_code) && rates.from_warehouse.is_none() {
        problems.push(("from_postal_code", Problem::NoOrigin));
    }
    let typed = [
        ("from_country", &rates.from_country),
        ("from_state", &rates.from_state),
        ("from_city", &rates.from_city),
    ];
    if connection.shipstation.v2_api_key.is_some() && !empty(&rates.from_postal_code) {
        let missing = typed.into_iter().filter(|(_, text)| empty(text));
        problems.extend(missing.map(|(key, _)| (key, Problem::NoOriginForV2)));
    }
    if !empty(&rates.from_country) && country::code(&rates.from_country).is_none() {
        problems.push(("from_country", Problem::UnknownCountry { country: rates.from_country.clone() }));
    }
    problems
}

/// What the connection's mode needs and does not have, by key.
fn connection_needs(connection: &Connection) -> Vec<(&'static str, Problem)> {
    let api = &connection.shipstation;
    let keys = [("shipstation.api_key", &api.api_key), ("shipstation.api_secret", &api.api_secret)];
    let asked = connection.mode == Mode::Api || connection.rates.enabled;
    let with_api = asked || keys.iter().any(|(_, secret)| secret.is_some());
    let missing = keys.into_iter().filter(|(_, secret)| with_api && secret.is_none());
    let mut problems: Vec<_> = missing.map(|(key, _)| (key, Problem::Missing)).collect();
    if connection.mode == Mode::CustomStore && connection.inbound.store.is_none() {
        problems.push(("inbound.store", Problem::NoStore));
    }
    problems
}

/// Defaults that are a guess about the account and deserve a look.
pub(crate) fn warnings(config: &Config, places: &Places) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, connection) in config.connections.iter().enumerate() {
        if connection.mode == Mode::Api && connection.inbound.store.is_some() {
            let place = places.of(&format!("connections[{index}].inbound.store"));
            warnings.push(format!(
                "{place}: has no effect with mode = \"api\"; the store is served with mode = \"custom_store\""
            ));
        }
        let table = format!("connections[{index}].cin7");
        let left_out: Vec<&str> = ["time_zone", "weight_unit", "currency"]
            .into_iter()
            .filter(|key| !places.is_written(&format!("{table}.{key}")))
            .collect();
        if !left_out.is_empty() {
            warnings.push(format!(
                "{}: Cin7 does not tell {} of {}; the defaults of `shipbridge config show` are taken, set them",
                places.of(&table),
                left_out.join(", "),
                connection.name
            ));
        }
    }
    warnings
}

fn names(config: &Config) -> Vec<(String, Problem)> {
    if config.connections.is_empty() {
        return vec![("connections".to_owned(), Problem::NoConnections)];
    }
    let mut taken = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, connection) in config.connections.iter().enumerate() {
        let first = *taken.entry(&connection.name).or_insert(index);
        if first != index {
            let problem = Problem::NameTaken { name: connection.name.to_string(), first };
            problems.push((format!("connections[{index}].name"), problem));
        }
    }
    problems
}

/// What is wrong with an endpoint's proof, by key.
fn proof(
    config: &Config,
    endpoint: &Endpoint,
    (foreign, possible): (Auth, &'static str),
) -> Vec<(&'static str, Problem)> {
    let auth = endpoint.auth;
    let mut problems = Vec::new();
    if auth == foreign {
        problems.push(("auth", Problem::ForeignAuth { auth, possible }));
    }
    let listen = config.http.listen;
    if auth == Auth::None && !listen.ip().is_loopback() {
        problems.push(("auth", Problem::OpenEndpoint { listen }));
    }
    problems.extend(secret(endpoint).map(|problem| ("secret", problem)));
    let hmac_only = [("hmac", endpoint.hmac.is_some()), ("preset", endpoint.preset.is_some())];
    for (key, set) in hmac_only {
        if set && auth != Auth::Hmac {
            problems.push((key, Problem::NotWith { auth, of: Auth::Hmac }));
        }
    }
    if endpoint.hmac.is_some() && endpoint.preset.is_some() {
        problems.push(("preset", Problem::PresetBesideHmac));
    }
    if endpoint.jwks_url.is_some() && auth != Auth::ShipstationV2 {
        problems.push(("jwks_url", Problem::NotWith { auth, of: Auth::ShipstationV2 }));
    }
    if endpoint.jwks_url.as_ref().is_some_and(|address| !platforms::is_private(address.url())) {
        problems.push(("jwks_url", Problem::OpenKeys));
    }
    problems
}

/// What is wrong with an endpoint's secret.
fn secret(endpoint: &Endpoint) -> Option<Problem> {
    let auth = endpoint.auth;
    if matches!(auth, Auth::None | Auth::ShipstationV2) {
        return None;
    }
    if endpoint.secret.is_empty() {
        return Some(Problem::NoSecret(auth));
    }
    let all = |fits: fn(&str) -> bool| endpoint.secret.iter().all(|secret| fits(secret.expose_secret()));
    match auth {
        Auth::Basic if !all(|secret| secret.contains(':')) => Some(Problem::NoPassword),
        Auth::StandardWebhooks if !all(|secret| secret.starts_with("whsec_")) => Some(Problem::NoWhsec),
        _ => None,
    }
}
