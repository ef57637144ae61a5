//! All SQL for documents and their passages.

use kernel::error::{conflict, not_found};
use kernel::ids::{DocumentId, PassageId};
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::files::NewFile;
use super::{Document, DocumentPassage, NewDocument};
use crate::learning::{self, Owner, PreparedPassage};

pub async fn insert(
    tx: &mut TenantTx,
    new: &NewDocument,
    language: Option<&str>,
    passages: &[PreparedPassage],
) -> Result<DocumentId> {
    let (tenant, id) = (tx.tenant_id(), DocumentId::new());
    sqlx::query!(
        "insert into documents (tenant_id, id, title, url, file_size, content, language, status, chunk_count, serving_revision)
        values ($1, $2, $3, $4, $5, $6, $7, 'processed', $8, 1)",
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
    learning::store::insert(tx, Owner::Document(id), 1, passages).await?;
    Ok(id)
}

const SELECT: &str = "select d.id, d.title, d.filename, d.url, d.mime_type, d.language, d.status, d.error,
        d.serving_revision is not null as is_serving, d.chunk_count,
        case when d.status = 'pending' then (
            select count(*)::int from knowledge_chunks k
            where k.tenant_id = d.tenant_id and k.document_id = d.id and k.revision = d.revision and k.embedding is not null
        ) else d.chunk_count end as embedded_count,
        d.page_count, d.file_size, d.created_at, d.updated_at
    from documents d
    where d.tenant_id = current_tenant_id()";

/// Newest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Document>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" order by d.created_at desc, d.id");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

pub async fn find(tx: &mut TenantTx, id: DocumentId) -> Result<Option<Document>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and d.id = ").push_bind(id);
    Ok(query.build_query_as().fetch_optional(&mut **tx).await?)
}

pub async fn get(tx: &mut TenantTx, id: DocumentId) -> Result<Document> {
    find(tx, id).await?.ok_or_else(|| not_found("document"))
}

