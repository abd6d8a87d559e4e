//! Which webhook subscriptions a connection's settings ask for at ShipStation, and why none where they cannot be.

use domain::ids::ConnectionName;
use domain::subscription::{HookAddress, Wanted};

use url::{Host, Url};

use super::Config;
use super::address::Address;
use super::connection::{Auth, Connection};

/// Why no subscription can be registered. Each text says the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unregistrable {
    /// Nobody knows our address.
    #[error(
        "http.public_url is not set, so nobody can be told where to call; set it to the bridge's address as the \
         internet sees it, such as https://bridge.example.com"
    )]
    NoPublicUrl,
    /// The platform is elsewhere and would call its own machine.
    #[error(
        "http.public_url is {0}, which is this machine: ShipStation cannot call it; set it to the bridge's address as \
         the internet sees it"
    )]
    NotPublic(Address),
    /// The endpoint is closed.
    #[error(
        "[connections.inbound.shipstation] of {0} is left out, so its endpoint is closed; give it auth = \"token\" \
         and a secret"
    )]
    Closed(ConnectionName),
    /// The proof does not fit into an address.
    #[error(
        "inbound.shipstation.auth of {connection} is \"{auth}\", but a subscription of ShipStation's V1 API carries \
         nothing but an address: only a token in it can prove a call; set auth = \"token\" and a secret"
    )]
    NoToken {
        /// The connection.
        connection: ConnectionName,
        /// Its proof.
        auth: Auth,
    },
    /// Nobody to register with.
    #[error("{0} has no credentials of ShipStation's API; set shipstation.api_key and api_secret")]
    NoApi(ConnectionName),
}

impl Config {
    /// Where ShipStation fetches a connection's orders: what is entered as *URL to custom XML page*.
    pub(crate) fn store_address(&self, connection: &Connection) -> Option<Url> {
        let mut url = self.http.public_url.as_ref()?.url().clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut().ok()?.pop_if_empty().extend(["store", connection.name.as_str()]);
        Some(url)
    }

    /// Where ShipStation would call, whatever proves the call.
    pub(crate) fn shipstation_hook(&self, connection: &Connection) -> Result<HookAddress, Unregistrable> {
        let public_url = self.http.public_url.as_ref().ok_or(Unregistrable::NoPublicUrl)?;
        Ok(HookAddress::of_shipstation(public_url.url(), &connection.name))
    }

    /// The subscriptions that a connection needs. Of several secrets, which all prove a call while rotating, the
    /// first is registered.
    pub(crate) fn wanted_subscriptions(&self, connection: &Connection) -> Result<Wanted, Unregistrable> {
        let address = self.shipstation_hook(connection)?;
        if let Some(public_url) = &self.http.public_url
            && is_local(public_url)
            && !is_local(&connection.shipstation.base_url)
        {
            return Err(Unregistrable::NotPublic(public_url.clone()));
        }
        let name = || connection.name.clone();
        if connection.shipstation.credentials().is_none() {
            return Err(Unregistrable::NoApi(name()));
        }
        let endpoint =
            connection.inbound.shipstation.as_ref().ok_or_else(|| Unregistrable::Closed(name()))?;
        match endpoint.auth {
            Auth::Token => Ok(Wanted { address, token: endpoint.secret.first().cloned() }),
            Auth::None => Ok(Wanted { address, token: None }),
            auth => Err(Unregistrable::NoToken { connection: name(), auth }),
        }
    }
}

/// Whether an address is on this machine, as that of a simulated platform may be.
fn is_local(address: &Address) -> bool {
    match address.url().host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::{Environment, parse};

    fn wanted(http: &str, inbound: &str) -> Result<String, String> {
        let text = format!(
            "[http]\n{http}\n[[connections]]\nname = \"acme\"\n[connections.cin7]\nusername = \"u\"\nkey = \"k\"\n\
             [connections.shipstation]\napi_key = \"a\"\napi_secret = \"s\"\n{inbound}\n"
        );
        let environment: Environment = std::iter::empty::<(OsString, OsString)>().collect();
        let config = parse(&text, Path::new("shipbridge.toml"), &environment).unwrap();
        let wanted = config.wanted_subscriptions(&config.connections[0]);
        let target = |wanted: Wanted| wanted.target().expose_secret().to_owned();
        wanted.map(target).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_secret_is_registered_and_none_without_proof() {
        const AT: &str = "https://b.example/webhooks/shipstation/acme";
        let public = "public_url = \"https://b.example/\"";
        for (inbound, target) in [
            ("secret = \"one\"", format!("{AT}?token=one")),
            ("secret = [\"new\", \"old\"]", format!("{AT}?token=new")),
            ("auth = \"none\"", AT.to_owned()),
        ] {
            let inbound = format!("[connections.inbound.shipstation]\n{inbound}");
            assert_eq!(wanted(public, &inbound), Ok(target));
        }
    }

    #[test]
    fn what_cannot_be_registered_is_told_with_its_mend() {
        let public = "public_url = \"https://b.example\"";
        for (http, inbound, told) in [
            ("", "[connections.inbound.shipstation]\nsecret = \"s\"", "http.public_url is not set"),
            (
                "public_url = \"http://127.0.0.1:8080\"",
                "[connections.inbound.shipstation]\nsecret = \"s\"",
                "http.public_url is http://127.0.0.1:8080/, which is this machine",
            ),
            (
                "public_url = \"https://localhost\"",
                "[connections.inbound.shipstation]\nauth = \"none\"",
                "https://localhost/, which is this machine",
            ),
            (public, "", "[connections.inbound.shipstation] of acme is left out"),
            (public, "[connections.inbound.shipstation]\nauth = \"basic\"\nsecret = \"u:p\"", "is \"basic\""),
            (public, "[connections.inbound.shipstation]\nauth = \"hmac\"\nsecret = \"s\"", "is \"hmac\""),
        ] {
            let error = wanted(http, inbound).unwrap_err();
            assert!(error.contains(told) && error.contains("set") | error.contains("give"), "{error}");
        }
    }
}
