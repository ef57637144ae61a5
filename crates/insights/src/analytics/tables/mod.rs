//! The tables `analytics_…` as they are, for programs that know their columns. They are counted anew before they are read.

pub mod api;
pub mod store;
