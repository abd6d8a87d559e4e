//! The parameters of a call: read leniently, never logged, never given back. The merchant's address may have a query of
//! its own; what we do not know is passed over.

use percent_encoding::percent_decode;

/// What stands in a query, names in lower case.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query as forms write it.
    pub(super) fn of(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name).to_lowercase(), decoded(value))
        };
        Self(pairs.map(pair).collect())
    }

    /// The last value of that name, without blanks at its ends; empty when there is none. ShipStation puts its own
    /// behind those of the configured address.
    pub(super) fn get(&self, name: &str) -> &str {
        let mut values = self.0.iter().rev().filter(|(found, _)| found == name);
        values.next().map_or("", |(_, value)| value.trim())
    }

    /// The same as it stands there: a password may begin or end with a blank.
    pub(super) fn verbatim(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().rev().filter(|(found, _)| found == name);
        values.next().map(|(_, value)| value.as_str())
    }
}

/// A text of a query: `+` is a blank, and what is no UTF-8 is Latin-1.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    super::text(&percent_decode(spaced.as_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_come_in_any_case_and_blanks_in_two_ways() {
        for query in [
            "action=export&start_date=01%2f23%2f2012+17%3a28",
            "Action=export&start_date=01%2F23%2F2012%2017%3A28&store=standard&&=",
            "start_date=nonsense&action=other&action=export&start_date=01/23/2012+17:28",
        ] {
            let parameters = Parameters::of(query);
            assert_eq!(parameters.get("start_date"), "01/23/2012 17:28", "{query}");
            assert_eq!((parameters.get("action"), parameters.get("page")), ("export", ""));
        }
    }

    #[test]
    fn what_is_no_utf8_is_latin_1_and_a_broken_escape_stands_for_itself() {
        let parameters = Parameters::of("a=UPS%C2%AE&b=UPS%AE&c=100%&d= x &e");
        assert_eq!((parameters.get("a"), parameters.get("b")), ("UPS®", "UPS®"));
        assert_eq!((parameters.get("c"), parameters.get("d"), parameters.get("e")), ("100%", "x", ""));
        assert_eq!((parameters.verbatim("d"), parameters.verbatim("f")), (Some(" x "), None));
    }
}
