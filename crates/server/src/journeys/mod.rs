//! What spans domains: readable lists of domain calls.

pub mod demo;
pub mod sign_up;
pub mod tenant;