/// The passages that answer; those of the file that is being read, if none do yet.
pub async fn list_passages(tx: &mut TenantTx, id: DocumentId) -> Result<Vec<DocumentPassage>> {
    let passages = sqlx::query_as!(
        DocumentPassage,
        r#"select k.id as "id: PassageId", k.position, k.page, k.heading, k.content as text
        from knowledge_chunks k
        join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id
        where k.tenant_id = current_tenant_id() and k.document_id = $1 and k.revision = coalesce(d.serving_revision, d.revision)
        order by k.position"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(passages)
}

/// What a whole text serves from goes with that text, and is changed with it.
pub async fn require_own(tx: &mut TenantTx, id: DocumentId) -> Result<()> {
    let is_of_text = sqlx::query_scalar!(
        r#"select exists (select from knowledge_bases where tenant_id = current_tenant_id() and document_id = $1) as "is!""#,
        id.0
    )
    .fetch_one(&mut **tx)
    .await?;
    match is_of_text {
        true => Err(conflict(
            "document_of_text",
            "This is a whole text in force. Take its version out of force, or write a new one, under \"Texts\".",
        )),
        false => Ok(()),
    }
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

/// What the files and texts of all documents but one take, in bytes.
pub async fn sum_sizes(tx: &mut TenantTx, but: Option<DocumentId>) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(file_size), 0)::bigint as "sum!" from documents
        where tenant_id = current_tenant_id() and id is distinct from $1"#,
        but.map(|id| id.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(sum)
}

/// The title of the document that holds the very same bytes.
pub async fn find_same_file(tx: &mut TenantTx, file: &NewFile<'_>) -> Result<Option<String>> {
    let title = sqlx::query_scalar!(
        "select d.title from documents d
        join document_files f on f.tenant_id = d.tenant_id and f.id = d.id
        where d.tenant_id = current_tenant_id() and d.file_size = $1 and f.bytes = $2
        limit 1",
        file.size(),
        file.bytes,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(title)
}

/// A document whose file waits to be read.
pub async fn insert_file(tx: &mut TenantTx, file: &NewFile<'_>) -> Result<DocumentId> {
    let (tenant, id) = (tx.tenant_id(), DocumentId::new());
    sqlx::query!(
        "insert into documents (tenant_id, id, title, filename, mime_type, file_size, content)
        values ($1, $2, $3, $4, $5, $6, '')",
        tenant.0,
        id.0,
        file.title(),
        file.name,
        file.mime_type,
        file.size(),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into document_files (tenant_id, id, bytes) values ($1, $2, $3)",
        tenant.0,
        id.0,
        file.bytes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Another file for a document; gives its revision, none if there is no such document.
pub async fn replace_file(tx: &mut TenantTx, id: DocumentId, file: &NewFile<'_>) -> Result<Option<i32>> {
    let revision = sqlx::query_scalar!(
        "update documents
        set revision = revision + 1, filename = $2, mime_type = $3, file_size = $4, content = '', status = 'pending',
            error = null, chunk_count = 0, page_count = null
        where tenant_id = current_tenant_id() and id = $1
        returning revision",
        id.0,
        file.name,
        file.mime_type,
        file.size(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let tenant = tx.tenant_id();
    if revision.is_some() {
        sqlx::query!(
            "insert into document_files (tenant_id, id, bytes) values ($1, $2, $3)
            on conflict (tenant_id, id) do update set bytes = excluded.bytes",
            tenant.0,
            id.0,
            file.bytes,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(revision)
}

/// Lets a file that could not be read wait again; gives its revision, none if there is no such one.
pub async fn wait_again(tx: &mut TenantTx, id: DocumentId) -> Result<Option<i32>> {
    let revision = sqlx::query_scalar!(
        "update documents set status = 'pending', error = null
        where tenant_id = current_tenant_id() and id = $1 and status = 'failed'
        returning revision",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(revision)
}

/// The file, or the text that was given without one.
pub async fn find_bytes(tx: &mut TenantTx, id: DocumentId) -> Result<Option<Vec<u8>>> {
    let bytes = sqlx::query_scalar!(
        r#"select coalesce(f.bytes, convert_to(d.content, 'UTF8')) as "bytes!"
        from documents d
        left join document_files f on f.tenant_id = d.tenant_id and f.id = d.id
        where d.tenant_id = current_tenant_id() and d.id = $1"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(bytes)
}

/// A file that waits to be read.
pub struct Waiting {
    pub title: String,
    pub filename: Option<String>,
    /// 0: its text has not been read yet.
    pub chunk_count: i32,
}

/// None if it does not wait any more, or another file has taken its place.
pub async fn find_waiting(tx: &mut TenantTx, id: DocumentId, revision: i32) -> Result<Option<Waiting>> {
    let waiting = sqlx::query_as!(
        Waiting,
        "select title, filename, chunk_count from documents
        where tenant_id = current_tenant_id() and id = $1 and revision = $2 and status = 'pending'",
        id.0,
        revision,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(waiting)
}

/// Notes what was read. The caller has written the passages.
pub async fn set_read(
    tx: &mut TenantTx,
    id: DocumentId,
    title: &str,
    language: Option<&str>,
    passages: usize,
    pages: Option<usize>,
) -> Result<()> {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "update documents set title = $2, language = $3, chunk_count = $4, page_count = $5
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        title,
        language,
        count(passages),
        pages.map(count),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_failed(tx: &mut TenantTx, id: DocumentId, revision: i32, error: &str) -> Result<()> {
    sqlx::query!(
        "update documents set status = 'failed', error = $3
        where tenant_id = current_tenant_id() and id = $1 and revision = $2",
        id.0,
        revision,
        error,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// From now on the revision answers, and what was read before is gone. False: another file has come meanwhile.
pub async fn serve(tx: &mut TenantTx, id: DocumentId, revision: i32) -> Result<bool> {
    let done = sqlx::query!(
        "update documents set status = 'processed', serving_revision = revision
        where tenant_id = current_tenant_id() and id = $1 and revision = $2 and status = 'pending'",
        id.0,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    learning::store::forget_others(tx, Owner::Document(id), revision).await?;
    Ok(true)
}
