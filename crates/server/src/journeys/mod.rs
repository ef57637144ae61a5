//! What spans domains: readable lists of domain calls.

pub mod archive;
pub mod backup;
pub mod demo;
pub mod demo_sites;
pub mod import;
pub mod instance;
pub mod onboarding;
pub mod person;
pub mod removal;
pub mod sign_up;
pub mod tenant;
