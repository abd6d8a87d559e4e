//! What `where` texts mean, as tables over one record, and that printing a clause loses nothing.

use proptest::prelude::*;
use serde_json::json;

use super::clause::{Clause, Comparison, Literal, Test};
use super::*;
use crate::cin7::columns::SALES_ORDER;

fn passes(text: &str) -> Result<bool, WhereError> {
    let wire = json!({
        "id": 105, "reference": "O'Neil #1", "stage": "Fully Picked", "status": "APPROVED", "total": 55.1866,
        "modifiedDate": "2026-05-01T10:00:00Z", "isVoid": false, "internalComments": null, "branchId": 3
    });
    Ok(Filter::parse(text, SALES_ORDER)?.matches(wire.as_object().unwrap()))
}

#[test]
fn clauses_mean_what_sql_means() {
    for (text, expected) in [
        ("id=105", true),
        ("ID = '105'", true),
        ("id IN(1,2,105)", true),
        ("id in (1, 2)", false),
        ("Id=1 OR Id=105", true),
        ("Id=1 OR Id=105 AND stage='New'", false),
        ("(Id=1 OR Id=105) AND stage = 'fully picked'", true),
        ("status='Approved'", true),
        ("stage <> 'New'", true),
        ("stage != 'Fully Picked'", false),
        ("Reference='O''Neil #1'", true),
        ("reference LIKE 'o''n%#_'", true),
        ("reference NOT LIKE '%#1'", false),
        ("total=55.1866 AND total < 55.1867 AND total>=55.18660", true),
        ("isVoid = false", true),
        ("isVoid = 1", false),
        ("InternalComments IS NULL", true),
        ("internalComments is not null", false),
        ("InternalComments <> 'Test'", false),
        ("InternalComments NOT LIKE 'T%'", false),
        ("cancellationDate IS NULL", true),
    ] {
        assert_eq!(passes(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_date_time_compares_to_the_whole_second_and_modified_date_includes_its_bound() {
    for (text, expected) in [
        ("modifiedDate>='2026-05-01T10:00:00Z'", true),
        ("modifieddate>2026-05-01T10:00:00Z", true),
        ("ModifiedDate > '2026-05-01T10:00:00.001Z'", false),
        ("modifiedDate >= '2026-05-01T10:00:00.000Z'", true),
        ("modifiedDate<'2026-05-01T10:00:00Z'", false),
        ("modifiedDate<='2026-05-01T10:00:00'", true),
        ("modifiedDate='2026-05-01T20:00:00+10:00'", true),
    ] {
        assert_eq!(passes(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_the_grammar_or_a_field_does_not_allow_is_refused() {
    let syntax = |near: &str| WhereError::Syntax(near.to_owned());
    for (text, error) in [
        ("modifiedDate>='2026-05-01'", WhereError::NotADateTime("2026-05-01".to_owned())),
        ("modifiedDate>=2026-05-01", WhereError::NotADateTime("2026-05-01".to_owned())),
        ("colour='red'", WhereError::UnknownField("colour".to_owned())),
        ("lineItems='x'", WhereError::UnknownField("lineItems".to_owned())),
        ("id='x'", WhereError::NotANumber("x".to_owned())),
        ("reference=1001", WhereError::NotQuoted("1001".to_owned())),
        ("isVoid='maybe'", WhereError::NotAFlag("maybe".to_owned())),
        ("id LIKE '1%'", WhereError::NotText("id".to_owned())),
        ("id=", syntax("end of text")),
        ("id=1 OR", syntax("end of text")),
        ("(id=1", syntax("end of text")),
        ("id=1)", syntax(")")),
        ("id IN()", syntax(")")),
        ("id NOT IN (1)", syntax("IN")),
        ("reference='open", syntax("'open")),
        ("reference=Void", syntax("Void")),
        ("stage NULL", syntax("NULL")),
        ("id=1; drop", syntax("; drop")),
    ] {
        assert_eq!(passes(text), Err(error), "{text}");
    }
    assert!(passes(&format!("{}id=1{}", "(".repeat(5_000), ")".repeat(5_000))).is_err());
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::Quoted),
        any::<i32>().prop_map(|number| Literal::Bare(number.to_string())),
        (0_u32..9_999, 0_u32..99).prop_map(|(whole, part)| Literal::Bare(format!("{whole}.{part:02}"))),
        Just(Literal::Bare("2026-05-01T10:00:00Z".to_owned())),
        Just(Literal::Bare("true".to_owned())),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::NotEqual),
        Just(Comparison::Less),
        Just(Comparison::LessOrEqual),
        Just(Comparison::Greater),
        Just(Comparison::GreaterOrEqual),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        any::<bool>().prop_map(Test::Null),
        (comparison(), literal()).prop_map(|(comparison, literal)| Test::Compare(comparison, literal)),
        prop::collection::vec(literal(), 1..4).prop_map(Test::In),
        (any::<bool>(), any::<String>()).prop_map(|(negated, pattern)| Test::Like { negated, pattern }),
    ]
}

fn clause() -> impl Strategy<Value = Clause> {
    let field = ("[a-z][A-Za-z0-9]{0,12}", test()).prop_map(|(name, test)| Clause::Field(name, test));
    field.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Clause::Any),
            prop::collection::vec(inner, 2..4).prop_map(Clause::All),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_clause_parses_to_itself(clause in clause()) {
        prop_assert_eq!(parse::parse(&clause.to_string()), Ok(clause));
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in any::<String>()) {
        let _ = Filter::parse(&text, SALES_ORDER);
    }

    #[test]
    fn like_without_wildcards_is_equality(text in "[a-c]{0,6}", other in "[a-c]{0,6}") {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(like(&characters(&text), &characters(&other)), text == other);
        let anywhere = format!("%{text}%");
        prop_assert!(like(&characters(&text), &characters(&anywhere)));
    }
}
