//! Names that people know for ShipStation's codes of carriers and services. A code without a name is shown as it is;
//! for carriers the configuration's `carrier_names` come first.

use std::collections::BTreeMap;

/// ShipStation's carrier codes with the names that Cin7 and selling channels know.
const NAMES: &[(&str, &str)] = &[
    ("amazon_buy_shipping", "Amazon Buy Shipping"),
    ("apc", "APC"),
    ("aramex", "Aramex"),
    ("asendia", "Asendia"),
    ("australia_post", "Australia Post"),
    ("canada_post", "Canada Post"),
    ("couriers_please", "CouriersPlease"),
    ("dhl_ecommerce", "DHL eCommerce"),
    ("dhl_express", "DHL Express"),
    ("dhl_express_worldwide", "DHL Express"),
    ("dpd", "DPD"),
    ("endicia", "USPS"),
    ("evri", "Evri"),
    ("express_1", "USPS"),
    ("fastway_au", "Aramex"),
    ("fastway_nz", "Aramex"),
    ("fedex", "FedEx"),
    ("fedex_walleted", "FedEx"),
    ("globegistics", "Globegistics"),
    ("new_zealand_post", "NZ Post"),
    ("ontrac", "OnTrac"),
    ("parcelforce", "Parcelforce"),
    ("purolator", "Purolator"),
    ("royal_mail", "Royal Mail"),
    ("seko", "SEKO"),
    ("sendle", "Sendle"),
    ("stamps_com", "USPS"),
    ("startrack", "StarTrack"),
    ("tnt", "TNT"),
    ("toll", "Toll"),
    ("ups", "UPS"),
    ("ups_walleted", "UPS"),
    ("usps", "USPS"),
    ("yodel", "Yodel"),
];

/// The name of a carrier: the configured one, else the known one, else the code itself.
pub fn name(code: &str, configured: &BTreeMap<String, String>) -> String {
    if let Some(name) = configured.get(code) {
        return name.clone();
    }
    NAMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| *name).to_owned()
}

/// ShipStation's service codes with the names that its own screens show, for the services that are bought most.
const SERVICES: &[(&str, &str)] = &[
    ("aupost_express", "Australia Post Express"),
    ("aupost_parcel_post", "Australia Post Parcel Post"),
    ("canada_post_expedited_parcel", "Expedited Parcel"),
    ("canada_post_priority", "Priority"),
    ("canada_post_regular_parcel", "Regular Parcel"),
    ("canada_post_xpresspost", "Xpresspost"),
    ("dhl_express_worldwide", "DHL Express Worldwide"),
    ("express_worldwide", "DHL Express Worldwide"),
    ("fedex_2day", "FedEx 2Day"),
    ("fedex_express_saver", "FedEx Express Saver"),
    ("fedex_first_overnight", "FedEx First Overnight"),
    ("fedex_ground", "FedEx Ground"),
    ("fedex_ground_international", "FedEx International Ground"),
    ("fedex_home_delivery", "FedEx Home Delivery"),
    ("fedex_international_economy", "FedEx International Economy"),
    ("fedex_international_first", "FedEx International First"),
    ("fedex_international_priority", "FedEx International Priority"),
    ("fedex_priority_overnight", "FedEx Priority Overnight"),
    ("fedex_standard_overnight", "FedEx Standard Overnight"),
    ("globalpost_economy", "GlobalPost Economy International"),
    ("globalpost_priority", "GlobalPost Standard International"),
    ("ups_2nd_day_air", "UPS 2nd Day Air"),
    ("ups_2nd_day_air_am", "UPS 2nd Day Air AM"),
    ("ups_3_day_select", "UPS 3 Day Select"),
    ("ups_ground", "UPS Ground"),
    ("ups_ground_saver", "UPS Ground Saver"),
    ("ups_next_day_air", "UPS Next Day Air"),
    ("ups_next_day_air_early_am", "UPS Next Day Air Early"),
    ("ups_next_day_air_saver", "UPS Next Day Air Saver"),
    ("ups_standard_international", "UPS Standard"),
    ("ups_worldwide_expedited", "UPS Worldwide Expedited"),
    ("ups_worldwide_express", "UPS Worldwide Express"),
    ("ups_worldwide_express_plus", "UPS Worldwide Express Plus"),
    ("ups_worldwide_saver", "UPS Worldwide Saver"),
    ("usps_first_class_mail", "USPS First Class Mail"),
    ("usps_first_class_mail_international", "USPS First Class Mail Intl"),
    ("usps_ground_advantage", "USPS Ground Advantage"),
    ("usps_library_mail", "USPS Library Mail"),
    ("usps_media_mail", "USPS Media Mail"),
    ("usps_parcel_select", "USPS Parcel Select Ground"),
    ("usps_priority_mail", "USPS Priority Mail"),
    ("usps_priority_mail_express", "USPS Priority Mail Express"),
    ("usps_priority_mail_express_international", "USPS Priority Mail Express Intl"),
    ("usps_priority_mail_international", "USPS Priority Mail Intl"),
];

/// The name of a service; a code that is not known stands for itself.
pub fn service_name(code: &str) -> &str {
    SERVICES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_one_name_each_and_unknown_ones_stand_for_themselves() {
        for table in [NAMES, SERVICES] {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0), "sorted, each code once");
        }
        assert_eq!(service_name("usps_priority_mail"), "USPS Priority Mail");
        assert_eq!(service_name("own_courier_same_day"), "own_courier_same_day");
        let ours = BTreeMap::from([("ups".to_owned(), "Brown".to_owned())]);
        assert_eq!((name("ups", &ours), name("fedex", &ours)), ("Brown".to_owned(), "FedEx".to_owned()));
    }
}
