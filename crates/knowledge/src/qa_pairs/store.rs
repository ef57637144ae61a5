//! SQL that writes Q&A pairs and their phrasings. Lists are in [`super::list`].

use kernel::ids::{GapId, QaPairId};
use kernel::{Result, TenantTx};
use pgvector::Vector;
use uuid::Uuid;

use super::{Phrasing, Prepared, QaPair, Source};

pub use super::list::store::{find, get};

pub async fn insert(tx: &mut TenantTx, pairs: &[Prepared], source: Source) -> Result<()> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = pairs.iter().map(|pair| pair.id.0).collect();
    let questions: Vec<String> = pairs.iter().map(|pair| pair.question.clone()).collect();
    let answers: Vec<String> = pairs.iter().map(|pair| pair.answer.clone()).collect();
    let categories: Vec<String> = pairs.iter().map(|pair| pair.category.clone()).collect();
    let languages: Vec<Option<String>> = pairs.iter().map(|pair| pair.language.clone()).collect();
    let active: Vec<bool> = pairs.iter().map(|pair| pair.is_active).collect();
    let vectors: Vec<Option<Vector>> = pairs
        .iter()
        .map(|pair| pair.vector.clone().map(Vector::from))
        .collect();
    sqlx::query!(
        "insert into qa_pairs (tenant_id, id, question, answer, category, language, embedding, is_active, source)
        select $1, p.id, p.question, p.answer, p.category, p.language, p.embedding, p.is_active, $2
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::vector[], $9::boolean[])
            as p (id, question, answer, category, language, embedding, is_active)",
        tenant.0,
        source.as_str(),
        &ids,
        &questions,
        &answers,
        &categories,
        &languages as &[Option<String>],
        vectors as _,
        &active,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds phrasings to a pair. `gap` is the one that is closed by it.
pub async fn insert_phrasings(
    tx: &mut TenantTx,
    pair: QaPairId,
    phrasings: &[Phrasing],
    gap: Option<GapId>,
) -> Result<()> {
    let tenant = tx.tenant_id();
    for phrasing in phrasings {
        sqlx::query!(
            "insert into qa_phrasings (tenant_id, id, qa_pair_id, text, language, embedding, gap_id)
            values ($1, $2, $3, $4, $5, $6, $7)",
            tenant.0,
            Uuid::now_v7(),
            pair.0,
            phrasing.text,
            phrasing.language,
            phrasing.vector.clone().map(Vector::from) as _,
            gap.map(|gap| gap.0),
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Removes the pair's phrasings but for these texts.
pub async fn keep_phrasings(tx: &mut TenantTx, pair: QaPairId, texts: &[String]) -> Result<()> {
    sqlx::query!(
        "delete from qa_phrasings
        where tenant_id = current_tenant_id() and qa_pair_id = $1 and text <> all($2)",
        pair.0,
        texts,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes back the phrasing by which a gap was closed.
pub async fn delete_phrasing_of_gap(tx: &mut TenantTx, gap: GapId) -> Result<()> {
    sqlx::query!(
        "delete from qa_phrasings where tenant_id = current_tenant_id() and gap_id = $1",
        gap.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes back the phrasings that these pairs lent to others when they were merged: they answer themselves again.
pub async fn take_back_phrasings(tx: &mut TenantTx, pairs: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "delete from qa_phrasings where tenant_id = current_tenant_id() and merged_from = any($1)",
        pairs,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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

/// Writes a pair anew, with its vector.
pub async fn overwrite(tx: &mut TenantTx, pair: &Prepared) -> Result<()> {
    sqlx::query!(
        "update qa_pairs
        set question = $2, answer = $3, category = $4, language = $5, is_active = $6, embedding = $7, embedding_next = null
        where tenant_id = current_tenant_id() and id = $1",
        pair.id.0,
        pair.question,
        pair.answer,
        pair.category,
        pair.language,
        pair.is_active,
        pair.vector.clone().map(Vector::from) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn exists(tx: &mut TenantTx, id: QaPairId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from qa_pairs where tenant_id = current_tenant_id() and id = $1) as "exists!""#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn list_phrasing_texts(tx: &mut TenantTx, pair: QaPairId) -> Result<Vec<String>> {
    let texts = sqlx::query_scalar!(
        "select text from qa_phrasings where tenant_id = current_tenant_id() and qa_pair_id = $1",
        pair.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(texts)
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
