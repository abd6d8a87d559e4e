//! Searching orders by state. An order's state is the domain's to say and stands in no column; the columns that
//! it is made of, put together as one text, are an order's *kind*. Orders of one kind are in one state.

use domain::record::{OrderRecord, OrderState};

use crate::column::word;

/// The kind of an order: the text that `sql::ORDERS_SEARCH` makes of its columns.
fn kind(record: &OrderRecord) -> String {
    let status = record.placed.as_ref().map(|placed| word(&placed.document.status)).unwrap_or_default();
    let objected = if record.reading.objection.is_some() { "objected" } else { "" };
    format!("{}/{}/{status}/{objected}", word(&record.progress), word(&record.reading.intake))
}

/// The kinds in these states, among those that the members stand for, between bars: never empty.
pub(crate) fn kinds_in(states: &[OrderState], members: &[OrderRecord]) -> String {
    let meant = members.iter().filter(|member| states.contains(&member.state()));
    meant.fold("|".to_owned(), |kinds, member| kinds + &kind(member) + "|")
}

/// The pattern that finds a text anywhere in a reference in lower case, `!` being the escape.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.trim().to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_its_own_wildcards_to_the_letter() {
        assert_eq!(pattern(" SO_1%! "), "%so!_1!%!!%");
        assert_eq!(pattern(""), "%%");
    }
}
