//! Demonstrations for the web sites of others. Each is a tenant of its own, without members, whose widget stands on a public
//! page; when its time is over the tenant goes, and everything with it. How one is made and removed spans domains: it is a
//! journey of the server.

pub mod store;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use kernel::error::{Error, Kind};
use kernel::ids::{DemoId, TenantId};
use kernel::{Database, Result, TenantProof};
use serde::Deserialize;

/// What a public link begins with.
pub const TOKEN: &str = "d_";

/// A demonstration as it is known before its tenant is opened. Made only here: the link is the credential, as a channel's key
/// is for its widget.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Demo {
    tenant_id: TenantId,
    pub id: DemoId,
    /// In the link: `/demo/{token}`.
    pub token: String,
    /// What the site calls itself.
    pub name: String,
    pub website_url: String,
    /// `command_line` or `user:<id>`.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl TenantProof for Demo {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    fn actor(&self) -> Option<String> {
        Some(crate::audit::OPERATOR.to_owned())
    }
}

impl Demo {
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }
}

/// One that is to be written into its tenant.
#[derive(Debug)]
pub struct NewDemo<'a> {
    pub token: &'a str,
    pub name: &'a str,
    pub website_url: &'a str,
    pub messages_a_day: i32,
    pub expires_at: DateTime<Utc>,
    pub created_by: &'a str,
}

/// Which demonstrations are meant; all of it has to fit.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[schema(as = DemoFilter)]
pub struct Filter {
    /// Whether its time is over.
    pub is_over: Option<bool>,
    /// Part of the site's name or address.
    pub search: Option<String>,
    /// Made before this moment.
    pub created_before: Option<DateTime<Utc>>,
}

/// Counts what a visitor of a demonstration is about to write.
///
/// # Errors
/// 429 until tomorrow (UTC) when as much was written today as it may be.
pub async fn count_message(db: &Database, proof: &impl TenantProof) -> Result<()> {
    let now = db.clock.now();
    let mut tx = db.tenant(proof).await?;
    if store::count_message(&mut tx, now).await? {
        return tx.commit().await;
    }
    let tomorrow = (now + TimeDelta::days(1))
        .date_naive()
        .and_time(NaiveTime::MIN)
        .and_utc();
    let kind = Kind::RateLimited {
        retry_after_seconds: (tomorrow - now).num_seconds().max(1).unsigned_abs(),
    };
    Err(Error::new(
        kind,
        "demo_used_up",
        "This demonstration has taken as many questions as it may in one day. Please come back tomorrow.",
    ))
}
