//! Facebook Messenger with one page.

use crate::core::Receipts;
use crate::messaging::Platform;

pub use crate::messaging::{Customer, Options, Simulator};

/// A page with everything as it is usual.
pub fn options() -> Options {
    Options {
        platform: Platform::Messenger,
        port: 0,
        webhook_url: None,
        app_id: "500000000000001".into(),
        app_secret: "test_app_secret".into(),
        access_token: "EAAtesttoken".into(),
        verify_token: "verify-me".into(),
        business_id: "200000000000001".into(),
        needs_proof: false,
        receipts: Receipts::Automatic,
    }
}
