//! Operators in a workspace: only while its owner allows it, and never unseen.
//!
//! An owner grants access for some hours, to look only or to change things as well. While it lasts an operator may go in
//! from the console; their browser's session then is a visitor's. Each request asks anew whether the grant stands, and
//! writes into the workspace's audit log what is read or done, before it is. Ending the grant ends all visits with it at once.

pub mod api;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{forbidden, invalid};
use kernel::ids::{TenantId, UserId};
use kernel::{Database, Result, TenantProof, TenantTx};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::instance::InstanceOperator;
use crate::tenants::Operator;
use crate::{Member, sessions};

/// The longest that access can be granted for at a time: a week.
const MOST_HOURS: u32 = 7 * 24;

/// That operators may come in, as members see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OperatorAccess {
    pub id: Uuid,
    pub granted_by_name: String,
    /// False: they only look.
    pub may_change: bool,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    /// Who is in the workspace now.
    pub visitors: Vec<String>,
}

/// An operator's session inside a workspace. Read from a session, so it proves the tenant to whoever looks whether it stands.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub operator: UserId,
}

impl TenantProof for Visit {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    fn actor(&self) -> Option<String> {
        Some(format!("operator:{}", self.operator))
    }
}

/// A visit that stands.
#[derive(Debug)]
pub struct Standing {
    pub operator_name: String,
    pub may_change: bool,
    pub expires_at: DateTime<Utc>,
}

/// Lets operators in. What was granted before ends.
pub async fn grant(
    tx: &mut TenantTx,
    owner: &Member,
    hours: u32,
    may_change: bool,
) -> Result<OperatorAccess> {
    let (Some(user), true) = (owner.user_id(), owner.is_owner()) else {
        return Err(forbidden("owners_only", "Only an owner can let operators in."));
    };
    if hours == 0 || hours > MOST_HOURS {
        return Err(invalid(
            "bad_hours",
            format!("Access is granted for 1 to {MOST_HOURS} hours."),
        ));
    }
    let now = tx.now();
    store::end(tx, now).await?;
    let expires_at = now + TimeDelta::hours(i64::from(hours));
    let name = owner.display_name().unwrap_or_default();
    let id = store::insert(tx, user, name, may_change, expires_at).await?;
    let details = json!({"hours": hours, "may_change": may_change});
    let subject = format!("operator_access:{id}");
    audit::record_by(tx, owner, Action::OperatorAccessGranted, &subject, details).await?;
    let granted = store::find(tx, now).await?;
    granted.ok_or_else(|| kernel::error::not_found("access of operators"))
}

/// Ends it with all visits. False: there was none.
pub async fn end(tx: &mut TenantTx, member: &Member) -> Result<bool> {
    let now = tx.now();
    let Some(access) = store::find(tx, now).await? else {
        return Ok(false);
    };
    store::end(tx, now).await?;
    let subject = format!("operator_access:{}", access.id);
    audit::record_by(tx, member, Action::OperatorAccessEnded, &subject, json!({})).await?;
    Ok(true)
}

/// What stands now; none: operators stay outside.
pub async fn find(tx: &mut TenantTx) -> Result<Option<OperatorAccess>> {
    let now = tx.now();
    store::find(tx, now).await
}

/// An operator goes in: from the next request on their session is in this workspace.
///
/// # Errors
/// 403 `no_consent`.
pub async fn begin(db: &Database, operator: &InstanceOperator, tenant: Operator) -> Result<Visit> {
    let mut tx = db.tenant(&tenant).await?;
    let now = tx.now();
    let access = store::find(&mut tx, now).await?.ok_or_else(no_consent)?;
    let visit = Visit {
        id: store::insert_visit(&mut tx, access.id, operator.user_id, &operator.name).await?,
        tenant_id: tenant.tenant_id(),
        operator: operator.user_id,
    };
    record(
        &mut tx,
        &visit,
        Action::OperatorCame,
        json!({"name": operator.name}),
    )
    .await?;
    tx.commit().await?;
    sessions::visit(db, &operator.token_hash, Some(&visit)).await?;
    Ok(visit)
}

/// Goes out again. Nothing, if the session is in no workspace as a visitor.
pub async fn leave(db: &Database, operator: &InstanceOperator) -> Result<()> {
    let Some(visit) = sessions::find_visit(db, &operator.token_hash).await? else {
        return Ok(());
    };
    sessions::visit(db, &operator.token_hash, None).await?;
    // a tenant that is gone keeps no log
    if Operator::by_id(db, visit.tenant_id).await?.is_none() {
        return Ok(());
    }
    let mut tx = db.tenant(&visit).await?;
    let now = tx.now();
    store::end_visit(&mut tx, visit.id, now).await?;
    record(
        &mut tx,
        &visit,
        Action::OperatorLeft,
        json!({"name": operator.name}),
    )
    .await?;
    tx.commit().await
}

/// Lets one request in, and writes down what it is for before it is done.
///
/// # Errors
/// 403 `visit_over`, `visit_reads_only`.
pub async fn admit(db: &Database, visit: &Visit, what: Request<'_>) -> Result<Standing> {
    let mut tx = db.tenant(visit).await?;
    let now = tx.now();
    let Some(standing) = store::find_standing(&mut tx, visit.id, now).await? else {
        return Err(over());
    };
    if what.is_write && !standing.may_change {
        return Err(forbidden(
            "visit_reads_only",
            "The workspace's owner lets operators look, and change nothing.",
        ));
    }
    let action = match what.is_write {
        true => Action::OperatorActed,
        false => Action::OperatorRead,
    };
    let details = json!({"name": standing.operator_name, "method": what.method, "path": what.path});
    record(&mut tx, visit, action, details).await?;
    tx.commit().await?;
    Ok(standing)
}

/// The same for what is looked at again and again, without writing it down.
pub async fn stands(db: &Database, visit: &Visit) -> Result<Option<Standing>> {
    let mut tx = db.tenant_read(visit).await?;
    let now = tx.now();
    store::find_standing(&mut tx, visit.id, now).await
}

/// What an operator asks for inside a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub is_write: bool,
    pub method: &'a str,
    /// Without the query: that may hold what somebody looks for.
    pub path: &'a str,
}

async fn record(tx: &mut TenantTx, visit: &Visit, action: Action, details: serde_json::Value) -> Result<()> {
    let actor = format!("operator:{}", visit.operator);
    let subject = format!("operator_visit:{}", visit.id);
    audit::record(tx, &actor, action, &subject, details).await
}

pub fn over() -> kernel::Error {
    forbidden(
        "visit_over",
        "The access to this workspace is over, or its owner has ended it.",
    )
}

fn no_consent() -> kernel::Error {
    forbidden(
        "no_consent",
        "The owner of this workspace has not let operators in. They do so in Settings, Workspace.",
    )
}
