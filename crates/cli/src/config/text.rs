//! Checked texts, for `#[serde(deserialize_with = "…")]`.

use serde::{Deserialize, Deserializer, de};

/// A text that is not blank, trimmed.
pub(crate) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?.trim().to_owned();
    if text.is_empty() {
        return Err(de::Error::custom("must not be empty"));
    }
    Ok(text)
}

/// A list of at least one text, none of them blank, trimmed.
pub(crate) fn filled_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list: Vec<String> =
        Vec::<String>::deserialize(deserializer)?.iter().map(|text| text.trim().to_owned()).collect();
    if list.is_empty() || list.iter().any(String::is_empty) {
        return Err(de::Error::custom("expected at least one entry, and none of them empty"));
    }
    Ok(list)
}

/// A currency by its three letters (ISO 4217), in upper case.
pub(crate) fn currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(de::Error::custom("expected a currency by its three letters, such as AUD"));
    }
    Ok(text.to_ascii_uppercase())
}

/// [`currency`], or empty for none.
pub(crate) fn currency_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(text) } else { currency(de::value::StringDeserializer::new(text)) }
}

/// The name of an HTTP header (RFC 9110, section 5.6.2: a token).
pub(crate) fn header_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(token) {
        return Err(de::Error::custom("expected the name of an HTTP header, such as X-Hub-Signature-256"));
    }
    Ok(text)
}

/// A field of the order in snake case, or `custom_fields.NAME`; empty for none.
pub(crate) fn order_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || is_field(&text) {
        return Ok(text);
    }
    Err(de::Error::custom("expected a field in snake case, such as customer_order_no, or custom_fields.NAME"))
}

/// [`order_field`] where there must be one.
pub(crate) fn filled_order_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let field = order_field(deserializer)?;
    if field.is_empty() { Err(de::Error::custom("must not be empty")) } else { Ok(field) }
}

/// [`filled`] where it is written at all.
pub(crate) fn filled_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    filled(deserializer).map(Some)
}

/// A field of the product as `product.FIELD` or `product.custom_fields.NAME`; empty for none.
pub(crate) fn product_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.strip_prefix("product.").is_some_and(is_field) {
        return Ok(text);
    }
    Err(de::Error::custom("expected product.FIELD in snake case, or product.custom_fields.NAME"))
}

fn is_field(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match text.strip_prefix("custom_fields.") {
        Some(name) => is_custom_field(name),
        None => !text.is_empty() && text.chars().all(plain),
    }
}

/// Whether this can be Cin7's internal name of a custom field, such as `orders_1000`.
pub(crate) fn is_custom_field(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
