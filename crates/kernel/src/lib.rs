//! What every domain stands on. No business rule lives here and no table is owned here.
//!
//! Start with [`db`] (a transaction that cannot leave its tenant) and [`error`] (what a caller is told).

pub mod cells;
pub mod client_ip;
pub mod clock;
pub mod db;
pub mod error;
pub mod events;
pub mod extract;
pub mod files;
mod finish;
pub mod ids;
pub mod limits;
pub mod migrate;
pub mod money;
pub mod outbound;
pub mod page;
pub mod reason;
pub mod secrets;
pub mod standard_webhooks;

pub use clock::Clock;
pub use db::{Database, TenantProof, TenantTx};
pub use error::{Error, Result};
pub use events::{Event, Live, WorkspaceList};
pub use reason::Reason;
