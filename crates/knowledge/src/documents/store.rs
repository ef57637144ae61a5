//! All SQL for documents and their passages.

use kernel::error::not_found;
use kernel::ids::DocumentId;
use kernel::{Result, TenantTx};
use pgvector::Vector;
use uuid::Uuid;

use super::{Document, NewDocument, PreparedPassage};

pub async fn insert(
    tx: &mut TenantTx,
    new: &NewDocument,
    language: Option<&str>,
    passages: &[PreparedPassage],
) -> Result<DocumentId> {
    let (tenant, id) = (tx.tenant_id(), DocumentId::new());
    sqlx::query!(
        "insert into documents (tenant_id, id, title, url, file_size, content, language, status, chunk_count)
        values ($1, $2, $3, $4, $5, $6, $7, 'processed', $8)",
        tenant.0,
        id.0,
        new.title.trim(),
        new.url,
        i64::try_from(new.text.len()).unwrap_or(i64::MAX),
        new.text,
        language,
        i32::try_from(passages.len()).unwrap_or(i32::MAX),
    )
    .execute(&mut **tx)
    .await?;
    let ids: Vec<Uuid> = passages.iter().map(|passage| passage.id.0).collect();
    let positions: Vec<i32> = passages.iter().map(|passage| passage.position).collect();
    let sections: Vec<i32> = passages.iter().map(|passage| passage.section).collect();
    let headings: Vec<String> = passages.iter().map(|passage| passage.heading.clone()).collect();
    let contents: Vec<String> = passages.iter().map(|passage| passage.content.clone()).collect();
    let vectors: Vec<Option<Vector>> = passages
        .iter()
        .map(|passage| passage.vector.clone().map(Vector::from))
        .collect();
    sqlx::query!(
        "insert into knowledge_chunks (tenant_id, id, source_type, document_id, position, section, heading, content, language, embedding)
        select $1, p.id, 'document', $2, p.position, p.section, p.heading, p.content, $3, p.embedding
        from unnest($4::uuid[], $5::int[], $6::int[], $7::text[], $8::text[], $9::vector[])
            as p (id, position, section, heading, content, embedding)",
        tenant.0,
        id.0,
        language,
        &ids,
        &positions,
        &sections,
        &headings,
        &contents,
        vectors as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Document>> {
    let documents = sqlx::query_as!(
        Document,
        r#"select id as "id: DocumentId", title, url, language, status, chunk_count, file_size, created_at, updated_at
        from documents
        where tenant_id = current_tenant_id()
        order by created_at desc, id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(documents)
}

pub async fn find(tx: &mut TenantTx, id: DocumentId) -> Result<Option<Document>> {
    let document = sqlx::query_as!(
        Document,
        r#"select id as "id: DocumentId", title, url, language, status, chunk_count, file_size, created_at, updated_at
        from documents
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(document)
}

pub async fn get(tx: &mut TenantTx, id: DocumentId) -> Result<Document> {
    find(tx, id).await?.ok_or_else(|| not_found("document"))
}

/// Removes the document and, by cascade, its passages.
/// Gives the title that it had, if there was such a document.
pub async fn delete(tx: &mut TenantTx, id: DocumentId) -> Result<Option<String>> {
    sqlx::query!(
        "delete from knowledge_chunks where tenant_id = current_tenant_id() and document_id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    let title = sqlx::query_scalar!(
        "delete from documents where tenant_id = current_tenant_id() and id = $1 returning title",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(title)
}
