//! Taking a `resource_url` apart. Whatever is not plainly an address that ShipStation sends is refused, even
//! where a lenient reader would find the right host in it: nobody honest sends such an address.

use std::collections::BTreeMap;

use url::Url;

/// The longest `resource_url`, in characters. ShipStation's own have at most 200.
pub const RESOURCE_URL_MAX: usize = 2_000;

/// The longest value of a filter, in characters.
pub const FILTER_MAX: usize = 200;

/// What is wrong with a `resource_url`. Texts continue "`resource_url` ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Longer than any that ShipStation sends.
    #[error("has more than {RESOURCE_URL_MAX} characters")]
    TooLong,
    /// Characters that have no place in a URL, or a fragment.
    #[error("must be plain ASCII without blanks, backslashes and fragment")]
    NotPlain,
    /// No absolute URL.
    #[error("is no absolute URL: {0}")]
    Invalid(#[from] url::ParseError),
    /// A user name or password.
    #[error("must not carry credentials")]
    UserInfo,
    /// A foreign host, or one written in a way that only looks like ours.
    #[error(
        "names the host `{host}`: expected that of `base_url`, or ssapi.shipstation.com with or without digits; \
         for a type of V2 that of `v2_base_url`"
    )]
    Host {
        /// The host as it was understood.
        host: String,
    },
    /// Neither https nor the scheme of the base URL.
    #[error("must start with https://")]
    Scheme,
    /// A port that is neither the scheme's nor that of the base URL.
    #[error("must not name a port")]
    Port,
    /// Another list than the type of the notification says.
    #[error("must have the path {expected} for this `resource_type`")]
    Path {
        /// The path that belongs to the type.
        expected: &'static str,
    },
    /// A filter's value is too long, or has control characters.
    #[error("has a `{name}` that is no value: at most {FILTER_MAX} characters, no control characters")]
    Filter {
        /// The filter.
        name: &'static str,
    },
    /// An id of V2 in another form.
    #[error("has a `{name}` that is no id: expected se- and a positive whole number")]
    Id {
        /// The filter.
        name: &'static str,
    },
    /// Nothing narrows the list down: it would mean everything.
    #[error("has no filter that we know, such as batchId, or batch_id of V2: it would mean everything")]
    NoFilter,
}

/// An address that is plainly one, with its path as it was sent. On which host it lies is for the caller to judge.
pub(super) fn plain(raw: &str) -> Result<(Url, &str), UrlFault> {
    if raw.len() > RESOURCE_URL_MAX {
        return Err(UrlFault::TooLong);
    }
    if !raw.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#')) {
        return Err(UrlFault::NotPlain);
    }
    let url = Url::parse(raw)?;
    let (authority, path) = as_sent(raw, &url).ok_or(url::ParseError::RelativeUrlWithoutBase)?;
    check_authority(&url, authority)?;
    Ok((url, path))
}

/// Authority and path as they stand in the text. `url` tidies both up (dots, escapes, missing slashes), and
/// what needed tidying is not ShipStation's.
fn as_sent<'a>(raw: &'a str, url: &Url) -> Option<(&'a str, &'a str)> {
    let (scheme, rest) = raw.split_once("://")?;
    if !scheme.eq_ignore_ascii_case(url.scheme()) {
        return None;
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    Some((authority, rest.split_once('?').map_or(rest, |(path, _)| path)))
}

/// The authority must be the host as `url` understood it, and perhaps a port.
fn check_authority(url: &Url, authority: &str) -> Result<(), UrlFault> {
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(UrlFault::UserInfo);
    }
    let host = url.host_str().unwrap_or_default();
    let lower = authority.to_ascii_lowercase();
    let port = lower.strip_prefix(host).filter(|_| !host.is_empty());
    match port.map(|port| port.strip_prefix(':').unwrap_or("0")) {
        Some(port) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ => Err(UrlFault::Host { host: lower }),
    }
}

/// The filters that are among `names`, by these, with their values; of filters that come twice the first.
pub(super) fn filters(url: &Url, names: &[&'static str]) -> Result<BTreeMap<&'static str, String>, UrlFault> {
    let mut filters = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        let known = names.iter().copied().find(|known| known.eq_ignore_ascii_case(&name));
        // A filter without a value filters nothing.
        let (Some(name), false) = (known, value.is_empty()) else { continue };
        let bad = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
        if value.chars().count() > FILTER_MAX || value.contains(bad) {
            return Err(UrlFault::Filter { name });
        }
        filters.entry(name).or_insert_with(|| value.into_owned());
    }
    if filters.is_empty() { Err(UrlFault::NoFilter) } else { Ok(filters) }
}
