//! All SQL for merging pairs.

use kernel::ids::QaPairId;
use kernel::{Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;

use super::Merge;

/// Switches the pair off and lends its question and phrasings, with their vectors, to the one that stays.
pub async fn merge(tx: &mut TenantTx, id: QaPairId, merge: &Merge) -> Result<()> {
    sqlx::query!(
        "insert into qa_phrasings (tenant_id, qa_pair_id, text, language, embedding, embedding_next, merged_from)
        select tenant_id, $2::uuid, question, language, embedding, embedding_next, id
        from qa_pairs where tenant_id = current_tenant_id() and id = $1
        union all
        select tenant_id, $2::uuid, text, language, embedding, embedding_next, qa_pair_id
        from qa_phrasings where tenant_id = current_tenant_id() and qa_pair_id = $1",
        id.0,
        merge.into.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update qa_pairs set is_active = false, metadata = metadata || jsonb_build_object('merge', $2::jsonb)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        json!(merge),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn find_merge(tx: &mut TenantTx, id: QaPairId) -> Result<Option<Merge>> {
    let found = sqlx::query_scalar!(
        r#"select metadata -> 'merge' as "merge: Json<Merge>" from qa_pairs
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.flatten().map(|Json(merge)| merge))
}

/// Switches the pair on again.
pub async fn restore(tx: &mut TenantTx, id: QaPairId) -> Result<()> {
    sqlx::query!(
        "update qa_pairs set is_active = true, metadata = metadata - 'merge'
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
