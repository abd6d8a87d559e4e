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
/// punctuation, `&` for `and` and a leading *the* do not matter, nor that a name comes with its own code
/// (`Australia (AU)`, `GB - United Kingdom`).
pub fn code(typed: &str) -> Option<&'static str> {
    BY_NAME.get(&key(typed)).copied().or_else(|| said_twice(typed))
}

/// The country of two names that mean the same one. Of two that differ, neither is believed.
fn said_twice(typed: &str) -> Option<&'static str> {
    let (one, other) = typed.split_once(['(', '-', '–', '/', ',', '|'])?;
    let meant = BY_NAME.get(&key(one))?;
    (BY_NAME.get(&key(other)) == Some(meant)).then_some(*meant)
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
            ("Korea (North)", "KP"),
            ("Korea, South", "KR"),
            ("St. Kitts & Nevis", "KN"),
            ("S\u{e3}o Tom\u{e9} and Pr\u{ed}ncipe", "ST"),
            ("The Gambia", "GM"),
            ("the bahamas", "BS"),
            ("Australia (AU)", "AU"),
            ("GB - United Kingdom", "GB"),
            ("United States (USA)", "US"),
            ("Viet-Nam", "VN"),
            ("Deutschland", "DE"),
            ("ＪＡＰＡＮ", "JP"),
            ("Cote dIvoire", "CI"),
        ] {
            assert_eq!(code(typed), Some(expected), "{typed}");
        }
        for unknown in [
            "",
            "  ",
            "Atlantis",
            "XX",
            "the",
            "Narnia (north)",
            "Australia (NZ)",
            "Korea (east)",
            "[Redacted]",
        ] {
            assert_eq!(code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_country_is_found_by_its_codes_and_its_names() {
        for row in TABLE.lines() {
            let columns: Vec<&str> = row.split('\t').collect();
            for name in columns.iter().flat_map(|column| column.split(';')) {
                assert_eq!(code(name), Some(columns[0]), "{name}");
                assert_eq!(code(&name.to_uppercase()), Some(columns[0]), "{name}");
                assert_eq!(code(&format!(" {} ", name.to_lowercase())), Some(columns[0]), "{name}");
            }
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
