//! Documents, web sites and their passages. The files themselves are not in the database: what was read of them is.

use serde_json::{Value, json};

use super::super::super::mapping::{Out, Scope, times};
use super::super::super::row::Row;

pub fn document(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let name = row.text("filename").unwrap_or_else(|| "–".to_owned());
    let status = row
        .choice("status", &["pending", "processed", "failed"])
        .unwrap_or("pending");
    let chunks = row.whole("chunk_count").unwrap_or(0).clamp(0, 1_000_000);
    // nobody can read its file here: what was not read there stays so
    let is_read = status == "processed";
    if !is_read {
        row.keep("status", "it was not read there: upload the file here");
    }
    out.put(
        "documents",
        json!({
            "id": scope.id("documents", &row.id, ""), "title": &name, "filename": name,
            "mime_type": row.text("mime_type").unwrap_or_else(|| "application/octet-stream".to_owned()),
            "file_size": row.whole("file_size").unwrap_or(0).max(0), "content": "",
            "status": if is_read { "processed" } else { "failed" }, "error": (!is_read).then_some("imported_without_file"),
            "chunk_count": chunks, "serving_revision": is_read.then_some(1), "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

pub fn site(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let pages = row.whole("max_pages").unwrap_or(50);
    if !(1..=500).contains(&pages) {
        row.keep("max_pages", "a web site has 1 to 500 pages here");
    }
    let states = ["pending", "crawling", "completed", "failed", "cancelled"];
    // a reading that was under way there is not under way here
    let status = match row.choice("status", &states).unwrap_or("pending") {
        "pending" | "crawling" => {
            row.keep("status", "it was being read there: read it again here");
            "cancelled"
        }
        status => status,
    };
    out.put(
        "website_sources",
        json!({
            "id": scope.id("website_sources", &row.id, ""), "base_url": row.text("base_url").ok_or("it has no address")?,
            "max_pages": pages.clamp(1, 500),
            "crawl_frequency": row.choice("crawl_frequency", &["manual", "daily", "weekly"]).unwrap_or("manual"), "status": status,
            "pages_crawled": row.whole("pages_crawled").unwrap_or(0).clamp(0, 1_000_000),
            "last_crawled_at": row.time("last_crawled_at"), "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

pub fn page(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let site = row.text("website_source_id").ok_or("it belongs to no web site")?;
    let created_at = times(row).0;
    let content = row.text("content").unwrap_or_default();
    let crawled_at = row.time("crawled_at");
    out.put(
        "website_pages",
        json!({
            "id": scope.id("website_pages", &row.id, ""), "website_id": scope.id("website_sources", &site, ""),
            "url": row.text("url").ok_or("it has no address")?, "depth": 1, "state": "read", "is_queued": false,
            "title": row.text("title"), "content": content, "chunk_count": row.whole("chunk_count").unwrap_or(0).clamp(0, 1_000_000),
            "revision": 1, "serving_revision": 1, "crawled_at": crawled_at, "changed_at": crawled_at, "created_at": created_at,
        }),
    );
    Ok(())
}

/// Its place is where its metadata say, or after those before it.
pub fn passage(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let created_at = times(row).0;
    let kind = row
        .choice("source_type", &["document", "website", "faq", "conversation"])
        .ok_or("it is of no kind that is known here")?;
    let parent = row.text("source_id");
    let content = row.text("content").ok_or("it has no text")?;
    let mut metadata = row.object("metadata").unwrap_or_default();
    let (document, page) = match (kind, &parent) {
        ("document", Some(parent)) => (Some(scope.id("documents", parent, "")), None),
        ("website", Some(parent)) => (None, Some(scope.id("website_pages", parent, ""))),
        _ => (Some(gathered(scope, out, kind, &created_at)), None),
    };
    if parent.is_some() && !matches!(kind, "document" | "website") {
        row.keep_silently("source_id");
    }
    let place = format!("{kind}/{}", parent.unwrap_or_default());
    let next = scope.fact("place", &place).as_i64().unwrap_or(0);
    let wanted = metadata
        .get("chunk_index")
        .and_then(Value::as_i64)
        .filter(|index| *index >= next && *index < 1_000_000);
    let position = wanted.unwrap_or(next);
    if metadata.get("chunk_index") == Some(&json!(position)) {
        metadata.remove("chunk_index");
    }
    scope.remember("place", &place, json!(position + 1));
    if !metadata.is_empty() {
        row.left.insert("metadata".to_owned(), Value::Object(metadata));
    }
    out.put(
        "knowledge_chunks",
        json!({
            "id": scope.id("knowledge_chunks", &row.id, ""), "source_type": kind, "document_id": document, "website_page_id": page,
            "position": position, "content": content, "created_at": created_at,
        }),
    );
    Ok(())
}

/// Passages that stand in no document are gathered in one.
fn gathered(scope: &Scope, out: &mut Out, kind: &str, created_at: &str) -> uuid::Uuid {
    let id = scope.id("knowledge_chunks", kind, "gathered");
    let title = if kind == "faq" {
        "FAQ"
    } else {
        "Passages of another system"
    };
    out.put_shared(
        "documents",
        json!({
            "id": id, "title": title, "file_size": 0, "content": "", "status": "processed", "serving_revision": 1,
            "created_at": created_at,
        }),
    );
    id
}
