#![doc = include_str!("../README.md")]

pub mod cin7;
pub mod exchange;
pub mod faults;
pub mod generator;
pub mod quota;
pub mod serve;
pub mod shipstation;
pub mod warehouse;
pub mod webhooks;
