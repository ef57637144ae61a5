//! The log of the installation: what operators did. It stays when a tenant is gone, and holds no tenant's content.

mod store;

use std::fmt;

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::ids::{AuditId, UserId};
use kernel::page::Position;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

pub use store::list;

/// What can have been done, past tense. The console has a text for each; without one it does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = OperatorAction)]
pub enum Action {
    OperatorAdded,
    OperatorRemoved,
    TenantCreated,
    TenantSuspended,
    TenantResumed,
    TenantDeleted,
    TenantVisited,
    /// Its plan, its trial or its exceptions.
    TenantPlanChanged,
    /// What a plan says, for all that are on it.
    PlanChanged,
    DemoCreated,
    DemoDeleted,
}

/// Who did it.
#[derive(Debug, Clone)]
pub enum Actor {
    Person {
        id: UserId,
        name: String,
    },
    CommandLine,
    /// The product itself.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { id, .. } => write!(f, "user:{id}"),
            Self::CommandLine => f.write_str("command_line"),
            Self::System => f.write_str(crate::audit::SYSTEM),
        }
    }
}

impl Actor {
    /// The person's name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Person { name, .. } => Some(name),
            Self::CommandLine | Self::System => None,
        }
    }
}

/// One deed, as the console shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OperatorLogEntry {
    pub id: AuditId,
    /// `command_line`, `system` or `user:<id>`.
    pub actor: String,
    pub actor_name: Option<String>,
    #[schema(value_type = Action)]
    pub action: String,
    /// `<kind>:<id>` of what was touched.
    pub subject: String,
    #[schema(value_type = Object)]
    pub details: Value,
    pub created_at: DateTime<Utc>,
}

impl OperatorLogEntry {
    pub fn position(&self) -> Position {
        Position {
            at: self.created_at,
            id: self.id.0,
        }
    }
}

/// Adds one row, in the transaction of the deed where there is one. `subject` is `<kind>:<id>`.
pub async fn record(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    actor: &Actor,
    action: Action,
    subject: &str,
    details: Value,
) -> Result<()> {
    store::insert(connection, now, actor, action, subject, details).await
}
