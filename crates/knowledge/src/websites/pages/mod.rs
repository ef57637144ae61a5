//! The pages of a web site, as they are kept. What they turn out to be is decided in [`super::visit`].

pub mod store;
