//! All SQL for saved replies.

use kernel::error::{Error, OnConstraint, conflict};
use kernel::ids::SavedReplyId;
use kernel::{Result, TenantTx};

use super::SavedReply;

pub async fn list(tx: &mut TenantTx) -> Result<Vec<SavedReply>> {
    let replies = sqlx::query_as!(
        SavedReply,
        r#"select id as "id: SavedReplyId", shortcut, title, text_content as text, language from saved_replies
        where tenant_id = current_tenant_id()
        order by lower(shortcut), language nulls first, id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(replies)
}

pub async fn find(tx: &mut TenantTx, id: SavedReplyId) -> Result<Option<SavedReply>> {
    let reply = sqlx::query_as!(
        SavedReply,
        r#"select id as "id: SavedReplyId", shortcut, title, text_content as text, language from saved_replies
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(reply)
}

fn shortcut_taken() -> Error {
    conflict(
        "shortcut_taken",
        "There is a saved reply with this shortcut in this language already. Choose another shortcut.",
    )
}

/// Writes a new reply or the new state of a known one.
pub async fn save(tx: &mut TenantTx, reply: &SavedReply) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into saved_replies (tenant_id, id, shortcut, title, text_content, language) values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, id) do update
        set shortcut = excluded.shortcut, title = excluded.title, text_content = excluded.text_content, language = excluded.language",
        tenant.0,
        reply.id.0,
        reply.shortcut,
        reply.title,
        reply.text,
        reply.language,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("saved_replies_shortcut_key", shortcut_taken)?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: SavedReplyId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from saved_replies where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
