//! All SQL for the choice of embedder and for the vectors it makes.

use kernel::{Event, Result, TenantTx, WorkspaceList};
use pgvector::Vector;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{EmbedderChoice, Failure};
use crate::calibration::Calibration;

/// The tenant's state of knowledge.
#[derive(Debug, Clone)]
pub struct State {
    pub revision: i64,
    pub embedder: EmbedderChoice,
    pub next_embedder: Option<EmbedderChoice>,
    pub calibration: Option<Calibration>,
    /// Why the last attempt to embed what waits has failed; none once something was embedded since.
    pub failure: Option<Failure>,
}

pub async fn get(tx: &mut TenantTx) -> Result<State> {
    let row = sqlx::query!(
        r#"select revision, embedder as "embedder: Json<EmbedderChoice>", next_embedder as "next_embedder: Json<EmbedderChoice>",
            calibration as "calibration: Json<Calibration>", embedding_failure as "failure: Json<Failure>"
        from knowledge_state where tenant_id = current_tenant_id()"#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(State {
        revision: row.revision,
        embedder: row.embedder.0,
        next_embedder: row.next_embedder.map(|next| next.0),
        calibration: row.calibration.map(|calibration| calibration.0),
        failure: row.failure.map(|failure| failure.0),
    })
}

/// The same, and nobody else changes the tenant's knowledge or its model until this transaction ends. Every change
/// begins with it, so that all take their locks in one order, and open dashboards are told after the commit.
pub async fn lock(tx: &mut TenantTx) -> Result<State> {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Knowledge,
    });
    lock_quietly(tx).await
}

/// For what comes many times a second: dashboards are not told.
pub async fn lock_quietly(tx: &mut TenantTx) -> Result<State> {
    sqlx::query!(
        "select revision from knowledge_state where tenant_id = current_tenant_id() for no key update"
    )
    .fetch_one(&mut **tx)
    .await?;
    get(tx).await
}

/// The statements of this transaction may take as long as they take: they write every row of a base, however large.
async fn lift_time_limit(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("select set_config('statement_timeout', '0', true)")
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// Starts a change of model from scratch, or with none gives one up. The caller holds [`lock`].
pub async fn set_next(tx: &mut TenantTx, next: Option<&EmbedderChoice>) -> Result<()> {
    lift_time_limit(tx).await?;
    sqlx::query!(
        "update knowledge_state set next_embedder = $1, embedding_failure = null where tenant_id = current_tenant_id()",
        next.map(|next| json!(next))
    )
    .execute(&mut **tx)
    .await?;
    for table in TABLES {
        let clear = format!(
            "update {table} set embedding_next = null where tenant_id = current_tenant_id() and embedding_next is not null"
        );
        sqlx::query(sqlx::AssertSqlSafe(clear)).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The tables that hold vectors, with what is embedded of each.
const TABLES: [&str; 4] = ["qa_pairs", "qa_phrasings", "knowledge_chunks", "qa_gaps"];

fn text_of(table: &str) -> &'static str {
    match table {
        "qa_pairs" | "qa_gaps" => "question",
        "qa_phrasings" => "text",
        _ => "case heading when '' then content else heading || E'\\n' || content end",
    }
}

/// A text that waits for its vector.
#[derive(Debug, sqlx::FromRow)]
pub struct Waiting {
    pub id: Uuid,
    pub text: String,
}

/// Which of the two vector columns is meant.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    Serving,
    Next,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Serving => "embedding",
            Self::Next => "embedding_next",
        }
    }
}

/// A place in the tables that hold vectors.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    table: &'static str,
    id: Uuid,
}

impl Place {
    pub fn after(table: &'static str, waiting: &[Waiting]) -> Option<Self> {
        waiting.last().map(|last| Self { table, id: last.id })
    }
}

/// Without passages that do not serve yet: whoever learns them gives them their vectors.
fn others_left_out(table: &str, column: Column) -> &'static str {
    match (table, column) {
        ("knowledge_chunks", Column::Serving) => {
            " and not exists (
                select from documents d
                where d.tenant_id = t.tenant_id and d.id = t.document_id and d.serving_revision is distinct from t.revision
            ) and not exists (
                select from website_pages w
                where w.tenant_id = t.tenant_id and w.id = t.website_page_id
                    and w.serving_revision is distinct from t.revision
            )"
        }
        _ => "",
    }
}

