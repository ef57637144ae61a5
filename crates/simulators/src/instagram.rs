//! Instagram messaging with one professional account.

use crate::messaging::Platform;

pub use crate::messaging::{Customer, Options, Simulator};

/// An account with everything as it is usual.
pub fn options() -> Options {
    Options {
        platform: Platform::Instagram,
        access_token: "IGAAtesttoken".into(),
        business_id: "17840000000000001".into(),
        ..crate::messenger::options()
    }
}
