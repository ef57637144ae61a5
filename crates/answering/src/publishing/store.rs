//! All SQL for trying and publishing drafts.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use conversations::messages::Source;
use kernel::error::not_found;
use kernel::ids::{BacktestId, ChannelId, ConversationId, GapId, QaPairId, VersionId};
use kernel::{Result, TenantTx};
use knowledge::versions::Version;
use serde_json::json;
use sqlx::types::Json;

use super::gaps::FixedGap;
use super::{Backtest, Difference, PastQuestion, PublishRule};
use crate::evaluation::Expectation;
use crate::evaluation::replay::Question;
use crate::evaluation::sets;
use crate::evaluation::verdict::{Given, Knowing};

struct Asked {
    question: String,
    channel_id: ChannelId,
    conversation_id: ConversationId,
    asked_at: DateTime<Utc>,
    times_asked: i64,
    feedback: Option<String>,
    matched_qa_ids: Vec<QaPairId>,
    sources: Json<Vec<Source>>,
    resolved_qa_id: Option<QaPairId>,
    /// Counts this contact's thumbs, the newest first.
    nth_of_contact: i64,
}

/// So many thumbs of one contact say how honest the confidence is: nobody decides that alone.
const THUMBS_THAT_COUNT: i64 = 3;

/// What visitors asked lately, each question once, then the cases of evaluation sets that nobody asked.
pub async fn list_past_questions(tx: &mut TenantTx, limit: i64) -> Result<Vec<PastQuestion>> {
    let cases = sets::store::list_all_expectations(tx).await?;
    let mut cases: HashMap<String, (String, Expectation)> = cases
        .into_iter()
        .map(|(text, expected)| (text.to_lowercase(), (text, expected)))
        .collect();
    let asked = list_asked(tx, limit).await?.into_iter();
    let mut questions: Vec<PastQuestion> = asked
        .map(|asked| {
            let case = cases.remove(&asked.question.to_lowercase());
            let mut question = asked.into_question();
            if let Some((_, expected)) = case {
                question.knowing.expected = Some(expected);
            }
            question
        })
        .collect();
    let mut rest: Vec<(String, Expectation)> = cases.into_values().collect();
    rest.sort_by(|a, b| a.0.cmp(&b.0));
    questions.extend(rest.into_iter().map(|(text, expected)| PastQuestion {
        knowing: Knowing {
            expected: Some(expected),
            ..Knowing::default()
        },
        ..PastQuestion::never_asked(text)
    }));
    Ok(questions)
}

