//! States and provinces of the countries whose carriers insist on codes: US, CA, AU. Anything else passes
//! through as typed.

use crate::text::fold;

const STATES: &[(&str, &[(&str, &str)])] = &[
    (
        "AU",
        &[
            ("ACT", "Australian Capital Territory"),
            ("NSW", "New South Wales"),
            ("NT", "Northern Territory"),
            ("QLD", "Queensland"),
            ("SA", "South Australia"),
            ("TAS", "Tasmania"),
            ("VIC", "Victoria"),
            ("WA", "Western Australia"),
        ],
    ),
    (
        "CA",
        &[
            ("AB", "Alberta"),
            ("BC", "British Columbia"),
            ("MB", "Manitoba"),
            ("NB", "New Brunswick"),
            ("NL", "Newfoundland and Labrador"),
            ("NS", "Nova Scotia"),
            ("NT", "Northwest Territories"),
            ("NU", "Nunavut"),
            ("ON", "Ontario"),
            ("PE", "Prince Edward Island"),
            ("QC", "Quebec"),
            ("SK", "Saskatchewan"),
            ("YT", "Yukon"),
        ],
    ),
    (
        "US",
        &[
            ("AA", "Armed Forces Americas"),
            ("AE", "Armed Forces Europe"),
            ("AK", "Alaska"),
            ("AL", "Alabama"),
            ("AP", "Armed Forces Pacific"),
            ("AR", "Arkansas"),
            ("AS", "American Samoa"),
            ("AZ", "Arizona"),
            ("CA", "California"),
            ("CO", "Colorado"),
            ("CT", "Connecticut"),
            ("DC", "District of Columbia"),
            ("DE", "Delaware"),
            ("FL", "Florida"),
            ("GA", "Georgia"),
            ("GU", "Guam"),
            ("HI", "Hawaii"),
            ("IA", "Iowa"),
            ("ID", "Idaho"),
            ("IL", "Illinois"),
            ("IN", "Indiana"),
            ("KS", "Kansas"),
            ("KY", "Kentucky"),
            ("LA", "Louisiana"),
            ("MA", "Massachusetts"),
            ("MD", "Maryland"),
            ("ME", "Maine"),
            ("MI", "Michigan"),
            ("MN", "Minnesota"),
            ("MO", "Missouri"),
            ("MP", "Northern Mariana Islands"),
            ("MS", "Mississippi"),
            ("MT", "Montana"),
            ("NC", "North Carolina"),
            ("ND", "North Dakota"),
            ("NE", "Nebraska"),
            ("NH", "New Hampshire"),
            ("NJ", "New Jersey"),
            ("NM", "New Mexico"),
            ("NV", "Nevada"),
            ("NY", "New York"),
            ("OH", "Ohio"),
            ("OK", "Oklahoma"),
            ("OR", "Oregon"),
            ("PA", "Pennsylvania"),
            ("PR", "Puerto Rico"),
            ("RI", "Rhode Island"),
            ("SC", "South Carolina"),
            ("SD", "South Dakota"),
            ("TN", "Tennessee"),
            ("TX", "Texas"),
            ("UT", "Utah"),
            ("VA", "Virginia"),
            ("VI", "Virgin Islands"),
            ("VT", "Vermont"),
            ("WA", "Washington"),
            ("WI", "Wisconsin"),
            ("WV", "West Virginia"),
            ("WY", "Wyoming"),
        ],
    ),
];

/// The code of a state as people type it, where the country has codes that we know; else the text itself.
pub fn code(country: &str, typed: &str) -> String {
    let states = STATES.iter().find(|(code, _)| *code == country).map_or(&[][..], |(_, states)| states);
    let key = fold(typed);
    let known = states.iter().find(|(code, name)| fold(code) == key || fold(name) == key);
    known.map_or_else(|| typed.to_owned(), |(code, _)| (*code).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_become_codes_where_codes_are_known_and_pass_through_elsewhere() {
        for (country, typed, expected) in [
            ("US", "california", "CA"),
            ("US", "ca", "CA"),
            ("US", "N.Y.", "NY"),
            ("CA", "Québec", "QC"),
            ("AU", "New South Wales", "NSW"),
            ("AU", "Nowhere", "Nowhere"),
            ("DE", "Bayern", "Bayern"),
            ("US", "", ""),
        ] {
            assert_eq!(code(country, typed), expected, "{country} {typed}");
        }
    }
}
