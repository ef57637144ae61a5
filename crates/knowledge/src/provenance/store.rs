//! SQL from a piece of knowledge to the answers that rest on it, the newest first.

use conversations::messages::AnswerMode;
use kernel::ids::{ConversationId, MessageId, PassageId, QaPairId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::AnswerFrom;

pub async fn list_of_pair(
    tx: &mut TenantTx,
    pair: QaPairId,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<AnswerFrom>> {
    let answers = sqlx::query_as!(
        AnswerFrom,
        r#"select a.id as "id: MessageId", a.conversation_id as "conversation_id: ConversationId", a.question_text as question,
            m.text_content as text, a.mode as "mode: AnswerMode", a.confidence, a.model, a.feedback, a.knowledge_revision,
            '{}'::uuid[] as "passage_ids!: Vec<PassageId>", u.used_at as answered_at
        from qa_pair_uses u
        join answers a on a.tenant_id = u.tenant_id and a.id = u.answer_id
        join messages m on m.tenant_id = a.tenant_id and m.id = a.id
        where u.tenant_id = current_tenant_id() and u.qa_pair_id = $1
            and ($2::timestamptz is null or (u.used_at, u.answer_id) < ($2, $3::uuid))
        order by u.used_at desc, u.answer_id desc
        limit $4"#,
        pair.0,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(answers)
}

/// Of a document or a page of a web site: their ids are never the same.
pub async fn list_of_text(
    tx: &mut TenantTx,
    text: Uuid,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<AnswerFrom>> {
    let answers = sqlx::query_as!(
        AnswerFrom,
        r#"select a.id as "id: MessageId", a.conversation_id as "conversation_id: ConversationId", a.question_text as question,
            m.text_content as text, a.mode as "mode: AnswerMode", a.confidence, a.model, a.feedback, a.knowledge_revision,
            u.passages as "passage_ids!: Vec<PassageId>", u.used_at as "answered_at!"
        from (
            select answer_id, used_at, array_agg(passage_id) as passages
            from passage_uses
            where tenant_id = current_tenant_id() and (document_id = $1 or website_page_id = $1)
                and ($2::timestamptz is null or (used_at, answer_id) < ($2, $3::uuid))
            group by used_at, answer_id
            order by used_at desc, answer_id desc
            limit $4
        ) u
        join answers a on a.tenant_id = current_tenant_id() and a.id = u.answer_id
        join messages m on m.tenant_id = a.tenant_id and m.id = a.id
        order by u.used_at desc, u.answer_id desc"#,
        text,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(answers)
}
