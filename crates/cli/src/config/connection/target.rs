//! Where a value of the write-back goes, as a text: `internal_comments`, `custom_fields.NAME` or `off`.
//! For `#[serde(with = "target")]`.

use domain::settings::Target;
use serde::{Deserialize, Deserializer, Serializer, de};

use crate::config::text::is_custom_field;

/// Reads a target.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
    let text = String::deserialize(deserializer)?;
    match (text.as_str(), text.strip_prefix("custom_fields.")) {
        ("internal_comments", _) => Ok(Target::InternalComments),
        ("off", _) => Ok(Target::Off),
        (_, Some(name)) if is_custom_field(name) => Ok(Target::CustomField(name.to_owned())),
        _ => Err(de::Error::custom("expected \"internal_comments\", \"custom_fields.NAME\" or \"off\"")),
    }
}

/// Writes a target.
pub(crate) fn serialize<S: Serializer>(target: &Target, serializer: S) -> Result<S::Ok, S::Error> {
    match target {
        Target::InternalComments => serializer.serialize_str("internal_comments"),
        Target::CustomField(name) => serializer.collect_str(&format_args!("custom_fields.{name}")),
        Target::Off => serializer.serialize_str("off"),
    }
}
