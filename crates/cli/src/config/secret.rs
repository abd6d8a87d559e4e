//! Secrets: read into `SecretString`, never empty, shown as asterisks. For `#[serde(with = "secret")]`;
//! [`optional`] for one that may be left out, [`several`] for a list while rotating.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer, de};

/// What is shown in the place of a secret.
pub(crate) const MASK: &str = "********";

/// Reads a secret that is not empty.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    filled(SecretString::deserialize(deserializer)?)
}

/// Writes the mask.
pub(crate) fn serialize<S: Serializer>(_: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(MASK)
}

fn filled<E: de::Error>(secret: SecretString) -> Result<SecretString, E> {
    if secret.expose_secret().trim().is_empty() {
        return Err(E::custom("the secret is empty"));
    }
    Ok(secret)
}

/// For a secret that may be left out.
pub(crate) mod optional {
    use super::{Deserializer, MASK, SecretString, Serializer};

    /// Reads a secret that is not empty.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }

    /// Writes the mask, or nothing.
    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(_) => serializer.serialize_str(MASK),
            None => serializer.serialize_none(),
        }
    }
}

/// For one secret or a list of them.
pub(crate) mod several {
    use std::fmt;

    use super::{Deserializer, MASK, SecretString, Serializer, de, filled};

    struct OneOrList;

    impl<'de> de::Visitor<'de> for OneOrList {
        type Value = Vec<SecretString>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or an array of strings")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![filled(SecretString::from(text))?])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut secrets = Vec::new();
            while let Some(secret) = list.next_element::<SecretString>()? {
                secrets.push(filled(secret)?);
            }
            Ok(secrets)
        }
    }

    /// Reads a string or an array of strings, none of them empty.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<SecretString>, D::Error> {
        deserializer.deserialize_any(OneOrList)
    }

    /// Writes a mask for each.
    pub(crate) fn serialize<S: Serializer>(
        secrets: &[SecretString],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secrets {
            [_] => serializer.serialize_str(MASK),
            _ => serializer.collect_seq(secrets.iter().map(|_| MASK)),
        }
    }
}
