//! What plans say, and what a workspace is on. Both are the operator's to change; nobody in a workspace can.

pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::extract::present;
use kernel::{Database, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store as own;
use super::{Plan, PlanUse, Resource, month_of};
use crate::audit::{self, Action};
use crate::instance::log::{self, Actor};

/// No limit is larger.
const MOST: i64 = 1_000_000_000;
const LONGEST_TRIAL: i32 = 365;

/// How much of one thing a plan has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlanLimit {
    pub resource: Resource,
    /// Null: no limit.
    pub most: Option<i64>,
    /// So many percent more before it stops: 0 to 100.
    pub grace_percent: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlanLimits {
    pub plan: Plan,
    pub limits: Vec<PlanLimit>,
}

/// All plans of the installation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PlanTerms {
    /// So long new workspaces are on trial; null: without end.
    pub trial_days: Option<i32>,
    pub plans: Vec<PlanLimits>,
}

/// What a workspace may use in place of what its plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlanException {
    pub resource: Resource,
    /// Null: no limit.
    pub most: Option<i64>,
}

/// What a workspace is on, and how much of it is used.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TenantPlan {
    pub plan: Plan,
    /// `trial`, `active`, `suspended` or `cancelled`.
    pub status: String,
    /// When a trial ends; null: it does not.
    pub trial_ends_at: Option<DateTime<Utc>>,
    pub exceptions: Vec<PlanException>,
    pub uses: Vec<PlanUse>,
}

/// What an operator changes about it; what is not given stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct TenantPlanPatch {
    pub plan: Option<Plan>,
    /// True: the trial is over and has become a subscription.
    #[serde(default)]
    pub ends_trial: bool,
    /// Null: the trial has no end.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub trial_ends_at: Option<Option<DateTime<Utc>>>,
    /// In place of all that there are.
    pub exceptions: Option<Vec<PlanException>>,
}

/// What all plans say.
pub async fn get(db: &Database) -> Result<PlanTerms> {
    let mut limits = store::list_limits(db).await?;
    let plans = Plan::ALL.map(|plan| PlanLimits {
        plan,
        limits: limits
            .extract_if(.., |(of, _)| *of == plan)
            .map(|(_, limit)| limit)
            .collect(),
    });
    Ok(PlanTerms {
        trial_days: store::get_trial_days(db).await?,
        plans: plans.into(),
    })
}

/// Changes limits of a plan; they count at once, for every workspace that is on it.
pub async fn set_limits(db: &Database, actor: &Actor, plan: Plan, limits: &[PlanLimit]) -> Result<PlanTerms> {
    for limit in limits {
        check_most(limit.most)?;
        if !(0..=100).contains(&limit.grace_percent) {
            return Err(invalid("bad_grace", "`grace_percent` is a number from 0 to 100."));
        }
    }
    let mut tx = db.platform().begin().await?;
    for limit in limits {
        store::set_limit(&mut tx, plan, limit).await?;
    }
    let subject = format!("plan:{}", plan.as_str());
    let details = json!({"limits": limits});
    log::record(
        &mut tx,
        db.clock.now(),
        actor,
        log::Action::PlanChanged,
        &subject,
        details,
    )
    .await?;
    tx.commit().await?;
    get(db).await
}

/// How long workspaces that are made from now on are on trial.
pub async fn set_trial_days(db: &Database, actor: &Actor, days: Option<i32>) -> Result<PlanTerms> {
    if days.is_some_and(|days| !(1..=LONGEST_TRIAL).contains(&days)) {
        return Err(invalid("bad_trial_days", "A trial has 1 to 365 days, or no end."));
    }
    let mut tx = db.platform().begin().await?;
    store::set_trial_days(&mut tx, days).await?;
    let details = json!({"trial_days": days});
    log::record(
        &mut tx,
        db.clock.now(),
        actor,
        log::Action::PlanChanged,
        "plan:trial",
        details,
    )
    .await?;
    tx.commit().await?;
    get(db).await
}

/// What the workspace of this transaction is on.
pub async fn of_tenant(tx: &mut TenantTx) -> Result<TenantPlan> {
    let now = tx.now();
    let subscription = own::get_subscription(tx).await?;
    let exceptions = own::list_exceptions(tx).await?;
    Ok(TenantPlan {
        plan: subscription.plan,
        trial_ends_at: subscription
            .trial_ends_at
            .filter(|_| subscription.status != "active"),
        status: subscription.status,
        exceptions: exceptions
            .into_iter()
            .map(|(resource, most)| PlanException { resource, most })
            .collect(),
        uses: own::list_use(tx, now, month_of(now)).await?,
    })
}

/// Changes what the workspace of this transaction is on. Its members see it in their audit log, operators in theirs.
pub async fn change(tx: &mut TenantTx, actor: &Actor, patch: &TenantPlanPatch) -> Result<TenantPlan> {
    let before = of_tenant(tx).await?;
    if let Some(plan) = patch.plan {
        own::set_plan(tx, plan).await?;
    }
    if let Some(at) = patch.trial_ends_at {
        own::set_trial_end(tx, at).await?;
    }
    if patch.ends_trial {
        own::end_trial(tx).await?;
    }
    if let Some(exceptions) = &patch.exceptions {
        replace_exceptions(tx, exceptions).await?;
    }
    let after = of_tenant(tx).await?;
    let details = audit::changes(&facts(&before), &facts(&after))?;
    if details != json!({}) {
        let (now, subject) = (tx.now(), format!("tenant:{}", tx.tenant_id()));
        audit::record(
            tx,
            audit::OPERATOR,
            Action::PlanChanged,
            &subject,
            details.clone(),
        )
        .await?;
        log::record(
            &mut *tx,
            now,
            actor,
            log::Action::TenantPlanChanged,
            &subject,
            details,
        )
        .await?;
    }
    Ok(after)
}

fn facts(plan: &TenantPlan) -> serde_json::Value {
    json!({
        "plan": plan.plan,
        "status": plan.status,
        "trial_ends_at": plan.trial_ends_at,
        "exceptions": plan.exceptions,
    })
}

async fn replace_exceptions(tx: &mut TenantTx, exceptions: &[PlanException]) -> Result<()> {
    for exception in exceptions {
        check_most(exception.most)?;
    }
    for resource in Resource::ALL {
        match exceptions.iter().find(|exception| exception.resource == resource) {
            Some(exception) => own::put_exception(tx, resource, exception.most).await?,
            None => own::delete_exception(tx, resource).await?,
        }
    }
    Ok(())
}

fn check_most(most: Option<i64>) -> Result<()> {
    if most.is_some_and(|most| !(0..=MOST).contains(&most)) {
        return Err(invalid(
            "bad_limit",
            "A limit is a whole number from 0 to 1,000,000,000, or null where there is none.",
        ));
    }
    Ok(())
}
