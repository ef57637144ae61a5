//! All SQL for passages that are being learned.

use kernel::ids::{DocumentId, WebsitePageId};
use kernel::{Result, TenantTx};
use pgvector::Vector;
use uuid::Uuid;

use super::PreparedPassage;

/// What a passage is a part of.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    Document(DocumentId),
    WebsitePage(WebsitePageId),
}

impl Owner {
    fn source_type(self) -> &'static str {
        match self {
            Self::Document(_) => "document",
            Self::WebsitePage(_) => "website",
        }
    }

    /// As the two columns have it, of which one is null.
    fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Document(id) => (Some(id.0), None),
            Self::WebsitePage(id) => (None, Some(id.0)),
        }
    }
}

/// The passages of one revision; whatever it had before is replaced.
pub async fn insert(
    tx: &mut TenantTx,
    owner: Owner,
    revision: i32,
    passages: &[PreparedPassage],
) -> Result<()> {
    let (tenant, (document, page)) = (tx.tenant_id(), owner.columns());
    sqlx::query!(
        "delete from knowledge_chunks
        where tenant_id = current_tenant_id() and (document_id = $1 or website_page_id = $2) and revision = $3",
        document,
        page,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    let ids: Vec<Uuid> = passages.iter().map(|passage| passage.id.0).collect();
    let positions: Vec<i32> = passages.iter().map(|passage| passage.position).collect();
    let sections: Vec<i32> = passages.iter().map(|passage| passage.section).collect();
    let pages: Vec<Option<i32>> = passages.iter().map(|passage| passage.page).collect();
    let headings: Vec<String> = passages.iter().map(|passage| passage.heading.clone()).collect();
    let contents: Vec<String> = passages.iter().map(|passage| passage.content.clone()).collect();
    let languages: Vec<Option<String>> = passages.iter().map(|passage| passage.language.clone()).collect();
    let vectors: Vec<Option<Vector>> = passages
        .iter()
        .map(|passage| passage.vector.clone().map(Vector::from))
        .collect();
    sqlx::query!(
        "insert into knowledge_chunks
            (tenant_id, id, source_type, document_id, website_page_id, revision, position, section, page, heading, content,
                language, embedding)
        select $1, p.id, $2, $3, $4, $5, p.position, p.section, p.page, p.heading, p.content, p.language, p.embedding
        from unnest($6::uuid[], $7::int[], $8::int[], $9::int[], $10::text[], $11::text[], $12::text[], $13::vector[])
            as p (id, position, section, page, heading, content, language, embedding)",
        tenant.0,
        owner.source_type(),
        document,
        page,
        revision,
        &ids,
        &positions,
        &sections,
        &pages as _,
        &headings,
        &contents,
        &languages as _,
        vectors as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Passages of a revision that have no vector yet, with what is embedded of them.
pub async fn list_unembedded(
    tx: &mut TenantTx,
    owner: Owner,
    revision: i32,
    limit: i64,
) -> Result<Vec<(Uuid, String)>> {
    let (document, page) = owner.columns();
    let rows = sqlx::query!(
        r#"select id, case when heading = '' then content else heading || E'\n' || content end as "text!"
        from knowledge_chunks
        where tenant_id = current_tenant_id() and (document_id = $1 or website_page_id = $2) and revision = $3
            and embedding is null
        order by position
        limit $4"#,
        document,
        page,
        revision,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
}

/// What was read before is gone, and whoever searches hears of what is new.
pub async fn forget_others(tx: &mut TenantTx, owner: Owner, revision: i32) -> Result<()> {
    let (document, page) = owner.columns();
    sqlx::query!(
        "delete from knowledge_chunks
        where tenant_id = current_tenant_id() and (document_id = $1 or website_page_id = $2) and revision <> $3",
        document,
        page,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update knowledge_state set revision = revision + 1 where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}
