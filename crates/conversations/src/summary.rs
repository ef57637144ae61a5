//! What a conversation was about, for the person who takes over or looks back.
//!
//! Made from the visitor's own words: no model is needed, and nothing is invented.

use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};
use serde_json::{Value, json};

/// Questions longer than this are cut in a summary.
const LONGEST: usize = 160;
/// A summary names so many questions, the newest.
const MOST: i64 = 6;

/// Builds the summary and keeps it with the conversation. Its `text` reads alone.
pub async fn write(tx: &mut TenantTx, conversation: ConversationId) -> Result<String> {
    let questions = list_questions(tx, conversation).await?;
    let unanswered: Vec<&str> = questions
        .iter()
        .filter(|question| !question.answered)
        .map(|question| question.text.as_str())
        .collect();
    let asked: Vec<&str> = questions.iter().map(|question| question.text.as_str()).collect();
    let text = match (unanswered.len(), asked.len()) {
        (0, _) => format!("Asked: {}", quoted(&asked)),
        (open, all) if open == all => format!("Still open: {}", quoted(&unanswered)),
        _ => format!("Asked: {} Still open: {}", quoted(&asked), quoted(&unanswered)),
    };
    store(
        tx,
        conversation,
        json!({"text": text, "asked": asked, "unanswered": unanswered}),
    )
    .await?;
    Ok(text)
}

fn quoted(questions: &[&str]) -> String {
    let cut = |question: &str| -> String {
        let short: String = question.chars().take(LONGEST).collect();
        if short.len() < question.len() {
            format!("“{short}…”")
        } else {
            format!("“{short}”")
        }
    };
    let list: Vec<String> = questions.iter().map(|question| cut(question)).collect();
    if list.is_empty() {
        "nothing yet.".into()
    } else {
        format!("{}.", list.join(", "))
    }
}

struct Question {
    text: String,
    answered: bool,
}

async fn list_questions(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<Question>> {
    let mut rows = sqlx::query_as!(
        Question,
        r#"select case when m.text_content = '' and f.id is not null then format('[%s: %s]', m.content_type, f.file_name)
                else m.text_content end as "text!", coalesce(not a.gap_detected, false) as "answered!"
        from messages m
        left join answers a on a.tenant_id = m.tenant_id and a.question_message_id = m.id
        left join assets f on f.tenant_id = m.tenant_id and f.id = m.attachment_id
        where m.tenant_id = current_tenant_id() and m.conversation_id = $1 and m.sender_type = 'user'
        order by m.seq desc
        limit $2"#,
        conversation.0,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.reverse();
    Ok(rows)
}

async fn store(tx: &mut TenantTx, conversation: ConversationId, summary: Value) -> Result<()> {
    sqlx::query!(
        "update conversations set summary = $2 where tenant_id = current_tenant_id() and id = $1",
        conversation.0,
        summary
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
