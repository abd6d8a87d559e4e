//! Whether a write has arrived: Cin7 is known to say yes and no to writes that ended otherwise, so that what it shows
//! afterwards decides.

use crate::patch::OrderPatch;
use crate::sales_order::SalesOrder;

/// The fields of a patch that the order, as read after it was written, does not show; empty when all of it arrived.
/// Blanks at the ends, kinds of line ends and the case of a stage are Cin7's to tidy, and instants to round.
pub fn missing(patch: &OrderPatch, order: &SalesOrder) -> Vec<String> {
    let differs = |wanted: &Option<String>, shown: &str| {
        wanted.as_ref().is_some_and(|wanted| tidy(wanted) != tidy(shown))
    };
    let stage = patch.stage.as_ref().is_some_and(|stage| !same_stage(stage, &order.stage));
    let fields = [
        (differs(&patch.tracking_code, &order.tracking_code), "tracking code"),
        (differs(&patch.carrier, &order.carrier), "carrier"),
        (stage, "stage"),
        (patch.dispatched.is_some() && order.dispatched.is_none(), "dispatched date"),
        (patch.invoiced.is_some() && order.invoiced.is_none(), "invoice date"),
        (differs(&patch.internal_comments, &order.internal_comments), "internal comments"),
        (patch.freight_total.is_some_and(|total| total != order.money.freight), "freight"),
        (differs(&patch.freight_description, &order.freight_description), "freight description"),
    ];
    let missing = fields.into_iter().filter(|(differs, _)| *differs).map(|(_, field)| field.to_owned());
    let custom = patch.custom_fields.iter().filter(|(name, wanted)| {
        let shown = order.custom_fields.get(*name).map_or("", String::as_str);
        tidy(wanted) != tidy(shown)
    });
    missing.chain(custom.map(|(name, _)| format!("custom field {name}"))).collect()
}

fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

fn same_stage(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
