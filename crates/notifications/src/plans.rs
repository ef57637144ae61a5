//! What owners are told about the workspace's plan: that something runs out, and that a trial ends. Each of it once, which the
//! outbox sees to; what comes with the month, once a month.

use access::Role;
use access::plans::terms::{self, TenantPlan};
use access::plans::{Level, Resource, month_of, trials};
use access::tenants::{self, Operator};
use chrono::{DateTime, Utc};
use kernel::{Result, TenantProof, TenantTx};

use crate::choices::Pace;
use crate::choices::store as readers;
use crate::outbox::{self, Kind, NewEmail};
use crate::wording::plans as wording;
use crate::{Context, settings, unsubscribe};

/// Something to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum News {
    RunsOut {
        resource: Resource,
        level: Level,
        most: i64,
    },
    TrialEnds {
        at: DateTime<Utc>,
    },
}

impl News {
    fn key(&self, now: DateTime<Utc>) -> String {
        match self {
            Self::RunsOut { resource, level, .. } => {
                let level = match level {
                    Level::Fine | Level::Near => "near",
                    Level::Grace => "grace",
                    Level::UsedUp => "used_up",
                };
                format!("{}/{}/{level}", month_of(now), resource.as_str())
            }
            Self::TrialEnds { at } => format!("trial/{}", at.timestamp()),
        }
    }
}

/// Looks through all active tenants once, and suspends those whose trial is over; one that fails does not keep the others
/// waiting.
pub async fn look_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = look(ctx, &operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn look(ctx: &Context, proof: &impl TenantProof) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    if !trials::end_if_over(&mut tx).await? {
        let now = tx.now();
        let news = news(&terms::of_tenant(&mut tx).await?, now);
        if !news.is_empty() && settings::find_server(ctx, &mut tx).await?.is_some() {
            tell(ctx, &mut tx, &news).await?;
        }
    }
    tx.commit().await
}

fn news(plan: &TenantPlan, now: DateTime<Utc>) -> Vec<News> {
    let running_out = plan.uses.iter().filter(|one| one.resource.runs_out());
    let mut news: Vec<News> = running_out
        .filter(|one| one.level != Level::Fine)
        .filter_map(|one| {
            Some(News::RunsOut {
                resource: one.resource,
                level: one.level,
                most: one.most?,
            })
        })
        .collect();
    let end = plan.trial_ends_at.filter(|end| *end - now <= trials::REMINDER);
    news.extend(
        end.filter(|_| plan.status == "trial")
            .map(|at| News::TrialEnds { at }),
    );
    news
}

/// To owners, whatever pace they chose but never.
async fn tell(ctx: &Context, tx: &mut TenantTx, news: &[News]) -> Result<()> {
    let now = tx.now();
    let tenant = tenants::store::get(tx).await?;
    let base = ctx.public_url.as_ref();
    let link = base.map(|base| format!("{base}/app/{}/settings/plan", tenant.slug));
    let owners = readers::list(tx, None, now).await?;
    let owners = owners
        .iter()
        .filter(|reader| reader.role == Role::Owner && reader.choices.pace != Pace::Never);
    for owner in owners {
        let way_out = unsubscribe::url(ctx, tenant.id, owner.user_id);
        for one in news {
            let (subject, body) = wording::plan(&tenant, one, link.as_deref(), way_out.as_deref());
            let mail = NewEmail {
                kind: Kind::Plan,
                dedupe_key: format!("plan/{}/{}", owner.user_id, one.key(now)),
                user: Some(owner.user_id),
                conversation: None,
                to_address: owner.email.clone(),
                to_name: Some(owner.name.clone()),
                subject,
                body,
                unsubscribe_url: way_out.clone(),
                calendar: None,
            };
            outbox::put(tx, &mail).await?;
        }
    }
    Ok(())
}
