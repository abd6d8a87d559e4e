//! What the lenient reader takes, and where it stops.

use super::*;

fn fields(text: &str) -> Fields<'_> {
    Fields::parse(text).unwrap()
}

#[test]
fn names_are_found_in_any_case_and_the_first_of_two_spellings_wins() {
    let fields = fields(r#"{"ModifiedDate": "first", "modifieddate": "second", "ID": 7}"#);
    assert_eq!(fields.text("modifiedDate").unwrap(), "first");
    assert_eq!(fields.required_id("id").unwrap(), 7);
}

#[test]
fn null_and_blank_mean_nothing_for_every_kind() {
    for nothing in ["null", r#""""#, r#""  ""#] {
        let text = format!(r#"{{"a": {nothing}}}"#);
        let fields = fields(&text);
        assert_eq!(fields.text("a").unwrap(), "");
        assert_eq!(fields.decimal("a").unwrap(), None);
        assert_eq!(fields.integer("a").unwrap(), None);
        assert_eq!(fields.boolean("a").unwrap(), None);
        assert_eq!(fields.instant("a", &TimeZone::UTC).unwrap(), None);
        assert!(fields.object("a").unwrap().is_none());
        assert!(fields.list("a").unwrap().is_empty());
    }
}

#[test]
fn numbers_are_read_from_texts_and_texts_from_numbers() {
    let fields = fields(
        r#"{"id": "1895719", "whole": 12.0, "big": 1.5E3, "branch": 0, "zip": 2000, "yes": "True", "one": 1}"#,
    );
    assert_eq!(fields.integer("id").unwrap(), Some(1_895_719));
    assert_eq!(fields.integer("whole").unwrap(), Some(12));
    assert_eq!(fields.integer("big").unwrap(), Some(1500));
    assert_eq!(fields.reference("branch").unwrap(), None);
    assert_eq!(fields.text("zip").unwrap(), "2000");
    assert_eq!(fields.boolean("yes").unwrap(), Some(true));
    assert_eq!(fields.boolean("one").unwrap(), Some(true));
}

#[test]
fn amounts_keep_every_digit() {
    let fields = fields(r#"{"a": 55.1866, "b": 0.1, "c": 9007199254740993.07, "d": "-0.30000000000000004"}"#);
    for (name, text) in
        [("a", "55.1866"), ("b", "0.1"), ("c", "9007199254740993.07"), ("d", "-0.30000000000000004")]
    {
        assert_eq!(fields.decimal(name).unwrap().unwrap().to_string(), text);
    }
}

#[test]
fn what_cannot_be_meant_names_the_field_and_the_value() {
    let fields = fields(r#"{"a": 1e400, "b": "1,234.00", "c": "soon", "d": {}, "e": 1.5, "f": "\ud800"}"#);
    let told = |error: FieldError| error.to_string();
    assert_eq!(told(fields.decimal("a").unwrap_err()), "`a` is not a decimal number within range: 1e400");
    assert_eq!(
        told(fields.decimal("b").unwrap_err()),
        "`b` is not a decimal number within range: \"1,234.00\""
    );
    assert_eq!(told(fields.instant("c", &TimeZone::UTC).unwrap_err()), "`c` is not a date: \"soon\"");
    assert_eq!(told(fields.text("d").unwrap_err()), "`d` is not a text: {}");
    assert_eq!(told(fields.integer("e").unwrap_err()), "`e` is not a whole number: 1.5");
    assert!(fields.text("f").is_err(), "half a surrogate pair");
    assert_eq!(told(fields.required_id("id").unwrap_err()), "`id` is missing");
}

#[test]
fn the_first_year_is_an_unset_date() {
    let fields = fields(r#"{"a": "0001-01-01T00:00:00", "b": "2026-01-01"}"#);
    assert_eq!(fields.instant("a", &TimeZone::UTC).unwrap(), None);
    assert!(fields.instant("b", &TimeZone::UTC).unwrap().is_some());
}

#[test]
fn one_bad_record_never_blocks_its_neighbours() {
    let text =
        r#"[{"id": 1}, {"id": "x9"}, 5, null, {"id": 2, "amount": 1e999}, {"name": "none"}, {"ID": "6"}]"#;
    let read = |fields: &Fields<'_>| {
        fields.decimal("amount")?;
        fields.required_id("id")
    };
    let listing = listing(rows(text, "orders").unwrap(), "id", read);
    assert_eq!(listing.records, [1, 6]);
    let ids: Vec<_> = listing.unreadable.iter().map(|bad| bad.id.as_deref()).collect();
    assert_eq!(ids, [Some("x9"), None, None, Some("2"), None]);
}

#[test]
fn a_list_comes_bare_or_in_an_envelope_and_nothing_else_passes_for_one() {
    assert_eq!(rows("[1, 2]", "orders").unwrap().len(), 2);
    assert_eq!(rows(r#"{"Orders": [1], "pages": 3}"#, "orders").unwrap().len(), 1);
    for broken in ["", "{}", r#"{"orders": null}"#, "<html></html>", r#"[{"id": 1}, {"#, r#"{"orders": [1}"#]
    {
        assert!(rows(broken, "orders").is_err(), "{broken}");
    }
}
