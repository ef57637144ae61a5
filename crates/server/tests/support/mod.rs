//! What the server's test binaries share. The rest is in `testkit`.

use testkit::{Server, ServerBuilder};

/// The server of this build.
pub fn server() -> ServerBuilder {
    Server::of(env!("CARGO_BIN_EXE_rapport"))
}
