//! All SQL for numbers about answers: rows `a` of `answers` with their conversation's row `f`.

use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::Answer;
use crate::analytics::conversations::store::{push_filter, push_scope};
use crate::analytics::filter::Question;

/// An answer to a question, and not that it has none.
pub const KNOWN: &str = "a.mode in ('model', 'approved_text', 'webhook', 'order') and not a.gap_detected";
/// Answers whose confidence says something.
const SURE: &str = "a.mode in ('model', 'approved_text', 'no_answer')";

/// Whose answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Of conversations that began on these days.
    Begun,
    /// Given on these days.
    Given,
}

/// Which answers are behind a metric; none: it is no number about answers.
fn condition(metric: &str, is_whole: bool) -> Option<(Scope, String)> {
    let asked = format!("(({KNOWN}) or a.mode = 'no_answer' or a.gap_detected)");
    Some(match (metric, is_whole) {
        ("answer_rate", false) => (Scope::Begun, KNOWN.to_owned()),
        ("answer_rate", true) => (Scope::Begun, asked),
        ("helpful_rate", false) => (Scope::Begun, "a.feedback = 'up'".to_owned()),
        ("helpful_rate", true) => (Scope::Begun, "a.feedback is not null".to_owned()),
        ("confidence", _) => (Scope::Begun, SURE.to_owned()),
        ("answers_with_source", _) => (Scope::Given, format!("{KNOWN} and a.sources <> '[]'")),
        ("answers_without_source", false) => (Scope::Given, format!("{KNOWN} and a.sources = '[]'")),
        ("answers_without_source", true) => (Scope::Given, KNOWN.to_owned()),
        ("answers_from_entry", _) => (Scope::Given, "true".to_owned()),
        ("answer_time" | "answer_time_p95", _) => (Scope::Given, "true".to_owned()),
        _ => return None,
    })
}

pub async fn by_confidence(tx: &mut TenantTx, question: &Question) -> Result<Vec<(i32, i64)>> {
    let mut query =
        QueryBuilder::<Postgres>::new("select least(floor(a.confidence * 10), 9)::integer, count(*)");
    push_answers(&mut query, question, Scope::Begun, SURE);
    query.push(" group by 1");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// None: the metric is no number about answers.
pub async fn count(
    tx: &mut TenantTx,
    question: &Question,
    metric: &str,
    is_whole: bool,
) -> Result<Option<i64>> {
    let Some((scope, condition)) = condition(metric, is_whole) else {
        return Ok(None);
    };
    let mut query = QueryBuilder::<Postgres>::new("select count(*)");
    push_answers(&mut query, question, scope, &condition);
    Ok(Some(query.build_query_scalar().fetch_one(&mut **tx).await?))
}

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    question: &Question,
    (metric, is_whole): (&str, bool),
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Answer>> {
    let Some((scope, condition)) = condition(metric, is_whole) else {
        return Ok(Vec::new());
    };
    let mut query = QueryBuilder::<Postgres>::new(
        "select a.id, a.conversation_id, a.question_text as question, a.mode, a.confidence, a.feedback,
            a.created_at as answered_at",
    );
    push_answers(&mut query, question, scope, &condition);
    if let Some(position) = after {
        query.push(" and (a.created_at, a.id) < (").push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query
        .push(" order by a.created_at desc, a.id desc limit ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_answers(query: &mut QueryBuilder<Postgres>, question: &Question, scope: Scope, condition: &str) {
    query.push(
        " from answers a
        join analytics_conversations f on f.tenant_id = a.tenant_id and f.conversation_id = a.conversation_id",
    );
    match scope {
        Scope::Begun => push_scope(query, &question.filter, question.days, &question.zone),
        Scope::Given => push_given(query, question),
    }
    query.push(" and (").push(condition).push(")");
    let rest = &question.filter.rest;
    if let Some(bin) = rest.bin {
        query
            .push(" and least(floor(a.confidence * 10), 9)::integer = ")
            .push_bind(bin);
    }
    if let Some(feedback) = &rest.feedback {
        query.push(" and a.feedback = ").push_bind(feedback.clone());
    }
    if let Some(entry) = rest.entry {
        query.push(" and (exists (select from qa_pair_uses u where u.tenant_id = a.tenant_id and u.answer_id = a.id and u.qa_pair_id = ");
        query.push_bind(entry).push(
            ") or exists (select from passage_uses u where u.tenant_id = a.tenant_id and u.answer_id = a.id
                and (u.document_id = ",
        );
        query.push_bind(entry).push(" or u.website_page_id = ");
        query.push_bind(entry).push(")))");
    }
}

/// Answers that were given on the days of the question, in conversations that pass its filter.
pub fn push_given(query: &mut QueryBuilder<Postgres>, question: &Question) {
    push_given_on(query, question, question.days);
}

pub fn push_given_on(
    query: &mut QueryBuilder<Postgres>,
    question: &Question,
    days: crate::analytics::range::Days,
) {
    query.push(" where a.tenant_id = current_tenant_id() and a.created_at >= ");
    query.push_bind(days.from).push("::date::timestamp at time zone ");
    query
        .push_bind(question.zone.clone())
        .push(" and a.created_at < (");
    query
        .push_bind(days.to)
        .push("::date + 1)::timestamp at time zone ");
    query.push_bind(question.zone.clone());
    push_filter(query, &question.filter, &question.zone);
}
