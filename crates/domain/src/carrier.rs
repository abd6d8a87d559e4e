//! Names that people know for ShipStation's carrier codes. A code without a name is shown as it is; the
//! configuration's `carrier_names` come first.

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
    ("sendle", "Sendle"),
    ("seko", "SEKO"),
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
