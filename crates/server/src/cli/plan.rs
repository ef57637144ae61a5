//! `rapport plan`: what plans say, and what each tenant is on.

use std::process::ExitCode;

use access::instance::log::Actor;
use access::plans::terms::{self, PlanException, PlanLimit, PlanTerms, TenantPlanPatch};
use access::plans::{Plan, Resource};
use clap::Subcommand;
use kernel::Result;
use kernel::error::invalid;
use serde_json::json;

use super::Global;
use super::output::Session;

#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Show the limits of all plans
    List,
    /// Set a limit of a plan, for every tenant that is on it
    Limit {
        /// basic, pro or enterprise
        plan: String,
        /// messages, seats, channels, storage (MB) or ai_spend
        resource: String,
        /// A whole number, or `none`
        most: String,
        /// So many percent more before it stops
        #[arg(long)]
        grace: Option<i32>,
    },
    /// Set how long new tenants are on trial
    Trial {
        /// 1 to 365, or `none`
        days: String,
    },
    /// Put a tenant on a plan; a trial ends with it
    Give {
        /// The tenant's short name
        slug: String,
        /// basic, pro or enterprise
        plan: String,
    },
    /// Let a tenant use more or less than its plan says
    Except {
        /// The tenant's short name
        slug: String,
        /// messages, seats, channels, storage (MB) or ai_spend
        resource: String,
        /// A whole number, `none` for no limit, or `plan` for what the plan says
        most: String,
    },
}

pub async fn run(global: &Global, command: PlanCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let json = global.json;
    session
        .run(async |session| match &command {
            PlanCommand::List => {
                let found = terms::get(&session.opened.db).await?;
                show(json, &found);
                Ok(())
            }
            PlanCommand::Limit {
                plan,
                resource,
                most,
                grace,
            } => limit(session, json, plan, resource, most, *grace).await,
            PlanCommand::Trial { days } => trial(session, json, days).await,
            PlanCommand::Give { slug, plan } => {
                let patch = TenantPlanPatch {
                    plan: Some(plan_of(plan)?),
                    ends_trial: true,
                    ..TenantPlanPatch::default()
                };
                change(session, json, slug, &patch).await
            }
            PlanCommand::Except { slug, resource, most } => except(session, json, slug, resource, most).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

async fn limit(
    session: &Session,
    json: bool,
    plan: &str,
    resource: &str,
    most: &str,
    grace: Option<i32>,
) -> Result<()> {
    let (plan, resource) = (plan_of(plan)?, resource_of(resource)?);
    let db = &session.opened.db;
    let before = terms::get(db).await?;
    let limits = before.plans.iter().find(|limits| limits.plan == plan);
    let known = limits.and_then(|limits| limits.limits.iter().find(|limit| limit.resource == resource));
    let limit = PlanLimit {
        resource,
        most: number(most)?,
        grace_percent: grace.or(known.map(|limit| limit.grace_percent)).unwrap_or(0),
    };
    let after = terms::set_limits(db, &Actor::CommandLine, plan, &[limit]).await?;
    show(json, &after);
    Ok(())
}

async fn trial(session: &Session, json: bool, days: &str) -> Result<()> {
    let days = number(days)?.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
    let after = terms::set_trial_days(&session.opened.db, &Actor::CommandLine, days).await?;
    show(json, &after);
    Ok(())
}

async fn except(session: &Session, json: bool, slug: &str, resource: &str, most: &str) -> Result<()> {
    let resource = resource_of(resource)?;
    let operator = session.tenant(Some(slug)).await?;
    let mut tx = session.opened.db.tenant_read(&operator).await?;
    let mut exceptions = terms::of_tenant(&mut tx).await?.exceptions;
    drop(tx);
    exceptions.retain(|exception| exception.resource != resource);
    if most != "plan" {
        exceptions.push(PlanException {
            resource,
            most: number(most)?,
        });
    }
    let patch = TenantPlanPatch {
        exceptions: Some(exceptions),
        ..TenantPlanPatch::default()
    };
    change(session, json, slug, &patch).await
}

async fn change(session: &Session, json: bool, slug: &str, patch: &TenantPlanPatch) -> Result<()> {
    let operator = session.tenant(Some(slug)).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    let plan = terms::change(&mut tx, &Actor::CommandLine, patch).await?;
    tx.commit().await?;
    if json {
        println!("{}", json!({"plan": plan}));
        return Ok(());
    }
    println!("{slug} is on the plan {}.", plan.plan.as_str());
    for one in &plan.uses {
        let most = one
            .most
            .map_or_else(|| "no limit".to_owned(), |most| most.to_string());
        println!("  {:<10} {:>12.2} of {most}", one.resource.as_str(), one.used);
    }
    Ok(())
}

fn show(json: bool, terms: &PlanTerms) {
    if json {
        println!("{}", json!({"terms": terms}));
        return;
    }
    for plan in &terms.plans {
        println!("{}", plan.plan.as_str());
        for limit in &plan.limits {
            let most = limit
                .most
                .map_or_else(|| "no limit".to_owned(), |most| most.to_string());
            println!(
                "  {:<10} {most:>12}   then {}% more",
                limit.resource.as_str(),
                limit.grace_percent
            );
        }
    }
    match terms.trial_days {
        Some(days) => println!("New tenants are on trial for {days} days."),
        None => println!("A trial has no end."),
    }
}

fn plan_of(name: &str) -> Result<Plan> {
    let found = Plan::ALL.into_iter().find(|plan| plan.as_str() == name);
    found.ok_or_else(|| invalid("bad_plan", "A plan is basic, pro or enterprise."))
}

fn resource_of(name: &str) -> Result<Resource> {
    let found = Resource::ALL
        .into_iter()
        .find(|resource| resource.as_str() == name);
    found.ok_or_else(|| {
        invalid(
            "bad_resource",
            "What plans count is messages, seats, channels, storage and ai_spend.",
        )
    })
}

fn number(text: &str) -> Result<Option<i64>> {
    if text == "none" {
        return Ok(None);
    }
    let number = text.parse().map_err(|_| {
        invalid(
            "bad_limit",
            format!("`{text}` is neither a whole number nor `none`."),
        )
    })?;
    Ok(Some(number))
}
