//! All SQL for imports.

use std::collections::HashMap;

use kernel::ids::QaPairId;
use kernel::{Result, TenantTx};

use super::super::NewQaPair;

/// A pair that asks the same.
pub struct Known {
    pub id: QaPairId,
    pub question: String,
    pub answer: String,
}

/// Pairs with these questions (in lower case), the active and oldest first.
pub async fn list_known(tx: &mut TenantTx, questions: &[String]) -> Result<HashMap<String, Vec<Known>>> {
    let rows = sqlx::query_as!(
        Known,
        r#"select id as "id: QaPairId", lower(question) as "question!", answer
        from qa_pairs
        where tenant_id = current_tenant_id() and lower(question) = any($1)
        order by is_active desc, created_at, id"#,
        questions,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut known: HashMap<String, Vec<Known>> = HashMap::new();
    for row in rows {
        known.entry(row.question.clone()).or_default().push(row);
    }
    Ok(known)
}

/// Gives a pair another answer, and category and language where the file names them. False: it is gone.
pub async fn update(tx: &mut TenantTx, id: QaPairId, pair: &NewQaPair) -> Result<bool> {
    let done = sqlx::query!(
        "update qa_pairs set answer = $2, category = coalesce($3, category), language = coalesce($4, language)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        pair.answer.trim(),
        pair.category,
        pair.language,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