/// Up to `limit` texts behind a place that have no vector, with their table.
pub async fn list_waiting(
    tx: &mut TenantTx,
    column: Column,
    after: Option<Place>,
    limit: i64,
) -> Result<Option<(&'static str, Vec<Waiting>)>> {
    let first = after.and_then(|place| TABLES.iter().position(|table| *table == place.table));
    for table in TABLES.into_iter().skip(first.unwrap_or(0)) {
        let behind = after.filter(|place| place.table == table).map(|place| place.id);
        let select = format!(
            "select id, {} as text from {table} t
            where tenant_id = current_tenant_id() and {} is null{} and ($2::uuid is null or id > $2) order by id limit $1",
            text_of(table),
            column.name(),
            others_left_out(table, column)
        );
        let rows: Vec<Waiting> = sqlx::query_as(sqlx::AssertSqlSafe(select))
            .bind(limit)
            .bind(behind)
            .fetch_all(&mut **tx)
            .await?;
        if !rows.is_empty() {
            return Ok(Some((table, rows)));
        }
    }
    Ok(None)
}

pub async fn set_vectors(
    tx: &mut TenantTx,
    table: &'static str,
    column: Column,
    vectors: Vec<(Uuid, Vec<f32>)>,
) -> Result<()> {
    let (ids, vectors): (Vec<Uuid>, Vec<Vector>) = vectors
        .into_iter()
        .map(|(id, vector)| (id, Vector::from(vector)))
        .unzip();
    let update = format!(
        "update {table} t set {} = v.vector
        from (select unnest($1::uuid[]) as id, unnest($2::vector[]) as vector) v
        where t.tenant_id = current_tenant_id() and t.id = v.id",
        column.name()
    );
    sqlx::query(sqlx::AssertSqlSafe(update))
        .bind(ids)
        .bind(vectors)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets the new vectors serve, all at once. The caller holds [`lock`] and has seen that none is missing.
pub async fn swap(tx: &mut TenantTx) -> Result<()> {
    lift_time_limit(tx).await?;
    for table in TABLES {
        let swap = format!(
            "update {table} set embedding = embedding_next, embedding_next = null where tenant_id = current_tenant_id()"
        );
        sqlx::query(sqlx::AssertSqlSafe(swap)).execute(&mut **tx).await?;
    }
    crate::adapters::store::deactivate(tx).await?;
    sqlx::query!(
        "update knowledge_state set embedder = next_embedder, next_embedder = null, embedding_failure = null, calibration = null,
            revision = revision + 1
        where tenant_id = current_tenant_id() and next_embedder is not null",
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Corrects the confidence from now on, or no longer. Another model's confidence is another one: [`swap`] forgets it.
pub async fn set_calibration(tx: &mut TenantTx, calibration: Option<Calibration>) -> Result<()> {
    sqlx::query!(
        "update knowledge_state set calibration = $1, revision = revision + 1 where tenant_id = current_tenant_id()",
        calibration.map(|calibration| json!(calibration)),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Remembers why embedding has failed, or that it fails no more. The caller holds [`lock`].
pub async fn set_failure(tx: &mut TenantTx, failure: Option<&Failure>) -> Result<()> {
    sqlx::query!(
        "update knowledge_state set embedding_failure = $1 where tenant_id = current_tenant_id()",
        failure.map(|failure| json!(failure)),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many texts there are, and how many of them wait for a vector.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub texts: i64,
    pub waiting: i64,
    pub waiting_next: i64,
}

pub async fn count(tx: &mut TenantTx) -> Result<Counts> {
    let counts = sqlx::query_as!(
        Counts,
        r#"select sum(texts)::bigint as "texts!", sum(waiting)::bigint as "waiting!", sum(waiting_next)::bigint as "waiting_next!"
        from (
            select count(*) as texts, count(*) filter (where embedding is null) as waiting,
                count(*) filter (where embedding_next is null) as waiting_next
            from qa_pairs where tenant_id = current_tenant_id()
            union all
            select count(*), count(*) filter (where embedding is null), count(*) filter (where embedding_next is null)
            from qa_phrasings where tenant_id = current_tenant_id()
            union all
            select count(*), count(*) filter (where embedding is null), count(*) filter (where embedding_next is null)
            from knowledge_chunks where tenant_id = current_tenant_id()
            union all
            select count(*), count(*) filter (where embedding is null), count(*) filter (where embedding_next is null)
            from qa_gaps where tenant_id = current_tenant_id()
        ) counted"#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(counts)
}
