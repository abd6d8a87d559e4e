//! The products of a homewares and clothing shop.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;
use rust_decimal::Decimal;
use serde_json::json;

use crate::cin7::{Image, Product, ProductOption};

/// Style code, name, what its options are, price in cents, grams.
type Style = (&'static str, &'static str, Options, i64, i64);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Options {
    None,
    Sizes,
    Colours,
    SizesAndColours,
    Kit,
}

use Options::{Colours, Kit, None as Plain, Sizes, SizesAndColours};

const STYLES: &[Style] = &[
    ("MUG-ST", "Stoneware mug", Colours, 2_450, 420),
    ("BWL-RM", "Ramen bowl", Plain, 3_295, 610),
    ("PLT-DN", "Dinner plate", Colours, 2_895, 780),
    ("TEA-PT", "Teapot 1.2 L", Plain, 8_900, 1_150),
    ("CUP-ES", "Espresso cup & saucer", Plain, 1_950, 260),
    ("JUG-WT", "Water jug", Plain, 5_450, 990),
    ("KNF-CH", "Chef's knife 20 cm", Plain, 12_900, 240),
    ("BRD-OK", "Oak board", Sizes, 6_900, 1_400),
    ("APR-LN", "Linen apron", Colours, 5_995, 310),
    ("TWL-BA", "Bath towel", Colours, 4_495, 560),
    ("TWL-HA", "Hand towel", Colours, 1_995, 190),
    ("RUG-WL", "Wool rug", Sizes, 34_900, 6_200),
    ("CSH-VL", "Velvet cushion", Colours, 5_250, 680),
    ("THR-AL", "Alpaca throw", Colours, 18_900, 850),
    ("CND-SY", "Soy candle \"Fig & Cedar\"", Plain, 3_900, 450),
    ("DIF-RD", "Reed diffuser", Plain, 4_900, 520),
    ("VAS-GL", "Glass vase", Sizes, 7_450, 1_700),
    ("LMP-TB", "Table lamp", Plain, 14_500, 2_300),
    ("CLK-WL", "Wall clock", Plain, 9_900, 900),
    ("FRM-OK", "Picture frame", Sizes, 3_450, 640),
    ("NBK-A5", "Notebook A5", Colours, 1_650, 230),
    ("PEN-BR", "Brass pen", Plain, 4_250, 60),
    ("TEE-CT", "Cotton tee", SizesAndColours, 3_995, 170),
    ("HOO-FL", "Fleece hoodie", SizesAndColours, 8_995, 620),
    ("SOC-MR", "Merino socks", Sizes, 1_895, 75),
    ("BEA-MR", "Merino beanie", Colours, 3_495, 90),
    ("SCF-SL", "Silk scarf", Colours, 7_995, 80),
    ("GLV-LE", "Leather gloves", Sizes, 6_995, 130),
    ("BAG-TO", "Canvas tote", Plain, 2_495, 280),
    ("BOT-ST", "Steel bottle 750 ml", Colours, 3_995, 340),
    ("UMB-CP", "Compact umbrella", Plain, 3_295, 390),
    ("SOA-OV", "Olive soap", Plain, 895, 120),
    ("BLM-BX", "Beeswax balm", Plain, 1_295, 45),
    ("HON-MK", "Mānuka honey 500 g", Plain, 5_900, 730),
    ("COF-BN", "Coffee beans 1 kg", Plain, 4_200, 1_030),
    ("CHO-DK", "Dark chocolate", Plain, 850, 110),
    ("GFT-CD", "Gift card (printed)", Plain, 5_000, 0),
    ("WRE-WI  -23", "Winter wreath (2023)", Plain, 4_450, 0),
    ("SET-BR", "Breakfast set", Kit, 9_900, 0),
    ("SET-BA", "Bathroom set", Kit, 11_900, 0),
];

const SIZES: &[&str] = &["XS", "S", "M", "L"];
const COLOURS: &[&str] = &["Sand", "Ink", "Eucalypt"];

