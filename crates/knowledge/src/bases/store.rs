//! All SQL for knowledge bases.

use kernel::error::not_found;
use kernel::ids::{DocumentId, KnowledgeBaseId};
use kernel::{Result, TenantTx};

use super::{ContentType, KnowledgeBase};

/// The newest version first, of one type or of each.
pub async fn list(tx: &mut TenantTx, content_type: Option<ContentType>) -> Result<Vec<KnowledgeBase>> {
    let found = sqlx::query_as!(
        KnowledgeBase,
        r#"select id as "id: KnowledgeBaseId", content_type as "content_type: ContentType", content, version, is_active,
            document_id as "document_id: DocumentId", created_by, created_at, updated_at
        from knowledge_bases
        where tenant_id = current_tenant_id() and ($1::text is null or content_type = $1)
        order by content_type, version desc
        limit 300"#,
        content_type as Option<ContentType>,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn get(tx: &mut TenantTx, id: KnowledgeBaseId) -> Result<KnowledgeBase> {
    let found = sqlx::query_as!(
        KnowledgeBase,
        r#"select id as "id: KnowledgeBaseId", content_type as "content_type: ContentType", content, version, is_active,
            document_id as "document_id: DocumentId", created_by, created_at, updated_at
        from knowledge_bases
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(|| not_found("knowledge base"))
}

/// The caller holds the lock on the knowledge, so that no two versions get one number.
pub async fn insert(
    tx: &mut TenantTx,
    content_type: ContentType,
    content: &str,
    actor: &str,
) -> Result<KnowledgeBaseId> {
    let (tenant, id) = (tx.tenant_id(), KnowledgeBaseId::new());
    sqlx::query!(
        "insert into knowledge_bases (tenant_id, id, content_type, content, version, created_by)
        select $1, $2, $3, $4, coalesce(max(k.version), 0) + 1, $5
        from knowledge_bases k
        where k.tenant_id = $1 and k.content_type = $3",
        tenant.0,
        id.0,
        content_type as ContentType,
        content,
        actor,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Takes the version in force out of it. Returns the document that it served as.
pub async fn deactivate(tx: &mut TenantTx, content_type: ContentType) -> Result<Option<DocumentId>> {
    let before = sqlx::query_scalar!(
        r#"select document_id as "document_id: DocumentId" from knowledge_bases
        where tenant_id = current_tenant_id() and content_type = $1 and is_active"#,
        content_type as ContentType,
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "update knowledge_bases set is_active = false, document_id = null
        where tenant_id = current_tenant_id() and content_type = $1 and is_active",
        content_type as ContentType,
    )
    .execute(&mut **tx)
    .await?;
    Ok(before.flatten())
}

pub async fn activate(tx: &mut TenantTx, id: KnowledgeBaseId, document: Option<DocumentId>) -> Result<()> {
    sqlx::query!(
        "update knowledge_bases set is_active = true, document_id = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        document.map(|document| document.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
