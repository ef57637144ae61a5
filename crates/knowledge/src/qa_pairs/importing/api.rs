//! HTTP: import a CSV file, or see what importing it would do.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Bytes, Json, Query};
use kernel::ids::QaPairId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Existing, Imported, Planned, Status, import, plan, resemblances};
use crate::Context;
use crate::qa_pairs::csv::{self, Mapping};
use crate::qa_pairs::list;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(preview_qa_pairs))
        .routes(routes!(import_qa_pairs))
        .layer(DefaultBodyLimit::max(20 * 1024 * 1024))
}

/// Columns that the file calls differently, by their names in its first line.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    question: Option<String>,
    answer: Option<String>,
    category: Option<String>,
    language: Option<String>,
    /// `update` unless given.
    #[param(inline)]
    existing: Option<Existing>,
}

impl ImportQuery {
    fn mapping(&self) -> Mapping {
        let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        Mapping {
            question: given(&self.question),
            answer: given(&self.answer),
            category: given(&self.category),
            language: given(&self.language),
        }
    }
}

/// What importing a file would do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CsvPreview {
    /// The names in the file's first line.
    columns: Vec<String>,
    /// Which of them was taken for what. Without question and answer there are no rows.
    mapping: Mapping,
    /// The first 500 rows, and all that cannot be used, by line.
    rows: Vec<PreviewRow>,
    counts: PreviewCounts,
}

#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct PreviewCounts {
    new: usize,
    update: usize,
    duplicate: usize,
    error: usize,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PreviewRow {
    line: u64,
    question: String,
    answer: String,
    category: Option<String>,
    language: Option<String>,
    status: Status,
    detail: Option<String>,
    /// A pair that asks nearly the same as a new row.
    similar: Option<SimilarToRow>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SimilarToRow {
    id: QaPairId,
    question: String,
    similarity: f64,
}

const SHOWN: usize = 500;

/// See what importing a CSV file would do, row by row. Nothing is stored.
#[utoipa::path(post, path = "/qa-pairs/import/preview", operation_id = "preview_qa_pairs", tag = "qa-pairs", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = CsvPreview), (status = 422, body = Problem)))]
async fn preview_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<ImportQuery>,
    Bytes(body): Bytes,
) -> Result<Json<CsvPreview>> {
    member.require(Permission::EditKnowledge)?;
    let parsed = csv::parse_aside(body, query.mapping()).await?;
    let planned = plan(&ctx, &member, parsed.rows, query.existing.unwrap_or_default()).await?;
    let count = |status| planned.iter().filter(|planned| planned.status == status).count();
    let counts = PreviewCounts {
        new: count(Status::New),
        update: count(Status::Update),
        duplicate: count(Status::Duplicate),
        error: parsed.errors.len(),
    };
    let resembling = resemblances(&ctx, &member, &planned).await?;
    let ids: Vec<_> = resembling.values().map(|(id, _)| id.0).collect();
    let now = ctx.db.clock.now();
    let pairs = list::store::list_by_ids(&mut ctx.db.tenant_read(&member).await?, &ids, now).await?;
    let similar = |line: u64| {
        let (id, similarity) = resembling.get(&line)?;
        let pair = pairs.iter().find(|pair| pair.id == *id)?;
        Some(SimilarToRow {
            id: *id,
            question: pair.question.clone(),
            similarity: *similarity,
        })
    };
    let mut rows: Vec<PreviewRow> = planned
        .into_iter()
        .take(SHOWN)
        .map(|planned| {
            let similar = similar(planned.row.line);
            PreviewRow::of(planned, similar)
        })
        .collect();
    rows.extend(
        parsed
            .errors
            .into_iter()
            .map(|error| PreviewRow::unusable(error.line, error.detail)),
    );
    rows.sort_by_key(|row| row.line);
    Ok(Json(CsvPreview {
        columns: parsed.columns,
        mapping: parsed.mapping,
        rows,
        counts,
    }))
}

impl PreviewRow {
    fn of(planned: Planned, similar: Option<SimilarToRow>) -> Self {
        let pair = planned.row.pair;
        Self {
            line: planned.row.line,
            question: pair.question,
            answer: pair.answer,
            category: pair.category,
            language: pair.language,
            status: planned.status,
            detail: planned.detail,
            similar,
        }
    }

    fn unusable(line: u64, detail: String) -> Self {
        Self {
            line,
            question: String::new(),
            answer: String::new(),
            category: None,
            language: None,
            status: Status::Error,
            detail: Some(detail),
            similar: None,
        }
    }
}

/// Import Q&A pairs from CSV with the columns question, answer, category, language (at most 20 MB).
#[utoipa::path(post, path = "/qa-pairs/import", operation_id = "import_qa_pairs", tag = "qa-pairs", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, body = Problem)))]
async fn import_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<ImportQuery>,
    Bytes(body): Bytes,
) -> Result<Json<Imported>> {
    member.require(Permission::EditKnowledge)?;
    let parsed = csv::parse_aside(body, query.mapping()).await?.mapped()?;
    let existing = query.existing.unwrap_or_default();
    // goes on if the caller leaves: what was begun is also finished
    let work = tokio::spawn(async move {
        let planned = plan(&ctx, &member, parsed.rows, existing).await?;
        let mut report = import(&ctx, &member, planned, |_| {}).await?;
        report.errors = parsed.errors;
        let mut tx = ctx.db.tenant(&member).await?;
        let details =
            json!({"imported": report.imported, "updated": report.updated, "errors": report.errors.len()});
        audit::record_by(
            &mut tx,
            &member,
            audit::Action::QaPairsImported,
            "qa_pairs",
            details,
        )
        .await?;
        tx.commit().await?;
        Ok::<_, kernel::Error>(report)
    });
    let report = work.await.map_err(kernel::error::internal)??;
    Ok(Json(report))
}
