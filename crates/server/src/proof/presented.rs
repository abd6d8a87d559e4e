//! Proofs that present the secret itself: a token, or Basic credentials. Only digests of the secrets are
//! kept and compared, so that neither content nor length shows in the time that it takes.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use actix_web::web::Query;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::base64;
use super::verifier::{Call, Unproven};

/// The header that may carry a token.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-webhook-token");

/// Digests of the secrets that are good.
pub(crate) struct Digests(Vec<[u8; 32]>);

impl Digests {
    pub(crate) fn of(secrets: Vec<&str>) -> Self {
        Self(secrets.into_iter().map(|secret| Sha256::digest(secret).into()).collect())
    }

    /// Of credentials, in UTF-8 and, where it can write them, in Latin-1: what is not ASCII comes in either, because
    /// Basic authentication has no say in it for whoever does not look at our `charset` (RFC 7617).
    pub(super) fn of_credentials(secrets: Vec<&str>) -> Self {
        let latin = secrets.iter().filter(|secret| !secret.is_ascii()).filter_map(|secret| latin_1(secret));
        let latin: Vec<[u8; 32]> = latin.map(|secret| Sha256::digest(secret).into()).collect();
        let Self(mut digests) = Self::of(secrets);
        digests.extend(latin);
        Self(digests)
    }

    fn contain(&self, presented: &[u8]) -> Choice {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.0.iter().fold(Choice::from(0), |found, digest| found | digest.ct_eq(&presented))
    }
}

pub(super) fn token(call: &Call<'_>, digests: &Digests) -> Result<(), Unproven> {
    let in_query = token_in(call.query);
    let places = [
        in_query.as_deref().map(str::as_bytes),
        credentials(call.headers, b"bearer"),
        call.headers.get(TOKEN_HEADER).map(|value| value.as_bytes().trim_ascii()),
    ];
    let mut came = false;
    let mut good = Choice::from(0);
    for token in places.into_iter().flatten() {
        came = true;
        good |= digests.contain(token);
    }
    if good.into() { Ok(()) } else { Err(if came { Unproven::WrongToken } else { Unproven::NoToken }) }
}

/// The token of the API, which comes in one place only: there it is neither logged by proxies nor kept by browsers.
pub(crate) fn bearer(headers: &HeaderMap, digests: &Digests) -> Result<(), Unproven> {
    let token = credentials(headers, b"bearer").ok_or(Unproven::NoBearer)?;
    if digests.contain(token).into() { Ok(()) } else { Err(Unproven::WrongBearer) }
}

pub(super) fn basic(call: &Call<'_>, digests: &Digests) -> Result<(), Unproven> {
    let credentials = credentials(call.headers, b"basic").ok_or(Unproven::NoCredentials)?;
    let credentials = base64(credentials).ok_or(Unproven::WrongCredentials)?;
    if digests.contain(&credentials).into() { Ok(()) } else { Err(Unproven::WrongCredentials) }
}

/// Whether a user with a password has one of these credentials.
pub(super) fn has_pair(digests: &Digests, user: &str, password: &str) -> bool {
    digests.contain(format!("{user}:{password}").as_bytes()).into()
}

/// A text in Latin-1; `None` when it has other characters.
fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// What stands behind the scheme in `Authorization`.
fn credentials<'a>(headers: &'a HeaderMap, scheme: &[u8]) -> Option<&'a [u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes().trim_ascii();
    let (start, rest) = value.split_at_checked(scheme.len())?;
    let fits = start.eq_ignore_ascii_case(scheme) && rest.starts_with(b" ");
    fits.then(|| rest.trim_ascii())
}

/// The first `token` in a query.
fn token_in(query: &str) -> Option<String> {
    if query.is_empty() {
        return None;
    }
    let pairs = Query::<Vec<(String, String)>>::from_query(query).ok()?.into_inner();
    pairs.into_iter().find_map(|(name, value)| (name == "token").then_some(value))
}
