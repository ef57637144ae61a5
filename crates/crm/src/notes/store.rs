//! All SQL for notes.

use kernel::ids::{ClientId, CrmNoteId, DealId, UserId};
use kernel::{Result, TenantTx};

use super::{Note, NoteType};

/// Notes of a client or a deal, the pinned ones first, then the newest.
pub async fn list(
    tx: &mut TenantTx,
    client: Option<ClientId>,
    deal: Option<DealId>,
    limit: i64,
) -> Result<Vec<Note>> {
    let notes = sqlx::query_as!(
        Note,
        r#"select n.id as "id: CrmNoteId", n.client_id as "client_id: ClientId", n.deal_id as "deal_id: DealId", n.title,
            n.content, n.note_type as "note_type: NoteType", n.is_pinned, n.tags, n.created_by as "created_by: UserId",
            m.name as "author_name?", n.created_at, n.updated_at
        from crm_notes n
        left join memberships m on m.tenant_id = n.tenant_id and m.user_id = n.created_by
        where n.tenant_id = current_tenant_id() and ($2::uuid is null or n.deal_id = $2)
            and ($1::uuid is null or n.client_id = crm_client_now($1))
        order by n.is_pinned desc, n.created_at desc, n.id desc
        limit $3"#,
        client.map(|id| id.0),
        deal.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(notes)
}

pub async fn find(tx: &mut TenantTx, id: CrmNoteId) -> Result<Option<Note>> {
    let note = sqlx::query_as!(
        Note,
        r#"select n.id as "id: CrmNoteId", n.client_id as "client_id: ClientId", n.deal_id as "deal_id: DealId", n.title,
            n.content, n.note_type as "note_type: NoteType", n.is_pinned, n.tags, n.created_by as "created_by: UserId",
            m.name as "author_name?", n.created_at, n.updated_at
        from crm_notes n
        left join memberships m on m.tenant_id = n.tenant_id and m.user_id = n.created_by
        where n.tenant_id = current_tenant_id() and n.id = $1
        for update of n"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(note)
}

pub async fn insert(tx: &mut TenantTx, note: &Note) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_notes (tenant_id, id, client_id, deal_id, title, content, note_type, is_pinned, tags, created_by)
        values ($1, $2, crm_client_now($3), $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        note.id.0,
        note.client_id.map(|id| id.0),
        note.deal_id.map(|id| id.0),
        note.title,
        note.content,
        note.note_type as NoteType,
        note.is_pinned,
        &note.tags,
        note.created_by.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await
    .map_err(crate::explain_reference)?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, note: &Note) -> Result<()> {
    sqlx::query!(
        "update crm_notes set title = $2, content = $3, note_type = $4, is_pinned = $5, tags = $6
        where tenant_id = current_tenant_id() and id = $1",
        note.id.0,
        note.title,
        note.content,
        note.note_type as NoteType,
        note.is_pinned,
        &note.tags,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: CrmNoteId) -> Result<()> {
    sqlx::query!(
        "delete from crm_notes where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
