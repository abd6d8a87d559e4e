//! From the tree to typed sections: a serde deserializer over [`Node`]s. It exists so that what serde
//! refuses keeps its place and its kind (unknown key, missing key, wrong type) instead of one message. The
//! place is said where a table or an array hands out its entries, so that it holds for checked types, too.

use std::fmt;

use std::collections::btree_map;
use std::slice;

use serde::de::{self, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::document::{Node, Value};
use super::error::Problem;
use super::place::{Place, child};
use super::suggestion::Hint;

/// Reads a value of this type from the tree; else what is wrong, and where.
pub(crate) fn read<'de, T: Deserialize<'de>>(node: &'de Node) -> Result<T, (Place, Problem)> {
    T::deserialize(node).map_err(|refusal| {
        let Refusal { problem, place, .. } = refusal.at(node);
        (place.unwrap_or_else(|| node.place.clone()), problem)
    })
}

/// What serde refused, and where once that is known.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Problem,
    place: Option<Place>,
    missing: Option<&'static str>,
}

impl Refusal {
    fn new(problem: Problem) -> Self {
        Self { problem, place: None, missing: None }
    }

    /// Says where it happened, unless a node further inside has said it.
    fn at(mut self, node: &Node) -> Self {
        if self.place.is_none() {
            let mut place = node.place.clone();
            if let Some(key) = self.missing {
                place.path = child(&place.path, key);
            }
            self.place = Some(place);
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Refused(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::WrongType { expected: in_toml_words(expected), found: kind(&found) })
    }

    // Without the value, which may be a secret.
    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Refused(format!("expected {}", in_toml_words(expected))))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownValue(Hint::new(word, known)))
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey(Hint::new(key, known)))
    }

    fn missing_field(key: &'static str) -> Self {
        Self { problem: Problem::Missing, place: None, missing: Some(key) }
    }
}

/// What TOML calls it.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Seq => "an array",
        Unexpected::Map => "a table",
        _ => "another type",
    }
}

/// What TOML calls what serde calls after Rust.
fn in_toml_words(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    match words.as_str() {
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" => "an integer, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "an integer".to_owned(),
        "a nonzero u32" => "an integer above 0".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a table".to_owned(),
        struct_name if struct_name.starts_with("struct ") => "a table".to_owned(),
        path if path.ends_with("path string") => "a string".to_owned(),
        _ => words,
    }
}

/// Methods for what a text from outside may stand for: the text is read as the number or the boolean that
/// the key wants.
macro_rules! deserialize_scalar {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            let Value::Given(text) = &self.value else { return self.deserialize_any(visitor) };
            if let Ok(truth) = text.parse() {
                visitor.visit_bool(truth)
            } else if let Ok(number) = text.parse() {
                visitor.visit_i64(number)
            } else if let Ok(number) = text.parse() {
                visitor.visit_f64(number)
            } else {
                visitor.visit_str(text)
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Refusal;

    deserialize_scalar! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self.value {
            Value::Text(text) | Value::Given(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::TooLarge => Err(de::Error::custom("the number is too large")),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Datetime => Err(Refusal::new(Problem::WrongType {
                expected: in_toml_words(&visitor),
                found: "a date or a time; put it between quotes",
            })),
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Table(entries) => visitor.visit_map(Entries { rest: entries.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match &self.value {
            Value::Text(text) | Value::Given(text) => {
                visitor.visit_enum(IntoDeserializer::<Refusal>::into_deserializer(text.as_str()))
            }
            _ => Err(Refusal::new(Problem::UnknownValue(Hint::new("", known)))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// Hands out the items of an array.
struct Items<'de>(slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let item = self.0.next();
        item.map(|node| seed.deserialize(node).map_err(|refusal| refusal.at(node))).transpose()
    }
}

/// Hands out the entries of a table.
struct Entries<'de> {
    rest: btree_map::Iter<'de, String, Node>,
    value: Option<&'de Node>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((name, node)) = self.rest.next() else { return Ok(None) };
        self.value = Some(node);
        seed.deserialize(Key(name)).map(Some).map_err(|refusal| refusal.at(node))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let node = self.value.take().expect("serde asks for a value after its key");
        seed.deserialize(node).map_err(|refusal| refusal.at(node))
    }
}

/// A key of a table.
struct Key<'de>(&'de str);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_str(self.0)
    }

    // Branch ids are numbers, and TOML's keys are texts.
    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.parse() {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => Err(de::Error::custom("expected an integer as key")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 u8 u16 u32 u64 f32 f64 i128 u128 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
