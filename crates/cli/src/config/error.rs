//! What can be wrong with a configuration, one line each: where, which key, what, and what to do. No error
//! repeats a value, since any value may be a secret.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::connection::Auth;
use super::place::Place;
use super::suggestion::Hint;

/// All that was found wrong, in the order of the lines. Shown as one line each.
#[derive(Debug)]
pub(crate) struct ConfigErrors(Vec<ConfigError>);

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// There is no file.
    #[error(
        "{}: there is no such file; name yours with --config, or begin with `shipbridge config example > shipbridge.toml`",
        .path.display()
    )]
    NoFile {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", .path.display())]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{place}: not valid TOML: {message}")]
    Syntax {
        /// The line.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// A key is wrong.
    #[error("{place}: {problem}")]
    Key {
        /// Which.
        place: Place,
        /// What is wrong.
        problem: Problem,
    },
}

/// What can be wrong with a key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Nothing reads it.
    #[error("unknown key; {0}")]
    UnknownKey(Hint),
    /// Not one of the words that it takes.
    #[error("unknown value; {0}")]
    UnknownValue(Hint),
    /// Left out, and it has no default.
    #[error("missing, and it has no default; set it")]
    Missing,
    /// Another type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What it takes.
        expected: String,
        /// What it is.
        found: &'static str,
    },
    /// The right type, with a value that a checked type refuses; in that type's words.
    #[error("{0}")]
    Refused(String),
    /// `${NAME}` of a variable that is not set.
    #[error("the environment variable {0} is not set; set it")]
    VariableNotSet(String),
    /// `${NAME}` of a variable that holds no text.
    #[error("the environment variable {0} is not valid UTF-8")]
    VariableNotUnicode(String),
    /// `${` that is no reference.
    #[error("expected ${{NAME}}, with a name of letters, digits and _; write $${{ for a literal ${{")]
    NoVariableName,
    /// `file:PATH` that cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An override that leads nowhere.
    #[error("there is no such entry; known here: {known}")]
    NoEntry {
        /// The connections' names, or the highest index.
        known: String,
    },
    /// An override of a key inside of what has no keys.
    #[error("has no keys of its own to override")]
    NoTable,
    /// There is nothing to connect.
    #[error("no connection is configured; add [[connections]] with a name and credentials")]
    NoConnections,
    /// Two connections of one name.
    #[error("the name \"{name}\" is taken by connections[{first}]; every connection needs its own")]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        first: usize,
    },
    /// An open endpoint that others can reach.
    #[error("\"none\" leaves the endpoint open on {listen}; choose a proof, or listen on 127.0.0.1")]
    OpenEndpoint {
        /// Where we listen.
        listen: SocketAddr,
    },
    /// Freight without a place to ship from.
    #[error("missing; carriers' prices depend on where parcels leave: set it, or enabled = false")]
    NoOrigin,
    /// V2 is asked for rates and is not told the whole place.
    #[error(
        "missing; with v2_api_key, V2 is asked for rates, and wants country, state and city beside the postal code"
    )]
    NoOriginForV2,
    /// A country that no table knows.
    #[error("\"{country}\" is no country that is known; its two letters do, such as AU")]
    UnknownCountry {
        /// As it was written.
        country: String,
    },
    /// A proof without its secret.
    #[error("missing; auth = \"{0}\" needs a secret")]
    NoSecret(Auth),
    /// A Basic secret without a colon.
    #[error("auth = \"basic\" takes its secret as user:password")]
    NoPassword,
    /// A secret that is none of Standard Webhooks.
    #[error("auth = \"standard_webhooks\" takes secrets that begin with whsec_")]
    NoWhsec,
    /// A proof of the other platform.
    #[error("\"{auth}\" is not for this endpoint; choose one of {possible}")]
    ForeignAuth {
        /// The proof.
        auth: Auth,
        /// The possible ones.
        possible: &'static str,
    },
    /// A setting of another proof.
    #[error("has no meaning with auth = \"{auth}\"; it belongs to auth = \"{of}\"")]
    NotWith {
        /// The proof that is set.
        auth: Auth,
        /// The proof that it belongs to.
        of: Auth,
    },
    /// Keys that anybody on the way could replace.
    #[error("plain HTTP leads to this machine only, or others could put in keys of their own; use https://")]
    OpenKeys,
    /// A custom store that lets nobody in.
    #[error("missing; mode = \"custom_store\" needs the user name and the password that ShipStation sends")]
    NoStore,
    /// Two descriptions of one signature.
    #[error("stands beside hmac, which says the same; keep one of them")]
    PresetBesideHmac,
    /// A lease that runs out while a call is still under way.
    #[error("must be longer than platform_timeout, or two workers may do the same")]
    ShortLease,
    /// Of a later version.
    #[error("{what} not available in this version; {mend}")]
    NotAvailable {
        /// The feature, with its verb.
        what: &'static str,
        /// What to do.
        mend: &'static str,
    },
}

impl ConfigErrors {
    /// One error alone.
    pub(super) fn one(error: ConfigError) -> Self {
        Self(vec![error])
    }

    /// Several, put into the order of their lines.
    pub(super) fn several(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by(|a, b| a.place().cmp(&b.place()));
        Self(errors)
    }

    /// The errors; never empty.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl ConfigError {
    fn place(&self) -> Option<&Place> {
        match self {
            Self::NoFile { .. } | Self::Unreadable { .. } => None,
            Self::Syntax { place, .. } | Self::Key { place, .. } => Some(place),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.iter().enumerate() {
            let newline = if position == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