/// Of a question that was asked several times, the one with feedback counts, else the newest.
async fn list_asked(tx: &mut TenantTx, limit: i64) -> Result<Vec<Asked>> {
    let asked = sqlx::query_as!(
        Asked,
        r#"select t.question_text as question, c.channel_id as "channel_id: ChannelId", t.conversation_id as "conversation_id: ConversationId",
            t.created_at as asked_at, t.times_asked as "times_asked!", t.feedback, t.matched_qa_ids as "matched_qa_ids: Vec<QaPairId>",
            t.sources as "sources: Json<Vec<Source>>",
            row_number() over (partition by c.contact_id, t.feedback is not null order by t.created_at desc) as "nth_of_contact!",
            (select g.resolved_qa_id from qa_gaps g
                where g.tenant_id = t.tenant_id and g.status = 'resolved' and lower(g.question) = lower(t.question_text)
                order by g.closed_at desc nulls last limit 1) as "resolved_qa_id: QaPairId"
        from (
            select distinct on (lower(a.question_text)) a.*, count(*) over (partition by lower(a.question_text)) as times_asked
            from (
                select * from answers
                where tenant_id = current_tenant_id() and mode in ('model', 'approved_text', 'no_answer') and question_text <> ''
                order by created_at desc
                limit $1::bigint * 10
            ) a
            order by lower(a.question_text), (a.feedback is null), a.created_at desc
        ) t
        join conversations c on c.tenant_id = t.tenant_id and c.id = t.conversation_id
        order by t.created_at desc
        limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(asked)
}

impl Asked {
    fn into_question(self) -> PastQuestion {
        let given = Given {
            pairs: self.matched_qa_ids,
            titles: self.sources.0.into_iter().map(|source| source.title).collect(),
        };
        let knowing = Knowing {
            expected: self.resolved_qa_id.map(Expectation::QaPair),
            approved: (self.feedback.as_deref() == Some("up")).then(|| given.clone()),
            rejected: (self.feedback.as_deref() == Some("down")).then_some(given),
        };
        PastQuestion {
            question: Question {
                text: self.question,
                channel_id: Some(self.channel_id),
            },
            times_asked: self.times_asked,
            last_asked_at: Some(self.asked_at),
            conversation_id: Some(self.conversation_id),
            is_label: self.resolved_qa_id.is_some() || self.nth_of_contact <= THUMBS_THAT_COUNT,
            knowing,
        }
    }
}

/// At most so many questions are labelled: cases of evaluation sets, and thumbs.
pub async fn count_labels(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select (select count(*) from evaluation_cases where tenant_id = current_tenant_id())
            + (select count(*) from answers where tenant_id = current_tenant_id() and feedback is not null) as "count!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Counts: fixed, broken, changed, unchanged.
pub async fn insert_backtest(
    tx: &mut TenantTx,
    draft: &Version,
    revision: i64,
    counts: [usize; 4],
    took: Duration,
    differences: &[Difference],
    fixed_gaps: &[FixedGap],
) -> Result<()> {
    let (tenant, id) = (tx.tenant_id(), BacktestId::new());
    let [fixed, broken, changed, unchanged] = counts.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    sqlx::query!(
        "insert into backtests (tenant_id, id, version_id, revision, fixed, broken, changed, unchanged, milliseconds, results, draft_updated_at,
            fixes_gaps)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.0,
        id.0,
        draft.id.0,
        revision,
        fixed,
        broken,
        changed,
        unchanged,
        i32::try_from(took.as_millis()).unwrap_or(i32::MAX),
        json!(differences),
        draft.updated_at,
        json!(fixed_gaps),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn get_latest_backtest(tx: &mut TenantTx, draft: VersionId) -> Result<Backtest> {
    let found = find_latest_backtest(tx, draft).await?;
    found.ok_or_else(|| not_found("backtest"))
}

pub async fn find_latest_backtest(tx: &mut TenantTx, draft: VersionId) -> Result<Option<Backtest>> {
    let found = sqlx::query_as!(
        Backtest,
        r#"select b.id as "id: BacktestId", b.version_id as "draft_id: VersionId", b.fixed, b.broken, b.changed, b.unchanged, b.milliseconds,
            jsonb_array_length(b.fixes_gaps) as "closes_gaps!",
            (b.draft_updated_at = v.updated_at and b.revision = s.revision) as "is_current!", b.created_at
        from backtests b
        join knowledge_versions v on v.tenant_id = b.tenant_id and v.id = b.version_id
        join knowledge_state s on s.tenant_id = b.tenant_id
        where b.tenant_id = current_tenant_id() and b.version_id = $1
        order by b.created_at desc, b.id desc
        limit 1"#,
        draft.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// The open gaps that the draft answers; none where its last backtest says nothing about it any more.
pub async fn list_fixed_gaps(tx: &mut TenantTx, draft: VersionId) -> Result<Vec<FixedGap>> {
    let Some(backtest) = find_latest_backtest(tx, draft)
        .await?
        .filter(|found| found.is_current)
    else {
        return Ok(Vec::new());
    };
    let fixed = sqlx::query_scalar!(
        r#"select fixes_gaps as "fixes_gaps: Json<Vec<FixedGap>>" from backtests where tenant_id = current_tenant_id() and id = $1"#,
        backtest.id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(fixed.0)
}

/// A gap that is open, with where it was asked first.
pub struct OpenGap {
    pub id: GapId,
    pub question: String,
    pub times_asked: i32,
    pub last_asked_at: DateTime<Utc>,
    pub conversation_id: Option<ConversationId>,
    pub channel_id: Option<ChannelId>,
}

/// The most lately asked first.
pub async fn list_open_gaps(tx: &mut TenantTx, limit: i64) -> Result<Vec<OpenGap>> {
    let gaps = sqlx::query_as!(
        OpenGap,
        r#"select g.id as "id: GapId", g.question, g.times_asked, g.last_asked_at,
            g.conversation_id as "conversation_id: ConversationId", c.channel_id as "channel_id?: ChannelId"
        from qa_gaps g
        left join conversations c on c.tenant_id = g.tenant_id and c.id = g.conversation_id
        where g.tenant_id = current_tenant_id() and g.status = 'open'
        order by g.last_asked_at desc, g.id desc
        limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

pub async fn list_differences(tx: &mut TenantTx, id: BacktestId) -> Result<Vec<Difference>> {
    let results = sqlx::query_scalar!(
        r#"select results as "results: Json<Vec<Difference>>" from backtests where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(results.ok_or_else(|| not_found("backtest"))?.0)
}

pub async fn get_rule(tx: &mut TenantTx) -> Result<PublishRule> {
    let rule = sqlx::query_scalar!(
        r#"select publish_rule as "rule: PublishRule" from knowledge_state where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(rule)
}

pub async fn set_rule(tx: &mut TenantTx, rule: PublishRule) -> Result<()> {
    sqlx::query!(
        "update knowledge_state set publish_rule = $1 where tenant_id = current_tenant_id()",
        rule as PublishRule,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
