//! States and provinces of the countries whose carriers insist on codes: US, CA, AU. Anything else passes
//! through as typed.

use crate::text::fold;

/// By country: codes, each with its names, separated by `;`.
const STATES: &[(&str, &[(&str, &str)])] = &[
    (
        "AU",
        &[
            ("ACT", "Australian Capital Territory;A.C.T.;Australian Capital Terr;Canberra ACT"),
            ("NSW", "New South Wales;N.S.W."),
            ("NT", "Northern Territory;N.T.;Northern Terr"),
            ("QLD", "Queensland;Q'land;Qld.;Queensland QLD"),
            ("SA", "South Australia;Sth Australia;S. Australia"),
            ("TAS", "Tasmania;Tas.;Tasmania TAS"),
            ("VIC", "Victoria;Vic.;Victoria VIC"),
            ("WA", "Western Australia;W. Australia;West Australia"),
        ],
    ),
    (
        "CA",
        &[
            ("AB", "Alberta;Alta"),
            ("BC", "British Columbia;B.C.;Colombie-Britannique"),
            ("MB", "Manitoba;Man"),
            ("NB", "New Brunswick;Nouveau-Brunswick"),
            (
                "NL",
                "Newfoundland and Labrador;Newfoundland;Labrador;Newfoundland & Labrador;NF;NFLD;Terre-Neuve-et-Labrador",
            ),
            ("NS", "Nova Scotia;Nouvelle-Écosse"),
            ("NT", "Northwest Territories;NWT;Northwest Territory;Territoires du Nord-Ouest"),
            ("NU", "Nunavut"),
            ("ON", "Ontario;Ont"),
            ("PE", "Prince Edward Island;PEI;P.E.I.;Île-du-Prince-Édouard"),
            ("QC", "Quebec;PQ;Que"),
            ("SK", "Saskatchewan;Sask"),
            ("YT", "Yukon;Yukon Territory;YK"),
        ],
    ),
    (
        "US",
        &[
            ("AA", "Armed Forces Americas;Armed Forces - Americas"),
            (
                "AE",
                "Armed Forces Europe;Armed Forces Africa;Armed Forces Canada;Armed Forces Middle East;Armed Forces - Europe",
            ),
            ("AK", "Alaska"),
            ("AL", "Alabama;Ala"),
            ("AP", "Armed Forces Pacific;Armed Forces - Pacific"),
            ("AR", "Arkansas;Ark"),
            ("AS", "American Samoa"),
            ("AZ", "Arizona;Ariz"),
            ("CA", "California;Calif"),
            ("CO", "Colorado;Colo"),
            ("CT", "Connecticut;Conn"),
            ("DC", "District of Columbia;Washington DC;Washington, D.C.;Wash DC"),
            ("DE", "Delaware;Del"),
            ("FL", "Florida;Fla"),
            ("GA", "Georgia"),
            ("GU", "Guam"),
            ("HI", "Hawaii"),
            ("IA", "Iowa"),
            ("ID", "Idaho"),
            ("IL", "Illinois;Ill"),
            ("IN", "Indiana;Ind"),
            ("KS", "Kansas;Kan;Kans"),
            ("KY", "Kentucky"),
            ("LA", "Louisiana"),
            ("MA", "Massachusetts;Mass"),
            ("MD", "Maryland"),
            ("ME", "Maine"),
            ("MI", "Michigan;Mich"),
            ("MN", "Minnesota;Minn"),
            ("MO", "Missouri"),
            ("MP", "Northern Mariana Islands;Northern Marianas;Saipan"),
            ("MS", "Mississippi;Miss"),
            ("MT", "Montana;Mont"),
            ("NC", "North Carolina;N Carolina"),
            ("ND", "North Dakota;N Dakota;N Dak"),
            ("NE", "Nebraska;Neb;Nebr"),
            ("NH", "New Hampshire;N Hamp"),
            ("NJ", "New Jersey"),
            ("NM", "New Mexico;N Mex;New Mex"),
            ("NV", "Nevada;Nev"),
            ("NY", "New York"),
            ("OH", "Ohio"),
            ("OK", "Oklahoma;Okla"),
            ("OR", "Oregon;Ore;Oreg"),
            ("PA", "Pennsylvania;Penn;Penna"),
            ("PR", "Puerto Rico"),
            ("RI", "Rhode Island"),
            ("SC", "South Carolina;S Carolina"),
            ("SD", "South Dakota;S Dakota;S Dak"),
            ("TN", "Tennessee;Tenn"),
            ("TX", "Texas;Tex"),
            ("UT", "Utah"),
            ("VA", "Virginia"),
            ("VI", "Virgin Islands;US Virgin Islands;U.S. Virgin Islands;Virgin Islands, U.S."),
            ("VT", "Vermont"),
            ("WA", "Washington;Wash;Washington State"),
            ("WI", "Wisconsin;Wis;Wisc"),
            ("WV", "West Virginia;W Virginia"),
            ("WY", "Wyoming;Wyo"),
        ],
    ),
];

/// The code of a state as people type it, where the country has codes that we know; else the text itself. A
/// country in front (`US-CA`, `AU-NSW`) and a code behind its name (`Victoria (VIC)`) do not matter.
pub fn code(country: &str, typed: &str) -> String {
    let states = STATES.iter().find(|(code, _)| *code == country).map_or(&[][..], |(_, states)| states);
    let find = |typed: &str| {
        let key = fold(typed);
        let is_meant = |(code, names): &&(&str, &'static str)| {
            fold(code) == key || names.split(';').any(|name| fold(name) == key)
        };
        states.iter().find(is_meant).map(|(code, _)| *code)
    };
    let found = find(typed).or_else(|| {
        let (front, behind) = typed.split_once(['-', '(', ','])?;
        let said_twice = || find(front).filter(|code| find(behind) == Some(*code));
        if front.trim().eq_ignore_ascii_case(country) { find(behind) } else { said_twice() }
    });
    found.map_or_else(|| typed.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_code_and_its_names_and_no_name_means_two() {
        for (country, states) in STATES {
            for (expected, names) in *states {
                for name in names.split(';').chain([*expected]) {
                    assert_eq!(code(country, name), *expected, "{country} {name}");
                    assert_eq!(code(country, &name.to_uppercase()), *expected, "{country} {name}");
                }
            }
        }
    }

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
            ("US", "Washington, D.C.", "DC"),
            ("US", "Washington", "WA"),
            ("US", "US-CA", "CA"),
            ("US", "Calif.", "CA"),
            ("US", "Puerto Rico", "PR"),
            ("AU", "AU-NSW", "NSW"),
            ("AU", "Victoria (VIC)", "VIC"),
            ("AU", "N.S.W.", "NSW"),
            ("AU", "W.A.", "WA"),
            ("CA", "Newfoundland", "NL"),
            ("CA", "PEI", "PE"),
            ("CA", "Nouvelle-Écosse", "NS"),
            ("CA", "Yukon Territory", "YT"),
            ("US", "Victoria", "Victoria"),
            ("NZ", "WA", "WA"),
        ] {
            assert_eq!(code(country, typed), expected, "{country} {typed}");
        }
    }
}
