//! All SQL for questions that were not answered well.

use kernel::error::not_found;
use kernel::ids::{ConversationId, GapId, MessageId, QaPairId};
use kernel::{Result, TenantTx};

use crate::gaps::NewGap;

/// The index that finds repeats takes no longer question.
pub async fn get_asked(tx: &mut TenantTx, answer: MessageId) -> Result<NewGap> {
    let asked = sqlx::query_as!(
        NewGap,
        r#"select left(a.question_text, 500) as "question!", r.text_content as ai_answer, a.matched_qa_ids[1] as "best_match_id: QaPairId",
            null::double precision as similarity_score, a.conversation_id as "conversation_id: ConversationId",
            a.question_message_id as "message_id: MessageId", a.language
        from answers a
        join messages r on r.tenant_id = a.tenant_id and r.id = a.id
        where a.tenant_id = current_tenant_id() and a.id = $1"#,
        answer.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    asked.ok_or_else(|| not_found("answer"))
}

pub async fn find_open(tx: &mut TenantTx, message: MessageId) -> Result<Option<GapId>> {
    let found = sqlx::query_scalar!(
        r#"select g.id as "id: GapId"
        from gap_occurrences o
        join qa_gaps g on g.tenant_id = o.tenant_id and g.id = o.gap_id
        where o.tenant_id = current_tenant_id() and o.message_id = $1 and g.status = 'open'
        limit 1"#,
        message.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}
