//! All SQL for Q&A pairs.

use std::collections::HashSet;

use kernel::error::not_found;
use kernel::ids::QaPairId;
use kernel::page::Position;
use kernel::{Result, TenantTx};
use pgvector::Vector;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{NewQaPair, Prepared, QaPair, Source};

pub async fn insert(tx: &mut TenantTx, pairs: &[Prepared], source: Source) -> Result<()> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = pairs.iter().map(|pair| pair.id.0).collect();
    let questions: Vec<String> = pairs.iter().map(|pair| pair.question.clone()).collect();
    let answers: Vec<String> = pairs.iter().map(|pair| pair.answer.clone()).collect();
    let categories: Vec<String> = pairs.iter().map(|pair| pair.category.clone()).collect();
    let languages: Vec<Option<String>> = pairs.iter().map(|pair| pair.language.clone()).collect();
    let vectors: Vec<Option<Vector>> = pairs
        .iter()
        .map(|pair| pair.vector.clone().map(Vector::from))
        .collect();
    sqlx::query!(
        "insert into qa_pairs (tenant_id, id, question, answer, category, language, embedding, source)
        select $1, p.id, p.question, p.answer, p.category, p.language, p.embedding, $2
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::vector[])
            as p (id, question, answer, category, language, embedding)",
        tenant.0,
        source.as_str(),
        &ids,
        &questions,
        &answers,
        &categories,
        &languages as &[Option<String>],
        vectors as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Question and answer of those pairs that exist already, word for word.
pub async fn list_known(tx: &mut TenantTx, pairs: &[NewQaPair]) -> Result<HashSet<(String, String)>> {
    let questions: Vec<String> = pairs.iter().map(|pair| pair.question.trim().to_owned()).collect();
    let rows = sqlx::query!(
        "select question, answer from qa_pairs where tenant_id = current_tenant_id() and question = any($1)",
        &questions,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.question, row.answer)).collect())
}

/// What the list can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub category: Option<String>,
    pub is_active: Option<bool>,
    /// Part of question or answer.
    pub text: Option<String>,
}

const SELECT: &str =
    "select id, question, answer, category, language, source, is_active, created_at, updated_at
    from qa_pairs
    where tenant_id = current_tenant_id()";

#[derive(sqlx::FromRow)]
struct Row {
    id: QaPairId,
    question: String,
    answer: String,
    category: String,
    language: Option<String>,
    source: Source,
    is_active: bool,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

impl From<Row> for QaPair {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            question: row.question,
            answer: row.answer,
            category: row.category,
            language: row.language,
            source: row.source,
            is_active: row.is_active,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<QaPair>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    if let Some(category) = &filter.category {
        query.push(" and category = ").push_bind(category);
    }
    if let Some(is_active) = filter.is_active {
        query.push(" and is_active = ").push_bind(is_active);
    }
    if let Some(text) = &filter.text {
        let pattern = format!(
            "%{}%",
            text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
        );
        query
            .push(" and (question ilike ")
            .push_bind(pattern.clone())
            .push(" or answer ilike ")
            .push_bind(pattern)
            .push(")");
    }
    if let Some(position) = after {
        query
            .push(" and (created_at, id) < (")
            .push_bind(position.at)
            .push(", ")
            .push_bind(position.id)
            .push(")");
    }
    query
        .push(" order by created_at desc, id desc limit ")
        .push_bind(limit);
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(QaPair::from).collect())
}

pub async fn find(tx: &mut TenantTx, id: QaPairId) -> Result<Option<QaPair>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and id = ").push_bind(id.0);
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    Ok(row.map(QaPair::from))
}

pub async fn get(tx: &mut TenantTx, id: QaPairId) -> Result<QaPair> {
    find(tx, id).await?.ok_or_else(|| not_found("Q&A pair"))
}

/// Writes a changed pair. `vector` is given when the question changed.
pub async fn update(tx: &mut TenantTx, pair: &QaPair, vector: Option<Option<Vec<f32>>>) -> Result<()> {
    sqlx::query!(
        "update qa_pairs set question = $2, answer = $3, category = $4, language = $5, is_active = $6
        where tenant_id = current_tenant_id() and id = $1",
        pair.id.0,
        pair.question,
        pair.answer,
        pair.category,
        pair.language,
        pair.is_active,
    )
    .execute(&mut **tx)
    .await?;
    if let Some(vector) = vector {
        sqlx::query!(
            "update qa_pairs set embedding = $2, embedding_next = null where tenant_id = current_tenant_id() and id = $1",
            pair.id.0,
            vector.map(Vector::from) as _,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: QaPairId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from qa_pairs where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The most similar active pair, with its cosine.
#[derive(Debug)]
pub struct Similar {
    pub id: QaPairId,
    pub question: String,
    pub similarity: f64,
}

pub async fn find_most_similar(tx: &mut TenantTx, vector: &[f32], threshold: f64) -> Result<Option<Similar>> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_as!(
        Similar,
        r#"select id as "id!: QaPairId", question as "question!", similarity as "similarity!"
        from search_qa_pairs($1, $2, $3, 1)"#,
        tenant.0,
        Vector::from(vector.to_vec()) as _,
        threshold,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}
