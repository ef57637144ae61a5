//! For tests only: the real server on a data folder of its own, builders for what lives in it, and a request helper.
//!
//! Not a mock of anything: what is tested is the binary, its bundled PostgreSQL and HTTP. Start with [`Server`];
//! [`Tenant`] and [`Visitor`] are made from it, [`Api`] is how everything is called. The fake model provider is
//! [`llm::fake`], re-exported here.

mod channel;
mod database;
mod door;
mod http;
mod mail;
mod process;
mod qdrant;
mod receiver;
mod server;
mod site;
mod sse;
mod template;
mod tenant;
mod vendor;
mod visitor;

pub use channel::Channel;
pub use http::{Answer, Api, Call};
pub use llm::{Provider, fake};
pub use mail::{Mail, MailManners, MailServer};
pub use qdrant::{FakeQdrant, QdrantRequest};
pub use receiver::{Received, Receiver, Reply};
pub use reqwest::Method;
pub use server::{Server, ServerBuilder, has_runtime};
pub use site::{Hit, Site, SitePage};
pub use sse::{EventStream, SseEvent};
pub use tenant::Tenant;
pub use vendor::{Person, Vendor};
pub use visitor::Visitor;

/// Leaves the test, with a printed line, where the bundled PostgreSQL has not been fetched.
#[macro_export]
macro_rules! require_runtime {
    () => {
        if !$crate::has_runtime() {
            println!("skipped: runtime/ has no PostgreSQL; run scripts/fetch-runtime");
            return;
        }
    };
}
