//! HTTP for rules.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, internal, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::RuleId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions::RuleAction;
use super::conditions::Conditions;
use super::dry_run::{self, Trial, TrialResult};
use super::fields::{self, EventFields};
use super::{EventKind, Rule, RuleDraft, check, store};
use crate::Context;

/// More than a team can keep in mind.
const MOST: i64 = 200;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_rules, create_rule))
        .routes(routes!(order_rules))
        .routes(routes!(try_rule))
        .routes(routes!(get_rule, update_rule, delete_rule))
        .routes(routes!(list_rule_fields))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AutomationRuleList {
    items: Vec<Rule>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RuleFieldList {
    items: Vec<EventFields>,
}

/// What is sent is changed, each as a whole.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct AutomationRulePatch {
    name: Option<String>,
    event: Option<EventKind>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i32>)]
    after_minutes: Option<Option<i32>>,
    conditions: Option<Conditions>,
    actions: Option<Vec<RuleAction>>,
    is_active: Option<bool>,
    stop_after: Option<bool>,
}

impl AutomationRulePatch {
    fn apply(self, before: RuleDraft) -> RuleDraft {
        RuleDraft {
            name: self.name.unwrap_or(before.name),
            event: self.event.unwrap_or(before.event),
            after_minutes: self.after_minutes.unwrap_or(before.after_minutes),
            conditions: self.conditions.unwrap_or(before.conditions),
            actions: self.actions.unwrap_or(before.actions),
            is_active: self.is_active.unwrap_or(before.is_active),
            stop_after: self.stop_after.unwrap_or(before.stop_after),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct AutomationRuleOrder {
    /// All rules, the one that looks first in front.
    ids: Vec<RuleId>,
}

/// List rules in the order in which they look at an event.
#[utoipa::path(get, path = "/automation/rules", operation_id = "list_rules", tag = "automation",
    responses((status = 200, body = AutomationRuleList)))]
async fn list_rules(State(ctx): State<Context>, member: Member) -> Result<Json<AutomationRuleList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(AutomationRuleList { items }))
}

/// Show a rule.
#[utoipa::path(get, path = "/automation/rules/{id}", operation_id = "get_rule", tag = "automation",
    params(("id" = RuleId, Path)), responses((status = 200, body = Rule), (status = 404, body = Problem)))]
async fn get_rule(State(ctx): State<Context>, member: Member, Path(id): Path<RuleId>) -> Result<Json<Rule>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Add a rule, behind the others.
#[utoipa::path(post, path = "/automation/rules", operation_id = "create_rule", tag = "automation", request_body = RuleDraft,
    responses((status = 201, body = Rule), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_rule(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<RuleDraft>,
) -> Result<(StatusCode, Json<Rule>)> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let draft = check::draft(&mut tx, input).await?;
    if store::count(&mut tx).await? >= MOST {
        return Err(conflict(
            "too_many_rules",
            "A workspace has 200 rules at most. Delete one that is no longer used.",
        ));
    }
    let id = RuleId::new();
    store::insert(&mut tx, id, &draft, member.user_id()).await?;
    let rule = store::get(&mut tx, id).await?;
    let details = json!({"name": rule.draft.name, "event": rule.draft.event});
    note(&mut tx, &member, Action::RuleCreated, id, details).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(rule)))
}

/// Change a rule, or switch it off and on.
#[utoipa::path(patch, path = "/automation/rules/{id}", operation_id = "update_rule", tag = "automation",
    params(("id" = RuleId, Path)), request_body = AutomationRulePatch,
    responses((status = 200, body = Rule), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn update_rule(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<RuleId>,
    Json(patch): Json<AutomationRulePatch>,
) -> Result<Json<Rule>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, id).await?;
    let is_switched_off = patch.is_active == Some(false);
    let draft = patch.apply(before.draft.clone());
    // one whose label is gone can still be switched off
    let is_same = RuleDraft {
        is_active: before.draft.is_active,
        ..draft.clone()
    } == before.draft;
    let draft = if is_same && is_switched_off {
        draft
    } else {
        check::draft(&mut tx, draft).await?
    };
    if draft != before.draft {
        store::update(&mut tx, id, &draft).await?;
        let mut details = audit::changes(&before.draft, &draft)?;
        details["name"] = json!(draft.name);
        note(&mut tx, &member, Action::RuleChanged, id, details).await?;
    }
    let after = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(after))
}

/// Decide which rule looks at an event first.
#[utoipa::path(post, path = "/automation/rules/order", operation_id = "order_rules", tag = "automation",
    request_body = AutomationRuleOrder, responses((status = 200, body = AutomationRuleList)))]
async fn order_rules(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<AutomationRuleOrder>,
) -> Result<Json<AutomationRuleList>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::reorder(&mut tx, &input.ids).await?;
    let items = store::list(&mut tx).await?;
    let names: Vec<&str> = items.iter().map(|rule| rule.draft.name.as_str()).collect();
    let details = json!({"order": names});
    audit::record_by(&mut tx, &member, Action::RuleChanged, "rules", details).await?;
    tx.commit().await?;
    Ok(Json(AutomationRuleList { items }))
}

/// Delete a rule, with the log of what it did.
#[utoipa::path(delete, path = "/automation/rules/{id}", operation_id = "delete_rule", tag = "automation",
    params(("id" = RuleId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_rule(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<RuleId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let name = store::delete(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("rule"))?;
    note(&mut tx, &member, Action::RuleDeleted, id, json!({"name": name})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say what a rule would have done to what has happened. Nothing is done. After some seconds it ends with what it has looked
/// at until then, and `next`.
#[utoipa::path(post, path = "/automation/rules/dry-run", operation_id = "try_rule", tag = "automation", request_body = Trial,
    responses((status = 200, body = TrialResult), (status = 422, body = Problem)))]
async fn try_rule(
    State(ctx): State<Context>,
    member: Member,
    Json(mut trial): Json<Trial>,
) -> Result<Json<TrialResult>> {
    member.require(Permission::ManageChannels)?;
    member.require(Permission::ReadConversations)?;
    if trial.rule.event.is_of_sales() {
        member.require(Permission::ReadCrm)?;
    }
    let _turn = dry_run::TURNS.acquire().await.map_err(internal)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    trial.rule = check::draft(&mut tx, trial.rule).await?;
    Ok(Json(dry_run::run(&mut tx, trial).await?))
}

/// List what rules can wait for, with the fields that conditions can read.
#[utoipa::path(get, path = "/automation/fields", operation_id = "list_rule_fields", tag = "automation",
    responses((status = 200, body = RuleFieldList)))]
async fn list_rule_fields(member: Member) -> Result<Json<RuleFieldList>> {
    member.require(Permission::ReadConversations)?;
    let items = fields::describe();
    Ok(Json(RuleFieldList { items }))
}

async fn note(tx: &mut TenantTx, member: &Member, action: Action, id: RuleId, details: Value) -> Result<()> {
    audit::record_by(tx, member, action, &format!("rule:{id}"), details).await
}
