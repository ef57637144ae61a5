//! The way from a new account to a bot that answers, and what a day looks like after that.
//!
//! Each step is ticked by a fact in the database, never by a click: what was done elsewhere counts as well.

mod store;
mod template;

use access::{Member, Permission, audit};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use conversations::inbox;
use insights::analytics::{counting, today};
use kernel::Result;
use kernel::extract::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::wiring::Domains;

pub fn routes(domains: Domains) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_onboarding, update_onboarding))
        .routes(routes!(get_overview))
        .merge(template::routes())
        .with_state(domains)
}

#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OnboardingStepId)]
enum StepId {
    AddKnowledge,
    AskTest,
    InstallWidget,
    SetHours,
    InviteColleague,
    ConnectChannel,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OnboardingStep)]
struct Step {
    id: StepId,
    is_done: bool,
    /// When it was, where that is known.
    done_at: Option<DateTime<Utc>>,
    /// How far it is: three of three questions asked.
    count: i64,
    needed: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Onboarding {
    steps: Vec<Step>,
    /// Somebody has put the list away.
    is_hidden: bool,
}

/// So many active Q&A pairs make a beginning, and so many questions a trial.
const FIRST_PAIRS: i64 = 3;
const TEST_QUESTIONS: i64 = 3;

/// What is done of setting up, by facts.
#[utoipa::path(get, path = "/onboarding", operation_id = "get_onboarding", tag = "onboarding", responses((status = 200, body = Onboarding)))]
async fn get_onboarding(State(domains): State<Domains>, member: Member) -> Result<Json<Onboarding>> {
    member.require(Permission::ReadConversations)?;
    let db = &domains.access.db;
    let mut tx = db.tenant_read(&member).await?;
    let facts = store::facts(&mut tx, db.clock.now()).await?;
    Ok(Json(Onboarding {
        steps: steps(&facts),
        is_hidden: facts.is_hidden,
    }))
}

fn steps(facts: &store::Facts) -> Vec<Step> {
    let step = |id, count: i64, needed: i64, done_at: Option<DateTime<Utc>>| Step {
        id,
        is_done: count >= needed,
        done_at: done_at.filter(|_| count >= needed),
        count: count.min(needed),
        needed,
    };
    vec![
        step(
            StepId::AddKnowledge,
            facts.taught_at.map_or(facts.pairs, |_| FIRST_PAIRS),
            FIRST_PAIRS,
            facts.taught_at,
        ),
        step(StepId::AskTest, facts.test_questions, TEST_QUESTIONS, None),
        step(
            StepId::InstallWidget,
            facts.first_session_at.is_some().into(),
            1,
            facts.first_session_at,
        ),
        step(StepId::SetHours, facts.has_hours.into(), 1, None),
        step(StepId::InviteColleague, facts.others, 1, facts.second_member_at),
        step(StepId::ConnectChannel, facts.channels, 2, facts.second_channel_at),
    ]
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct OnboardingPatch {
    is_hidden: bool,
}

/// Put the list of steps away, or bring it back, for everybody.
#[utoipa::path(put, path = "/onboarding", operation_id = "update_onboarding", tag = "onboarding", request_body = OnboardingPatch,
    responses((status = 204)))]
async fn update_onboarding(
    State(domains): State<Domains>,
    member: Member,
    Json(patch): Json<OnboardingPatch>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = domains.access.db.tenant(&member).await?;
    store::set_hidden(&mut tx, patch.is_hidden).await?;
    let actor = member.actor().to_string();
    let details = json!({"is_hidden": patch.is_hidden});
    audit::record(
        &mut tx,
        &actor,
        audit::Action::OnboardingChanged,
        "onboarding",
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The figures of a day, in the workspace's time zone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Day {
    /// Conversations that began.
    conversations: i64,
    /// Those of them that the bot solved alone.
    automated: i64,
    /// `automated` of `conversations`, 0 to 100; null when there were none. The figure of that name in analytics.
    automation_rate: Option<f64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Overview {
    /// When today began.
    today_from: DateTime<Utc>,
    today: Day,
    /// Yesterday, as a whole.
    yesterday: Day,
    needs_person: i64,
    /// Questions that wait for an answer, each once however it is worded. The figure of that name in analytics.
    open_gaps: i64,
}

/// What matters today.
#[utoipa::path(get, path = "/overview", operation_id = "get_overview", tag = "onboarding", responses((status = 200, body = Overview)))]
async fn get_overview(State(domains): State<Domains>, member: Member) -> Result<Json<Overview>> {
    member.require(Permission::ReadConversations)?;
    let db = &domains.access.db;
    counting::catch_up(db, &member).await?;
    let mut tx = db.tenant_read(&member).await?;
    let counted = today::read(&mut tx).await?;
    let waiting = inbox::store::count(&mut tx, member.user_id()).await?;
    Ok(Json(Overview {
        today_from: store::today_from(&mut tx, db.clock.now()).await?,
        today: counted.today.into(),
        yesterday: counted.yesterday.into(),
        needs_person: waiting.needs_person,
        open_gaps: counted.open_gaps,
    }))
}

impl From<today::Day> for Day {
    fn from(day: today::Day) -> Self {
        Self {
            conversations: day.conversations,
            automated: day.automated,
            automation_rate: day.automation_rate,
        }
    }
}
