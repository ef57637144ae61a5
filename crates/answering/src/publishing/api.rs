//! HTTP: try a draft, publish it, and choose how knowledge may change.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::VersionId;
use knowledge::versions;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Backtest, Despite, Difference, PublishRule, Published, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(run_backtest, get_backtest))
        .routes(routes!(publish_draft))
        .routes(routes!(get_publishing, set_publishing))
}

/// A backtest with the questions whose answer is not the same.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BacktestWithDifferences {
    #[serde(flatten)]
    backtest: Backtest,
    /// Broken ones first, then changed and fixed; of each the most asked first. At most 500.
    differences: Vec<Difference>,
}

/// What was asked was asked by visitors.
fn require(member: &Member, permission: Permission) -> Result<()> {
    member.require(permission)?;
    member.require(Permission::ReadConversations)
}

/// Try a draft: the newest 1,000 different questions, the open gaps and all evaluation sets are asked again without a model.
/// This needs `conversations:read` too.
#[utoipa::path(post, path = "/drafts/{id}/backtest", operation_id = "run_backtest", tag = "versions", params(("id" = VersionId, Path)),
    responses((status = 201, body = BacktestWithDifferences), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn run_backtest(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
) -> Result<(StatusCode, Json<BacktestWithDifferences>)> {
    require(&member, Permission::EditKnowledge)?;
    // goes on if the caller leaves: the result is kept
    let work = tokio::spawn(async move {
        let backtest = super::backtest(&ctx, &member, id).await?;
        let mut tx = ctx.db.tenant_read(&member).await?;
        let differences = store::list_differences(&mut tx, backtest.id).await?;
        Ok::<_, kernel::Error>(BacktestWithDifferences {
            backtest,
            differences,
        })
    });
    let done = work.await.map_err(kernel::error::internal)??;
    Ok((StatusCode::CREATED, Json(done)))
}

/// Read a draft's last backtest. This needs `conversations:read` too.
#[utoipa::path(get, path = "/drafts/{id}/backtest", operation_id = "get_backtest", tag = "versions", params(("id" = VersionId, Path)),
    responses((status = 200, body = BacktestWithDifferences), (status = 404, body = Problem)))]
async fn get_backtest(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
) -> Result<Json<BacktestWithDifferences>> {
    require(&member, Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let backtest = store::get_latest_backtest(&mut tx, id).await?;
    let differences = store::list_differences(&mut tx, backtest.id).await?;
    Ok(Json(BacktestWithDifferences {
        backtest,
        differences,
    }))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct Publish {
    /// Publish although the draft was not tried or breaks answers. For those who manage the workspace.
    #[serde(default)]
    despite_regressions: bool,
    /// Publish over what others have changed since.
    #[serde(default)]
    despite_others: bool,
}

/// Publish a draft: all its changes are answered from at once, and the gaps that it answers are closed.
#[utoipa::path(post, path = "/drafts/{id}/publish", operation_id = "publish_draft", tag = "versions", params(("id" = VersionId, Path)),
    request_body(content = Option<Publish>, content_type = "application/json"),
    responses((status = 200, body = Published), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn publish_draft(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
    input: Option<Json<Publish>>,
) -> Result<Json<Published>> {
    member.require(Permission::EditKnowledge)?;
    let input = input.map(|Json(input)| input).unwrap_or_default();
    if input.despite_regressions {
        member.require(Permission::ManageWorkspace)?;
    }
    let despite = Despite {
        regressions: input.despite_regressions,
        others: input.despite_others,
    };
    Ok(Json(super::publish(&ctx, &member, id, despite).await?))
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
struct Publishing {
    rule: PublishRule,
}

/// Read how Q&A pairs and prompts may change.
#[utoipa::path(get, path = "/publishing", operation_id = "get_publishing", tag = "versions", responses((status = 200, body = Publishing)))]
async fn get_publishing(State(ctx): State<Context>, member: Member) -> Result<Json<Publishing>> {
    member.require(Permission::ReadKnowledge)?;
    let rule = store::get_rule(&mut ctx.db.tenant_read(&member).await?).await?;
    Ok(Json(Publishing { rule }))
}

/// Choose how Q&A pairs and prompts may change: directly, or only by drafts that were tried.
#[utoipa::path(put, path = "/publishing", operation_id = "set_publishing", tag = "versions", request_body = Publishing,
    responses((status = 200, body = Publishing)))]
async fn set_publishing(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<Publishing>,
) -> Result<Json<Publishing>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get_rule(&mut tx).await?;
    store::set_rule(&mut tx, input.rule).await?;
    let details = json!({"rule": {"from": before, "to": input.rule}});
    audit::record_by(&mut tx, &member, Action::WorkspaceChanged, "workspace", details).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(Json(input))
}
