//! The words of an error body. The platforms have several shapes of them, behind their gateways there are
//! more; the most telling one wins, and what is not understood is quoted.

use crate::json::{Fields, record, scalar};

/// As much as a person reads in a log line.
const LONGEST: usize = 300;

/// What an error body says, on one line of at most 300 characters: `ExceptionMessage`, else `ModelState`,
/// else `Message`, else a bare JSON string, else `errors[]`, else the body itself.
pub(super) fn of_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = bare_string(&text).or_else(|| Fields::parse(&text).ok().and_then(|fields| of_object(&fields)));
    shortened(&said.unwrap_or_else(|| text.into_owned()))
}

/// A text on one line, cut off at 300 characters.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn bare_string(text: &str) -> Option<String> {
    serde_json::from_str::<String>(text).ok().filter(|said| !said.trim().is_empty())
}

fn of_object(fields: &Fields<'_>) -> Option<String> {
    text(fields, "ExceptionMessage")
        .or_else(|| model_state(fields))
        .or_else(|| text(fields, "Message"))
        .or_else(|| errors(fields))
}

fn text(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.text(name).ok().filter(|text| !text.is_empty())
}

/// `{"path": ["text", …], …}` as `path: text; …`.
fn model_state(fields: &Fields<'_>) -> Option<String> {
    let state = fields.object("ModelState").ok()??;
    let lines = state.iter().map(|(path, _)| {
        let texts = state.list(path).unwrap_or_default().into_iter().filter_map(scalar);
        format!("{path}: {}", texts.collect::<Vec<_>>().join(", "))
    });
    let joined = lines.collect::<Vec<_>>().join("; ");
    (!joined.is_empty()).then_some(joined)
}

/// A list of texts, or of objects that carry a `message`.
fn errors(fields: &Fields<'_>) -> Option<String> {
    let errors = fields.list("errors").ok()?.into_iter();
    let texts = errors
        .filter_map(|error| scalar(error).or_else(|| record(error, |fields| fields.text("message")).ok()));
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_shape_of_an_error_body_wins() {
        for (body, said) in [
            (
                r#"{"message":"An error","exceptionmessage":"Null reference.","StackTrace":"at X"}"#,
                "Null reference.",
            ),
            (
                r#"{"Message":"The request is invalid.","ModelState":{"apiOrders.orderNumber":["No.","Twice."],"b":["c"]}}"#,
                "apiOrders.orderNumber: No., Twice.; b: c",
            ),
            (r#"{"Message":"The request is invalid.","ModelState":null}"#, "The request is invalid."),
            (r#"{"message":"Too Many Requests"}"#, "Too Many Requests"),
            (r#""Batch limit is 250.""#, "Batch limit is 250."),
            (r#"{"request_id":"1","errors":[{"message":"one"},"two",{}]}"#, "one; two"),
            ("<html>\n <body>Bad   gateway</body></html>", "<html> <body>Bad gateway</body></html>"),
            (r#"{"unknown":"shape"}"#, r#"{"unknown":"shape"}"#),
            ("", ""),
        ] {
            assert_eq!(of_body(body.as_bytes()), said, "{body}");
        }
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let said = of_body("ä".repeat(1000).as_bytes());
        assert_eq!(said.chars().count(), LONGEST + 1);
    }
}
