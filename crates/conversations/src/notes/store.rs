//! All SQL for notes and mentions.

use kernel::error::{OnConstraint, conflict, invalid};
use kernel::ids::{ConversationId, NoteId, UserId};
use kernel::{Result, TenantTx};

use super::{Author, Note};

/// The newest notes, oldest of them first, as this person sees them.
pub async fn list(
    tx: &mut TenantTx,
    conversation: ConversationId,
    reader: Option<UserId>,
    limit: i64,
) -> Result<Vec<Note>> {
    let rows = sqlx::query!(
        r#"select id as "id: NoteId", author_user_id as "author_user_id: UserId", author_name, text_content, created_at,
            array(select m.user_id from note_mentions m where m.tenant_id = n.tenant_id and m.note_id = n.id
                order by m.user_id) as "mentions!: Vec<UserId>"
        from conversation_notes n
        where tenant_id = current_tenant_id() and conversation_id = $1
        order by id desc
        limit $2"#,
        conversation.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let notes = rows.into_iter().rev().map(|row| Note {
        id: row.id,
        is_mine: row.author_user_id == reader,
        author: Author {
            user_id: row.author_user_id,
            name: row.author_name,
        },
        text: row.text_content,
        mentions: row.mentions,
        created_at: row.created_at,
    });
    Ok(notes.collect())
}

pub async fn find_by_client_id(
    tx: &mut TenantTx,
    conversation: ConversationId,
    client_note_id: &str,
) -> Result<Option<NoteId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: NoteId" from conversation_notes
        where tenant_id = current_tenant_id() and conversation_id = $1 and client_note_id = $2"#,
        conversation.0,
        client_note_id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn insert(
    tx: &mut TenantTx,
    conversation: ConversationId,
    note: &Note,
    client_note_id: &str,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into conversation_notes (tenant_id, id, conversation_id, author_user_id, author_name, client_note_id,
            text_content, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        note.id.0,
        conversation.0,
        note.author.user_id.map(|id| id.0),
        note.author.name,
        client_note_id,
        note.text,
        note.created_at,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversation_notes_client_note_id_key", || {
        conflict(
            "client_note_id_taken",
            "The same note is being stored at this moment. Please try again.",
        )
    })?;
    let mentioned: Vec<uuid::Uuid> = note.mentions.iter().map(|user| user.0).collect();
    sqlx::query!(
        "insert into note_mentions (tenant_id, note_id, user_id, conversation_id)
        select $1, $2, mentioned, $3 from unnest($4::uuid[]) as mentioned",
        tenant.0,
        note.id.0,
        conversation.0,
        &mentioned,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("note_mentions_user_fkey", || {
        invalid("not_a_member", "Only a member can be mentioned.")
    })?;
    Ok(())
}

/// Who wrote the note; none if there is no such note in this conversation.
pub async fn find_author(
    tx: &mut TenantTx,
    conversation: ConversationId,
    id: NoteId,
) -> Result<Option<Option<UserId>>> {
    let author = sqlx::query_scalar!(
        r#"select author_user_id as "author: UserId" from conversation_notes
        where tenant_id = current_tenant_id() and conversation_id = $1 and id = $2"#,
        conversation.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(author)
}

pub async fn delete(tx: &mut TenantTx, id: NoteId) -> Result<()> {
    sqlx::query!(
        "delete from conversation_notes where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody has seen the conversation that mentions them.
pub async fn mark_mentions_read(tx: &mut TenantTx, conversation: ConversationId, user: UserId) -> Result<()> {
    sqlx::query!(
        "update note_mentions set is_read = true
        where tenant_id = current_tenant_id() and conversation_id = $1 and user_id = $2 and not is_read",
        conversation.0,
        user.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
