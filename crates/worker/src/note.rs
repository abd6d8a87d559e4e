//! The notes that recorded effects carry: what was written, in a form that later versions can still read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the notes' form.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u8,
    body: T,
}

/// What was written, as a note.
pub(crate) fn write(body: &impl Serialize) -> Value {
    serde_json::to_value(Versioned { v: VERSION, body }).expect("notes are plain data")
}

/// What a note says; `None` for a form that this version does not know.
pub(crate) fn read<T: DeserializeOwned>(note: Value) -> Option<T> {
    let versioned: Versioned<T> = serde_json::from_value(note).ok()?;
    (versioned.v == VERSION).then_some(versioned.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_form_and_an_unknown_form_is_no_note() {
        let note = write(&vec!["a"]);
        assert_eq!(note, serde_json::json!({"v": 1, "body": ["a"]}));
        assert_eq!(read::<Vec<String>>(note), Some(vec!["a".to_owned()]));
        assert_eq!(read::<Vec<String>>(serde_json::json!({"v": 2, "body": ["a"]})), None);
        assert_eq!(read::<Vec<String>>(serde_json::json!(["a"])), None);
    }
}
