//! khotin (Vietnamese *kho tin*, "news store") archives the news of Vietnamese ministries.
#![forbid(unsafe_code)]
pub mod config;
pub mod fetch;
pub mod model;
pub mod normalize;
pub mod store;
