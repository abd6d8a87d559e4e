//! Where orders go: eight countries with cities, states, postal codes, the ways people write the country, and
//! its currency and tax.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;

use crate::cin7::{SalesOrder, TaxStatus};

struct Country {
    /// How often it is picked.
    weight: u32,
    /// Ways to write it.
    names: &'static [&'static str],
    /// City, state in one or the other spelling, postal code.
    cities: &'static [(&'static str, &'static str, &'static str)],
    streets: &'static [&'static str],
    dial: &'static str,
    currency: &'static str,
    /// Tax in tenths of a percent, and whether retail prices hold it.
    tax: (i64, bool),
}

const COUNTRIES: &[Country] = &[
    Country {
        weight: 40,
        names: &["Australia", "AU", "AUS", "australia", "AUSTRALIA "],
        cities: &[
            ("Sydney", "NSW", "2000"),
            ("Newtown", "New South Wales", "2042"),
            ("Melbourne", "VIC", "3000"),
            ("Fortitude Valley", "Queensland", "4006"),
            ("Fremantle", "WA", "6160"),
            ("Hobart", "Tas", "7000"),
            ("Darwin", "NT", "0800"),
        ],
        streets: &["George Street", "Parramatta Rd", "St Kilda Road", "Wattle Cres", "O'Connell St"],
        dial: "+61",
        currency: "AUD",
        tax: (100, true),
    },
    Country {
        weight: 14,
        names: &["New Zealand", "NZ", "NZL", "new zealand"],
        cities: &[("Auckland", "", "1010"), ("Wellington", "Wellington", "6011"), ("Whangārei", "", "0110")],
        streets: &["Queen Street", "Lambton Quay", "Kāpiti Road"],
        dial: "+64",
        currency: "NZD",
        tax: (150, true),
    },
    Country {
        weight: 20,
        names: &["United States", "US", "USA", "United States of America", "usa"],
        cities: &[
            ("Austin", "TX", "78701"),
            ("Brooklyn", "New York", "11201"),
            ("San José", "California", "95112-1234"),
            ("Boise", "ID", "83702"),
            ("Honolulu", "HI", "96813"),
            ("Boston", "MA", "02108"),
        ],
        streets: &["Main St", "5th Ave", "E. 42nd Street", "Elm Dr", "Martin Luther King Jr. Blvd"],
        dial: "+1",
        currency: "USD",
        tax: (87, false),
    },
    Country {
        weight: 10,
        names: &["UK", "United Kingdom", "GB", "GBR", "Great Britain"],
        cities: &[
            ("London", "", "SW1A 1AA"),
            ("Edinburgh", "Scotland", "EH1 1YZ"),
            ("Ashby-de-la-Zouch", "Leics", "LE65 1AA"),
        ],
        streets: &["High Street", "King's Road", "Church Lane"],
        dial: "+44",
        currency: "GBP",
        tax: (200, true),
    },
    Country {
        weight: 6,
        names: &["Canada", "CA", "CAN"],
        cities: &[
            ("Toronto", "ON", "M5V 2T6"),
            ("Montréal", "Quebec", "H2Y 1C6"),
            ("Vancouver", "British Columbia", "V6B 1A1"),
        ],
        streets: &["Yonge Street", "Rue Saint-Paul O", "Granville St"],
        dial: "+1",
        currency: "CAD",
        tax: (50, false),
    },
    Country {
        weight: 5,
        names: &["Germany", "DE", "DEU", "Deutschland"],
        cities: &[("München", "Bayern", "80331"), ("Köln", "", "50667"), ("Berlin", "", "10115")],
        streets: &["Hauptstraße", "Am Färberhof", "Straße des 17. Juni"],
        dial: "+49",
        currency: "EUR",
        tax: (190, true),
    },
    Country {
        weight: 3,
        names: &["France", "FR", "FRA"],
        cities: &[
            ("Paris", "", "75004"),
            ("L'Haÿ-les-Roses", "Île-de-France", "94240"),
            ("Lyon", "", "69002"),
        ],
        streets: &["Rue de l'Église", "Avenue Foch", "Bd Haussmann"],
        dial: "+33",
        currency: "EUR",
        tax: (200, true),
    },
    Country {
        weight: 2,
        names: &["Japan", "JP", "JPN"],
        cities: &[("Shibuya-ku", "Tokyo", "150-0002"), ("Kyōto", "Kyoto", "604-8005")],
        streets: &["Jingumae", "Kawaramachi-dori", "渋谷"],
        dial: "+81",
        currency: "JPY",
        tax: (100, true),
    },
];

/// One country with one of its cities.
pub(super) struct Place {
    country: &'static Country,
    city: (&'static str, &'static str, &'static str),
}

impl Place {
    /// Any place, the home market most often.
    pub(super) fn any(rng: &mut StdRng) -> Self {
        let country = COUNTRIES.choose_weighted(rng, |country| country.weight).unwrap_or(&COUNTRIES[0]);
        let city = country.cities.choose(rng).copied().unwrap_or(("Sydney", "NSW", "2000"));
        Self { country, city }
    }

    /// Writes the delivery address.
    pub(super) fn deliver(&self, order: &mut SalesOrder, rng: &mut StdRng) {
        let street = self.country.streets.choose(rng).copied().unwrap_or("High Street");
        let number = rng.random_range(1..400);
        order.delivery_address1 = Some(format!("{number} {street}"));
        let second =
            ["Unit 4", "Level 3, Suite 12", "c/o Front Desk", "Apt #2B", "Building B & C", "PO Box 77"];
        if rng.random_bool(0.3) {
            order.delivery_address2 = second.choose(rng).map(|text| (*text).to_owned());
        }
        let (city, state, postal_code) = self.city;
        order.delivery_city = Some(city.to_owned());
        order.delivery_state = (!state.is_empty()).then(|| state.to_owned());
        order.delivery_postal_code = Some(postal_code.to_owned());
        order.delivery_country = self.country.names.choose(rng).map(|name| (*name).to_owned());
    }

    /// A telephone number of the country, as people write them.
    pub(super) fn telephone(&self, rng: &mut StdRng) -> String {
        let (area, rest) = (rng.random_range(200..999), rng.random_range(100_000..999_999));
        match rng.random_range(0..3) {
            0 => format!("{} {area} {rest}", self.country.dial),
            1 => format!("0{area}-{rest}"),
            _ => format!("(0{area}) {rest}"),
        }
    }

    /// ISO 4217 code.
    pub(super) fn currency(&self) -> &'static str {
        self.country.currency
    }

    /// How an order of this place is taxed: wholesale on top, retail as the country does, one in a hundred not
    /// at all. `dice` is in 0..100.
    pub(super) fn tax(&self, wholesale: bool, dice: u32) -> (TaxStatus, Decimal) {
        let (rate, inside) = self.country.tax;
        let status = match (dice, wholesale) {
            (0, _) => TaxStatus::Exempt,
            (_, false) if inside => TaxStatus::Incl,
            _ => TaxStatus::Excl,
        };
        (status, Decimal::new(rate, 3))
    }
}
