//! All SQL for indexing and searching the passages of large bases.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::{Result, TenantTx};
use pgvector::Vector;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

/// The lengths of vectors for which there is an HNSW index, see migrations/0017_large_bases.sql.
pub const INDEXED_LENGTHS: [i32; 5] = [384, 768, 1024, 1536, 3072];

/// A tenant's passages.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Those that serve.
    pub passages: usize,
    /// Of these in the index.
    pub indexed: usize,
}

pub async fn count(tx: &mut TenantTx, index_name: &str) -> Result<Size> {
    let row = sqlx::query!(
        r#"select count(*) as "passages!", count(*) filter (where k.index_name = $1) as "indexed!"
        from knowledge_chunks k
        left join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id and d.serving_revision = k.revision
        left join website_pages w on w.tenant_id = k.tenant_id and w.id = k.website_page_id and w.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and (d.id is not null or w.id is not null)"#,
        index_name,
    )
    .fetch_one(&mut **tx)
    .await?;
    let size = |count: i64| usize::try_from(count).unwrap_or(0);
    Ok(Size {
        passages: size(row.passages),
        indexed: size(row.indexed),
    })
}

/// Every further statement of this transaction ends after so long.
pub async fn limit_time(tx: &mut TenantTx, longest: Duration) -> Result<()> {
    sqlx::query!(
        "select set_config('statement_timeout', $1, true)",
        longest.as_millis().to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// The nearest passages by HNSW. Vectors of other lengths than [`INDEXED_LENGTHS`] find nothing.
pub async fn list_nearest(tx: &mut TenantTx, vector: &[f32], limit: usize) -> Result<Vec<Uuid>> {
    // the index holds many tenants' rows: it is walked until enough of this one's have been seen
    sqlx::query!(
        "select set_config('hnsw.iterative_scan', 'relaxed_order', true) as scan,
            set_config('hnsw.ef_search', '128', true) as width, set_config('hnsw.max_scan_tuples', '40000', true) as most"
    )
    .fetch_one(&mut **tx)
    .await?;
    list_by_distance(tx, vector, limit).await
}

/// The length is part of the statement, because each has an index of its own.
async fn list_by_distance(tx: &mut TenantTx, vector: &[f32], limit: usize) -> Result<Vec<Uuid>> {
    let length = vector.len();
    if !INDEXED_LENGTHS.iter().any(|known| *known as usize == length) {
        return Ok(Vec::new());
    }
    let select = format!(
        "select id from knowledge_chunks
        where tenant_id = current_tenant_id() and index_name = 'pgvector' and vector_dims(embedding) = {length}
        order by embedding::halfvec({length}) <=> $1::vector::halfvec({length})
        limit $2"
    );
    let ids = sqlx::query_scalar(sqlx::AssertSqlSafe(select))
        .bind(Vector::from(vector.to_vec()))
        .bind(limit as i64)
        .fetch_all(&mut **tx)
        .await?;
    Ok(ids)
}

/// By comparing with every indexed passage, for measuring.
pub async fn list_exactly_nearest(
    tx: &mut TenantTx,
    index_name: &str,
    vector: &[f32],
    limit: usize,
) -> Result<Vec<Uuid>> {
    sqlx::query!("select set_config('enable_indexscan', 'off', true)")
        .fetch_one(&mut **tx)
        .await?;
    let ids = sqlx::query_scalar!(
        "select id from knowledge_chunks
        where tenant_id = current_tenant_id() and index_name = $1 and vector_dims(embedding) = vector_dims($2::vector)
        order by embedding <=> $2
        limit $3",
        index_name,
        Vector::from(vector.to_vec()) as _,
        limit as i64,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// How many indexed passages hold each of the words; those that none holds are left out.
pub async fn count_holding(tx: &mut TenantTx, words: &[String]) -> Result<HashMap<String, usize>> {
    let rows = sqlx::query!(
        r#"select word, sum(cardinality(places)) as "count!"
        from knowledge_index_words
        where tenant_id = current_tenant_id() and word = any($1)
        group by word"#,
        words,
    )
    .fetch_all(&mut **tx)
    .await?;
    let count = |count: i64| usize::try_from(count).unwrap_or(0);
    Ok(rows.into_iter().map(|row| (row.word, count(row.count))).collect())
}

/// The passages whose words weigh most together.
pub async fn list_by_words(tx: &mut TenantTx, weights: &[(String, f64)], limit: usize) -> Result<Vec<Uuid>> {
    let (words, weights): (Vec<String>, Vec<f64>) = weights.iter().cloned().unzip();
    let rows = sqlx::query_scalar!(
        r#"with best as (
            select w.batch_id, p.place, sum(q.weight) as weight
            from unnest($1::text[], $2::float8[]) as q (word, weight)
            join knowledge_index_words w on w.tenant_id = current_tenant_id() and w.word = q.word
            cross join lateral unnest(w.places) as p (place)
            group by w.batch_id, p.place
            order by weight desc, w.batch_id, p.place
            limit 2 * $3::bigint
        )
        select b.passage_ids[best.place] as "id!"
        from best
        join knowledge_index_batches b on b.tenant_id = current_tenant_id() and b.id = best.batch_id
        where b.passage_ids[best.place] is not null
        order by best.weight desc, best.batch_id, best.place
        limit $3"#,
        &words,
        &weights,
        limit as i64,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A serving passage that is not in the index.
pub struct Waiting {
    pub id: Uuid,
    pub title: String,
    pub content: String,
    pub language: Option<String>,
    pub embedding: Vector,
    /// Tells whether it is still the same when it is marked.
    pub updated_at: DateTime<Utc>,
}

/// Up to `limit` of those after `after`, with a vector of a length that can be held.
pub async fn list_waiting(
    tx: &mut TenantTx,
    index_name: &str,
    lengths: Option<&[i32]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Waiting>> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"select k.id, coalesce(nullif(k.heading, ''), d.title, w.title, w.url) as "title!", k.content, k.language,
            k.embedding as "embedding!: Vector", k.updated_at
        from knowledge_chunks k
        left join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id and d.serving_revision = k.revision
        left join website_pages w on w.tenant_id = k.tenant_id and w.id = k.website_page_id and w.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and k.id > $3 and (d.id is not null or w.id is not null)
            and k.index_name is distinct from $1 and k.embedding is not null
            and ($2::int[] is null or vector_dims(k.embedding) = any($2))
        order by k.id
        limit $4"#,
        index_name,
        lengths,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Marks passages as indexed unless they have changed meanwhile; gives those that are.
pub async fn mark(tx: &mut TenantTx, index_name: &str, waiting: &[Waiting]) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = waiting.iter().map(|one| one.id).collect();
    let times: Vec<DateTime<Utc>> = waiting.iter().map(|one| one.updated_at).collect();
    let now = tx.now();
    let marked = sqlx::query_scalar!(
        "update knowledge_chunks k set index_name = $1, indexed_at = $4
        from unnest($2::uuid[], $3::timestamptz[]) as seen (id, updated_at)
        where k.tenant_id = current_tenant_id() and k.id = seen.id and k.updated_at = seen.updated_at
        returning k.id",
        index_name,
        &ids,
        &times,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(marked)
}

/// Notes that these passages were put into the index, and the places at which each word occurs among them.
pub async fn insert_batch(
    tx: &mut TenantTx,
    index_name: &str,
    ids: &[Uuid],
    words: &[(String, i16)],
) -> Result<()> {
    let tenant = tx.tenant_id();
    let batch = sqlx::query_scalar!(
        "insert into knowledge_index_batches (tenant_id, index_name, passage_ids) values ($1, $2, $3) returning id",
        tenant.0,
        index_name,
        ids,
    )
    .fetch_one(&mut **tx)
    .await?;
    let (words, places): (Vec<String>, Vec<i16>) = words.iter().cloned().unzip();
    sqlx::query!(
        "insert into knowledge_index_words (tenant_id, word, batch_id, places)
        select $1, w.word, $2, array_agg(w.place order by w.place)
        from unnest($3::text[], $4::smallint[]) as w (word, place)
        group by w.word",
        tenant.0,
        batch,
        &words,
        &places,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Passages that were put into an index and are gone, have changed, or belong to another index now; a batch at a time.
pub struct Vanished {
    pub batch: Uuid,
    pub ids: Vec<Uuid>,
    /// Fewer than half of the batch are left, or it is another index's.
    pub is_spent: bool,
}

pub async fn find_vanished(tx: &mut TenantTx, index_name: &str) -> Result<Option<Vanished>> {
    let found = sqlx::query_as!(
        Vanished,
        r#"select b.id as batch, array_agg(p.id) filter (where k.id is null and p.id is not null) as "ids!",
            b.index_name <> $1 or 2 * count(k.id) < cardinality(b.passage_ids) as "is_spent!"
        from knowledge_index_batches b
        cross join lateral unnest(b.passage_ids) as p (id)
        left join knowledge_chunks k on k.tenant_id = b.tenant_id and k.id = p.id and k.index_name = $1
        where b.tenant_id = current_tenant_id()
        group by b.tenant_id, b.id
        having bool_or(k.id is null and p.id is not null)
        limit 1"#,
        index_name,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Notes that these are not in the index any more.
pub async fn clear_places(tx: &mut TenantTx, batch: Uuid, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update knowledge_index_batches
        set passage_ids = array(
            select case when p.id = any($2) then null else p.id end
            from unnest(passage_ids) with ordinality as p (id, place) order by p.place)
        where tenant_id = current_tenant_id() and id = $1",
        batch,
        ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a batch away; what is left of it waits to be indexed again.
pub async fn dissolve(tx: &mut TenantTx, batch: Uuid) -> Result<()> {
    sqlx::query!(
        "update knowledge_chunks k set index_name = null, indexed_at = null
        from knowledge_index_batches b
        where b.tenant_id = current_tenant_id() and b.id = $1 and k.tenant_id = b.tenant_id
            and k.id = any(b.passage_ids) and k.index_name = b.index_name",
        batch,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from knowledge_index_batches where tenant_id = current_tenant_id() and id = $1",
        batch,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anything was put into an index.
pub async fn has_batches(tx: &mut TenantTx) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"select exists (select from knowledge_index_batches where tenant_id = current_tenant_id()) as "has!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(has)
}

/// Nothing is in an index any more.
pub async fn forget(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("delete from knowledge_index_batches where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "update knowledge_chunks set index_name = null, indexed_at = null
        where tenant_id = current_tenant_id() and index_name is not null"
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update knowledge_state set index_recall = null where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whoever holds the knowledge loads it anew: another part of it is to be held. The caller holds the lock.
pub async fn raise_revision(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("update knowledge_state set revision = revision + 1 where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What the index finds of what there is to be found.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recall {
    /// The index that was measured.
    pub index_name: String,
    /// Of the ten nearest passages, the share that it finds, 0 to 1.
    pub recall_at_10: f64,
    /// So many of the tenant's own passages were looked for.
    pub questions: usize,
    /// How many passages there were.
    pub passages: usize,
    pub measured_at: DateTime<Utc>,
}

pub async fn find_recall(tx: &mut TenantTx) -> Result<Option<Recall>> {
    let stored = sqlx::query_scalar!(
        r#"select index_recall as "recall: Json<Recall>" from knowledge_state where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(stored.map(|recall| recall.0))
}

pub async fn set_recall(tx: &mut TenantTx, recall: &Recall) -> Result<()> {
    sqlx::query!(
        "update knowledge_state set index_recall = $1 where tenant_id = current_tenant_id()",
        json!(recall),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Some indexed passages, always the same.
pub async fn list_probes(tx: &mut TenantTx, index_name: &str, limit: i64) -> Result<Vec<(Uuid, Vec<f32>)>> {
    let rows = sqlx::query!(
        r#"select id, embedding as "embedding!: Vector"
        from knowledge_chunks
        where tenant_id = current_tenant_id() and index_name = $1 and embedding is not null
        order by hashtextextended(id::text, 7), id
        limit $2"#,
        index_name,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.embedding.to_vec()))
        .collect())
}
