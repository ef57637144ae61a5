//! All SQL for numbers about gaps.

use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::Gap;
use crate::analytics::filter::Question;
use crate::analytics::range::Days;

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
    query.push(" from qa_gaps g where g.tenant_id = current_tenant_id()");
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
        "gaps_opened" | "gaps_closed" => {
            let column = if metric == "gaps_opened" {
                "created_at"
            } else {
                "closed_at"
            };
            query.push(format!(" and g.{column} >= ")).push_bind(days.from);
            query
                .push("::date::timestamp at time zone ")
                .push_bind(question.zone.clone());
            push_bound(query, &format!(" and g.{column} < "), days, question);
        }
        _ => return false,
    }
    true
}

/// The first moment after the last day.
fn push_bound(query: &mut QueryBuilder<Postgres>, compare: &str, days: Days, question: &Question) {
    query.push(compare).push("(").push_bind(days.to);
    query
        .push("::date + 1)::timestamp at time zone ")
        .push_bind(question.zone.clone());
}

/// The first day of each part, with how many were opened and closed in it.
pub async fn by_part(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Vec<(String, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select greatest(date_trunc($1, g.at at time zone $2)::date, $3::date)::text as "key!",
            count(*) filter (where g.is_opening) as "opened!", count(*) filter (where not g.is_opening) as "closed!"
        from (
            select created_at as at, true as is_opening from qa_gaps where tenant_id = current_tenant_id()
            union all
            select closed_at, false from qa_gaps where tenant_id = current_tenant_id() and closed_at is not null
        ) g
        where g.at >= $3::date::timestamp at time zone $2 and g.at < ($4::date + 1)::timestamp at time zone $2
        group by 1"#,
        question.grain.as_str(),
        question.zone,
        days.from,
        days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.opened, row.closed))
        .collect())
}
