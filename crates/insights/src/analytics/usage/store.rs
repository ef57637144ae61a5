//! All SQL for what the models did and cost.

use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use crate::analytics::answers::store::push_given_on;
use crate::analytics::filter::Question;
use crate::analytics::range::Days;
use crate::analytics::report::{Measured, as_number};

/// Of days of UTC, as the budget is kept.
pub struct Spent {
    pub model_calls: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost: f64,
}

pub async fn spent(tx: &mut TenantTx, days: Days) -> Result<Spent> {
    let spent = sqlx::query_as!(
        Spent,
        r#"select coalesce(sum(model_calls), 0)::bigint as "model_calls!", coalesce(sum(input_tokens), 0)::bigint as "input_tokens!",
            coalesce(sum(output_tokens), 0)::bigint as "output_tokens!", coalesce(sum(cost), 0)::float8 as "cost!"
        from usage_daily
        where tenant_id = current_tenant_id() and day between $1 and $2"#,
        days.from,
        days.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(spent)
}

/// By the first day of each part.
pub async fn spent_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, Spent)>> {
    let rows = sqlx::query!(
        r#"select greatest(date_trunc($1, day::timestamp)::date, $2::date)::text as "key!",
            sum(model_calls)::bigint as "model_calls!", sum(input_tokens)::bigint as "input_tokens!",
            sum(output_tokens)::bigint as "output_tokens!", sum(cost)::float8 as "cost!"
        from usage_daily
        where tenant_id = current_tenant_id() and day between $2 and $3
        group by 1"#,
        question.grain.as_str(),
        days.from,
        days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let spent = rows.into_iter().map(|row| {
        let spent = Spent {
            model_calls: row.model_calls,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost: row.cost,
        };
        (row.key, spent)
    });
    Ok(spent.collect())
}

/// Whether any price of a model is set: without one a cost of nothing says nothing.
pub async fn has_prices(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from llm_credentials
            where tenant_id = current_tenant_id() and (input_price is not null or output_price is not null)
        ) as "found!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

const ANSWERS: &str = " from answers a
    join analytics_conversations f on f.tenant_id = a.tenant_id and f.conversation_id = a.conversation_id";
/// From the message that a reply answers to the reply.
const WAITED: &str = " cross join lateral (
        select greatest(extract(epoch from said.sent_at - asked.sent_at), 0)::float8 as seconds
        from messages said, messages asked
        where said.tenant_id = a.tenant_id and said.id = a.id
            and asked.tenant_id = a.tenant_id and asked.id = a.question_message_id
    ) waited";

/// The first day of each part, a model, and its tokens.
pub async fn tokens_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, String, i64)>> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_part(&mut query, question, days);
    query
        .push(", a.model, sum(a.input_tokens + a.output_tokens)::bigint")
        .push(ANSWERS);
    push_given_on(&mut query, question, days);
    query.push(" and a.model is not null group by 1, 2");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_part(query: &mut QueryBuilder<Postgres>, question: &Question, days: Days) {
    query
        .push("greatest(date_trunc(")
        .push_bind(question.grain.as_str())
        .push(", a.created_at at time zone ")
        .push_bind(question.zone.clone())
        .push(")::date, ")
        .push_bind(days.from)
        .push("::date)::text");
}

/// The median, and what 95 of 100 stay below.
pub async fn answer_times(tx: &mut TenantTx, question: &Question, days: Days) -> Result<[Measured; 2]> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select count(*), percentile_cont(0.5) within group (order by waited.seconds),
            percentile_cont(0.95) within group (order by waited.seconds)",
    );
    query.push(ANSWERS).push(WAITED);
    push_given_on(&mut query, question, days);
    let row: (i64, Option<f64>, Option<f64>) = query.build_query_as().fetch_one(&mut **tx).await?;
    let measured = |value| Measured {
        part: None,
        whole: Some(as_number(row.0)),
        value,
    };
    Ok([measured(row.1), measured(row.2)])
}

pub async fn answer_times_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, Option<f64>, Option<f64>)>> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_part(&mut query, question, days);
    query
        .push(
            ", percentile_cont(0.5) within group (order by waited.seconds),
            percentile_cont(0.95) within group (order by waited.seconds)",
        )
        .push(ANSWERS)
        .push(WAITED);
    push_given_on(&mut query, question, days);
    query.push(" group by 1");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}
