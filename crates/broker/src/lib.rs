#![doc = include_str!("../README.md")]

mod delivery;
mod embedded;
mod error;
mod event_id;
mod rabbit;
mod roles;
mod stored;

pub use delivery::{Delivery, Settle};
pub use embedded::{EmbeddedBroker, EmbeddedConfig};
pub use error::{ConsumeError, OpenError, PublishError};
pub use event_id::event_id;
pub use rabbit::{RabbitBroker, RabbitConfig, RabbitError};
pub use roles::{Broker, Consumer, Depth, Publisher};
