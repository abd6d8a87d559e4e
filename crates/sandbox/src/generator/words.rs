//! Texts that orders are filled with. Invented; any likeness to real orders is chance.

/// What customers write for the driver.
pub(super) const INSTRUCTIONS: &[&str] = &[
    "Please leave at the front door.",
    "Authority to leave if nobody's home",
    "Ring the bell twice; the dog is friendly 🐶",
    "Deliver to reception, level 3 — ask for \"Goods In\"",
    "Gate code 4417#",
    "No delivery on Mondays & Tuesdays.\nUse the loading dock behind the building.",
    "Bitte beim Nachbarn abgeben (Müller, 2. OG)",
    "Happy birthday, Zoë! <3",
    "Fragile: do NOT stack",
];

/// What staff writes for staff.
pub(super) const COMMENTS: &[&str] = &[
    "Customer rang about the delivery, promised this week",
    "VIP, add a sample",
    "Paid by bank transfer, checked with accounts",
    "2nd attempt: first parcel came back",
    "Pack with order of the same customer if possible",
    "Price agreed by phone & e-mail",
    "Backorder of the blue ones cancelled",
];

/// Shipping methods as customers choose them, with what they cost in cents.
pub(super) const FREIGHT: &[(&str, i64)] = &[
    ("Standard Shipping", 995),
    ("Express Post", 1_450),
    ("Free Shipping", 0),
    ("UPS Ground", 1_288),
    ("FedEx 2Day", 2_435),
    ("Royal Mail Tracked 48", 399),
    ("International Economy", 2_990),
    ("DHL Paket", 549),
    ("Overnight", 3_875),
    ("Economy (5-7 days)", 650),
];

/// Fees that come as lines without a code.
pub(super) const FEES: &[(&str, i64)] = &[
    ("Gift wrapping", 500),
    ("Handling fee", 350),
    ("Small order fee", 795),
    ("Assembly", 4_500),
    ("Carbon offset", 99),
];

/// Notes on single lines.
pub(super) const LINE_COMMENTS: &[&str] = &[
    "Engrave: \"A & B\"",
    "Replacement, old one damaged",
    "Last one on the shelf",
    "Gift: no price on the slip",
];