/// All products; ids, weights, pictures and the rest follow from the seed's generator.
pub(super) fn catalogue(rng: &mut StdRng, now: Timestamp) -> Vec<Product> {
    let changed = now - SignedDuration::from_hours(24 * rng.random_range(40..400));
    let each = STYLES.iter().zip(7_000..);
    each.map(|(style, id)| product(rng, *style, id, changed)).collect()
}

fn product(rng: &mut StdRng, style: Style, id: i64, changed: Timestamp) -> Product {
    let (code, name, options, _, grams) = style;
    let weight = Decimal::new(grams, 3);
    let on_options = matches!(options, Sizes | SizesAndColours) && grams > 0;
    let (label1, label2) = match options {
        Sizes => (Some("Size"), None),
        Colours => (Some("Colour"), None),
        SizesAndColours => (Some("Size"), Some("Colour")),
        Plain | Kit => (None, None),
    };
    let slug = code.to_lowercase();
    Product {
        id,
        status: "Public".to_owned(),
        created_date: Some(changed),
        modified_date: Some(changed),
        style_code: code.to_owned(),
        name: name.to_owned(),
        description: Some(format!("<p>{}</p>", name.replace('&', "&amp;"))),
        brand: Some("Kauri & Co".to_owned()),
        category: Some(if matches!(options, SizesAndColours) { "Clothing" } else { "Home" }.to_owned()),
        images: picture(&slug, rng.random_bool(0.85)).into_iter().collect(),
        weight: if on_options { Decimal::ZERO } else { weight },
        stock_control: Some("FIFO".to_owned()),
        order_type: if options == Kit { "Kit" } else { "Order" }.to_owned(),
        option_label1: label1.map(str::to_owned),
        option_label2: label2.map(str::to_owned),
        custom_fields: custom_fields(rng),
        product_options: options_of(style, id, if on_options { Some(weight) } else { None }, changed),
        ..Product::default()
    }
}

fn options_of(style: Style, product: i64, weight: Option<Decimal>, changed: Timestamp) -> Vec<ProductOption> {
    let (code, _, options, cents, _) = style;
    let values: Vec<(Option<&str>, Option<&str>)> = match options {
        Sizes => SIZES.iter().map(|size| (Some(*size), None)).collect(),
        Colours => COLOURS.iter().map(|colour| (Some(*colour), None)).collect(),
        SizesAndColours => {
            SIZES.iter().flat_map(|size| COLOURS.iter().map(|colour| (Some(*size), Some(*colour)))).collect()
        }
        Plain | Kit => vec![(None, None)],
    };
    let each = values.into_iter().zip(0_i64..);
    each.map(|((option1, option2), index)| {
        let suffix =
            [option1, option2].into_iter().flatten().map(|value| format!("-{}", value.to_uppercase()));
        let sku = format!("{code}{}", suffix.collect::<String>());
        ProductOption {
            id: product * 100 + index,
            product_id: product,
            status: if index == 0 { "Primary" } else { "Active" }.to_owned(),
            modified_date: Some(changed),
            product_option_barcode: Some(format!("9400{product:05}{index:04}")),
            image: picture(&sku.to_lowercase(), option2.is_some()),
            code: sku.clone(),
            product_option_code: sku,
            option1: option1.map(str::to_owned),
            option2: option2.map(str::to_owned),
            option_weight: weight.map(|weight| weight + Decimal::new(index * 15, 3)),
            retail_price: Decimal::new(cents, 2),
            ..ProductOption::default()
        }
    })
    .collect()
}

fn picture(name: &str, has: bool) -> Option<Image> {
    has.then(|| Image { link: format!("https://images.example.com/{}.jpg", name.replace(' ', "_")) })
}

/// A customs code, an origin and a shelf, as many accounts keep them.
fn custom_fields(rng: &mut StdRng) -> BTreeMap<String, serde_json::Value> {
    let shelf = format!("{}-{:02}", ["A", "B", "C"][rng.random_range(0..3)], rng.random_range(1..40));
    BTreeMap::from([
        ("products_1001".to_owned(), json!(shelf)),
        ("products_1005".to_owned(), json!(format!("69{:02}.00", rng.random_range(1..15)))),
        ("products_1011".to_owned(), json!(["NZ", "CN", "PT"][rng.random_range(0..3)])),
    ])
}
