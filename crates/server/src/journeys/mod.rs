//! What spans domains: readable lists of domain calls.

pub mod archive;
pub mod backup;
pub mod demo;
pub mod import;
pub mod onboarding;
pub mod person;
pub mod sign_up;
pub mod tenant;
