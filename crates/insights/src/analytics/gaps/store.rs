//! All SQL for numbers about gaps.

use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::Gap;
use crate::analytics::conversations::store::{push_filter, push_part};
use crate::analytics::filter::Question;
use crate::analytics::range::Days;

/// A question of visitors with all of its wordings: from when the first one was asked until none is open. It goes by the
/// open wording that was asked most.
const QUESTIONS: &str = " from (
        select w.cluster_id, (array_agg(w.id order by w.closed_at is not null, w.times_asked desc, w.created_at, w.id))[1] as id,
            (array_agg(w.question order by w.closed_at is not null, w.times_asked desc, w.created_at, w.id))[1] as question,
            (array_agg(w.status order by w.closed_at is not null, w.times_asked desc, w.created_at, w.id))[1] as status,
            (array_agg(w.conversation_id order by w.closed_at is not null, w.times_asked desc, w.created_at, w.id))[1]
                as conversation_id,
            sum(w.times_asked)::integer as times_asked, min(w.created_at) as created_at,
            case when count(w.closed_at) = count(*) then max(w.closed_at) end as closed_at
        from qa_gaps w
        where w.tenant_id = current_tenant_id()
        group by w.cluster_id
    ) g";

/// None: the metric is no number about gaps.
pub async fn count(tx: &mut TenantTx, question: &Question, days: Days, metric: &str) -> Result<Option<i64>> {
    let mut query = QueryBuilder::<Postgres>::new("select count(*)");
    if !push_gaps(&mut query, question, days, metric) {
        return Ok(None);
    }
    Ok(Some(query.build_query_scalar().fetch_one(&mut **tx).await?))
}

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    question: &Question,
    metric: &str,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Gap>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select g.id, g.question, g.status, g.times_asked, g.conversation_id, g.created_at as opened_at, g.closed_at",
    );
    if !push_gaps(&mut query, question, question.days, metric) {
        return Ok(Vec::new());
    }
    if let Some(position) = after {
        query.push(" and (g.created_at, g.id) < (").push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query
        .push(" order by g.created_at desc, g.id desc limit ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_gaps(query: &mut QueryBuilder<Postgres>, question: &Question, days: Days, metric: &str) -> bool {
    query.push(QUESTIONS);
    push_asked(query, question);
    match metric {
        "open_gaps" => {
            push_bound(query, " and g.created_at < ", days, question);
            push_bound(
                query,
                " and (g.closed_at is null or g.closed_at >= ",
                days,
                question,
            );
            query.push(")");
        }
        "gaps_opened" => push_days(query, "g.created_at", days, question),
        "gaps_closed" => push_days(query, "g.closed_at", days, question),
        _ => return false,
    }
    true
}

/// `where …`: only those that were asked in a conversation that passes the filter.
fn push_asked(query: &mut QueryBuilder<Postgres>, question: &Question) {
    query.push(" where true");
    if question.filter.is_of_conversations() {
        query.push(
            " and exists (
                select from qa_gaps w
                join gap_occurrences o on o.tenant_id = w.tenant_id and o.gap_id = w.id
                join analytics_conversations f on f.tenant_id = o.tenant_id and f.conversation_id = o.conversation_id
                where w.tenant_id = current_tenant_id() and w.cluster_id = g.cluster_id",
        );
        push_filter(query, &question.filter, &question.zone);
        query.push(")");
    }
}

fn push_days(query: &mut QueryBuilder<Postgres>, column: &str, days: Days, question: &Question) {
    query.push(format!(" and {column} >= ")).push_bind(days.from);
    query
        .push("::date::timestamp at time zone ")
        .push_bind(question.zone.clone());
    push_bound(query, &format!(" and {column} < "), days, question);
}

/// The first moment after the last day.
fn push_bound(query: &mut QueryBuilder<Postgres>, compare: &str, days: Days, question: &Question) {
    query.push(compare).push("(").push_bind(days.to);
    query
        .push("::date + 1)::timestamp at time zone ")
        .push_bind(question.zone.clone());
}

/// The first day of each part of the range, with how many were opened and closed in it.
pub async fn by_part(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Vec<(String, i64, i64)>> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_part(&mut query, question, days, "e.at");
    query.push(
        ", count(*) filter (where e.is_opening), count(*) filter (where not e.is_opening) from (select g.*",
    );
    query.push(QUESTIONS);
    push_asked(&mut query, question);
    query.push(
        ") g cross join lateral (values (g.created_at, true), (g.closed_at, false)) as e (at, is_opening) where true",
    );
    push_days(&mut query, "e.at", days, question);
    query.push(" group by 1");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}
