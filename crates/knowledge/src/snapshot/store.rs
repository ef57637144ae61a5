//! All SQL for loading a tenant's knowledge.

use kernel::{Result, TenantTx, secrets};
use pgvector::Vector;
use uuid::Uuid;

use crate::language::Language;
use crate::retrieval::{Entry, EntryKind};

pub struct Row {
    pub entry: Entry,
    /// How it is named as a source.
    pub shown: String,
    pub url: Option<String>,
}

/// All following reads of this transaction see the same moment.
pub async fn see_one_moment(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("set transaction isolation level repeatable read")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn list_qa_pairs(tx: &mut TenantTx) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"select id, question, answer, language, embedding as "embedding: Vector"
        from qa_pairs
        where tenant_id = current_tenant_id() and is_active
        order by id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let entries = rows.into_iter().map(|row| Entry {
        id: row.id,
        kind: EntryKind::QaPair,
        group: group_of(&row.answer),
        title: row.question,
        text: row.answer,
        language: language(row.language),
        vector: row.embedding.map(|vector| vector.to_vec().into_boxed_slice()),
    });
    let rows = entries.map(|entry| Row {
        shown: entry.title.clone(),
        entry,
        url: None,
    });
    Ok(rows.collect())
}

/// Other phrasings of active pairs: entries with the pair's id and answer, found by their own words.
pub async fn list_phrasings(tx: &mut TenantTx) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"select q.id, p.text, q.answer, coalesce(p.language, q.language) as language, p.embedding as "embedding: Vector"
        from qa_phrasings p
        join qa_pairs q on q.tenant_id = p.tenant_id and q.id = p.qa_pair_id
        where p.tenant_id = current_tenant_id() and q.is_active
        order by p.id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let entries = rows.into_iter().map(|row| Entry {
        id: row.id,
        kind: EntryKind::QaPair,
        group: group_of(&row.answer),
        title: row.text,
        text: row.answer,
        language: language(row.language),
        vector: row.embedding.map(|vector| vector.to_vec().into_boxed_slice()),
    });
    Ok(entries.collect())
}

/// A serving passage, as stored.
struct Passage {
    id: Uuid,
    owner: Uuid,
    section: i32,
    heading: String,
    content: String,
    language: Option<String>,
    page: Option<i32>,
    embedding: Option<Vector>,
    title: String,
    url: Option<String>,
}

/// All passages; or those that are not in the index, and `parts` millionths of the others: runs of eight neighbours, so
/// that sections stay together.
pub async fn list_passages(tx: &mut TenantTx, parts: Option<i64>, index_name: &str) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Passage,
        r#"select k.id, coalesce(k.document_id, k.website_page_id) as "owner!", k.section, k.heading, k.content, k.language, k.page,
            k.embedding as "embedding: Vector", coalesce(d.title, w.title, w.url) as "title!", coalesce(d.url, w.url) as url
        from knowledge_chunks k
        left join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id and d.serving_revision = k.revision
        left join website_pages w on w.tenant_id = k.tenant_id and w.id = k.website_page_id and w.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and (d.id is not null or w.id is not null)
            and ($1::bigint is null or k.index_name is distinct from $2
                or abs(hashtextextended(
                    concat_ws('/', coalesce(k.document_id, k.website_page_id), k.section, k.position / 8), 0) % 1000000) < $1)
        order by k.id"#,
        parts,
        index_name,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Those of these passages that serve.
pub async fn list_named_passages(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Passage,
        r#"select k.id, coalesce(k.document_id, k.website_page_id) as "owner!", k.section, k.heading, k.content, k.language, k.page,
            k.embedding as "embedding: Vector", coalesce(d.title, w.title, w.url) as "title!", coalesce(d.url, w.url) as url
        from knowledge_chunks k
        left join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id and d.serving_revision = k.revision
        left join website_pages w on w.tenant_id = k.tenant_id and w.id = k.website_page_id and w.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and k.id = any($1) and (d.id is not null or w.id is not null)
        order by k.id"#,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

impl From<Passage> for Row {
    fn from(row: Passage) -> Self {
        let title = if row.heading.is_empty() {
            row.title
        } else {
            row.heading
        };
        let shown = match row.page {
            Some(page) => format!("{title} · p. {page}"),
            None => title.clone(),
        };
        let section = format!("{}/{}", row.owner, row.section);
        let entry = Entry {
            id: row.id,
            kind: EntryKind::Passage,
            group: group_of(&section),
            title,
            text: row.content,
            language: language(row.language),
            vector: row.embedding.map(|vector| vector.to_vec().into_boxed_slice()),
        };
        Row {
            entry,
            shown,
            url: row.url,
        }
    }
}

fn language(code: Option<String>) -> Language {
    code.map_or(Language::UNKNOWN, |code| Language::from_code(&code))
}

/// Entries with equal text here belong to one answer.
pub fn group_of(text: &str) -> Uuid {
    let hash = secrets::sha256(text.trim().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}
