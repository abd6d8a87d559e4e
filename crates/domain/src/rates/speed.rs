//! How quick services are: by the days that a quote tells, which V2's do. V1's do not, so there this goes by what
//! carriers say of their services: days, and among services of the same day which arrives earlier. A service that is
//! not here counts as slower than all that are.

use super::RateQuote;

const DAY: u16 = 10;

/// Service code, and its rank: ten for each day of transit, less for an earlier hour of that day.
const TABLE: &[(&str, u16)] = &[
    ("australia_post_express_post", 10),
    ("australia_post_parcel_post", 40),
    ("canada_post_expedited_parcel", 40),
    ("canada_post_priority", 10),
    ("canada_post_regular_parcel", 50),
    ("canada_post_xpresspost", 20),
    ("dhl_express_worldwide", 20),
    ("dhl_express_12_00", 18),
    ("fedex_2day", 20),
    ("fedex_2day_am", 18),
    ("fedex_express_saver", 30),
    ("fedex_first_overnight", 6),
    ("fedex_ground", 50),
    ("fedex_home_delivery", 50),
    ("fedex_international_economy", 50),
    ("fedex_international_first", 18),
    ("fedex_international_priority", 20),
    ("fedex_priority_overnight", 8),
    ("fedex_standard_overnight", 10),
    ("ups_2nd_day_air", 20),
    ("ups_2nd_day_air_am", 18),
    ("ups_3_day_select", 30),
    ("ups_ground", 50),
    ("ups_ground_saver", 60),
    ("ups_next_day_air", 8),
    ("ups_next_day_air_early_am", 6),
    ("ups_next_day_air_saver", 10),
    ("ups_standard_international", 50),
    ("ups_surepost_1_lb_or_greater", 60),
    ("ups_surepost_less_than_1_lb", 60),
    ("ups_worldwide_expedited", 40),
    ("ups_worldwide_express", 20),
    ("ups_worldwide_express_plus", 18),
    ("ups_worldwide_saver", 22),
    ("usps_first_class_mail", 30),
    ("usps_first_class_package_international", 100),
    ("usps_ground_advantage", 40),
    ("usps_media_mail", 70),
    ("usps_parcel_select", 60),
    ("usps_priority_mail", 25),
    ("usps_priority_mail_express", 12),
    ("usps_priority_mail_express_international", 40),
    ("usps_priority_mail_international", 80),
];

/// The lower, the quicker. Of a day that is told, what is known of the service says how early on it.
pub(super) fn rank(quote: &RateQuote) -> u16 {
    let known =
        TABLE.iter().find(|(code, _)| code.eq_ignore_ascii_case(&quote.service)).map(|(_, rank)| *rank);
    let Some(days) = quote.days else { return known.unwrap_or(u16::MAX) };
    let day = days.saturating_mul(DAY);
    known.filter(|rank| rank.div_ceil(DAY) == days).unwrap_or(day)
}
