//! Countries by ISO 3166 code, English name and common variants. Cin7's country is free text, ShipStation
//! takes alpha-2 only ("Please use a 2 character country code").

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::fold;

/// One row per country: alpha-2, alpha-3, English short name, and further names separated by `;`.
const TABLE: &str = include_str!("countries.tsv");

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for row in TABLE.lines() {
        let mut columns = row.split('\t');
        let Some(code) = columns.next() else { continue };
        names.insert(fold(code), code);
        for name in columns.flat_map(|column| column.split(';')) {
            names.insert(key(name), code);
        }
    }
    names
});

/// The alpha-2 code of a country as people type it; `None` when no table knows it. Case, accents,
/// punctuation, `&` for `and` and a leading *the* do not matter.
pub fn code(typed: &str) -> Option<&'static str> {
    BY_NAME.get(&key(typed)).copied()
}

fn key(name: &str) -> String {
    let folded = fold(name);
    folded.strip_prefix("the").filter(|rest| rest.len() > 3).map(str::to_owned).unwrap_or(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_recognised_however_people_type_them() {
        for (typed, expected) in [
            ("AU", "AU"),
            ("aus", "AU"),
            ("Australia ", "AU"),
            ("UK", "GB"),
            ("U.K.", "GB"),
            ("USA", "US"),
            ("united states of america", "US"),
            ("Viet Nam", "VN"),
            ("Vietnam", "VN"),
            ("Korea", "KR"),
            ("Korea, Republic of", "KR"),
            ("Cote d'Ivoire", "CI"),
            ("CÔTE D’IVOIRE", "CI"),
            ("The Netherlands", "NL"),
            ("Trinidad & Tobago", "TT"),
            ("Curacao", "CW"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("Reunion", "RE"),
            ("Åland Islands", "AX"),
            ("Thailand", "TH"),
        ] {
            assert_eq!(code(typed), Some(expected), "{typed}");
        }
        for unknown in ["", "  ", "Atlantis", "XX", "the", "Narnia (north)"] {
            assert_eq!(code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_table_is_whole_and_no_name_means_two_countries() {
        let rows: Vec<Vec<&str>> = TABLE.lines().map(|row| row.split('\t').collect()).collect();
        assert_eq!(rows.len(), 249);
        let mut seen = HashMap::new();
        for row in &rows {
            assert!(row[0].len() == 2 && row[1].len() == 3 && row.len() <= 4, "{row:?}");
            for name in row.iter().flat_map(|column| column.split(';')) {
                if let Some(other) = seen.insert(key(name), row[0]) {
                    assert_eq!(other, row[0], "{name} means {other} and {}", row[0]);
                }
            }
        }
    }
}
