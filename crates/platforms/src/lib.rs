#![doc = include_str!("../README.md")]

pub mod answer;
pub mod cin7;
pub mod pacific;
pub mod shipstation;
pub mod shipstation_v2;
pub mod transport;

mod classify;
mod dates;
mod exact;
mod exchange;
mod json;
#[cfg(test)]
mod scripted;

pub use answer::{Answer, CallPermit, Heard, Listing, Paging, Unreadable};
pub use cin7::{Branch, ChangedProduct, Cin7Client, Cin7Settings, OrderStamp, RecordOutcome};
pub use shipstation::{
    CarrierRefusal, Choice, ImportOutcome, RateWishes, ShipStationClient, ShipStationSettings, Store,
    Subscription, Tag, Warehouse,
};
pub use shipstation_v2::{CarrierAccount, Estimate, NoRate, ShipStationV2Client, ShipStationV2Settings};
pub use transport::{
    FetchError, HttpRequest, HttpResponse, HttpSettings, HttpTransport, Method, Proof, PublicDocument,
    PublicStore, ResponseHeaders, StoreAnswer, Transport, TransportError, install_tls, is_private,
};
