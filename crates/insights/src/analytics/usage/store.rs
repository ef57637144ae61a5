//! All SQL for what the models did and cost.

use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use crate::analytics::answers::store::push_given_on;
use crate::analytics::conversations::store::push_part;
use crate::analytics::filter::Question;
use crate::analytics::range::Days;
use crate::analytics::report::{Measured, as_number};

/// Of days of UTC with one currency, as the budget is kept.
pub struct Spent {
    pub currency: String,
    pub model_calls: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// Null: some calls had no price.
    pub cost: Option<f64>,
}

pub async fn spent(tx: &mut TenantTx, days: Days) -> Result<Vec<Spent>> {
    let spent = sqlx::query_as!(
        Spent,
        r#"select currency, sum(model_calls)::bigint as "model_calls!", sum(input_tokens)::bigint as "input_tokens!",
            sum(output_tokens)::bigint as "output_tokens!",
            case when sum(unpriced_calls) = 0 then sum(cost)::float8 end as cost
        from usage_daily
        where tenant_id = current_tenant_id() and day between $1 and $2
        group by currency"#,
        days.from,
        days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(spent)
}

/// The first day of each part of the range, a currency, and the cost; null: some calls had no price.
pub async fn cost_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, String, Option<f64>)>> {
    let rows = sqlx::query!(
        r#"select analytics_part(day, $1, $2, $3, $4) as "key!", currency,
            case when sum(unpriced_calls) = 0 then sum(cost)::float8 end as cost
        from usage_daily
        where tenant_id = current_tenant_id() and day between $5 and $6
        group by 1, 2"#,
        question.behind(days),
        question.grain.as_str(),
        question.days.from,
        question.days.to,
        days.from,
        days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let costs = rows.into_iter().map(|row| (row.key, row.currency, row.cost));
    Ok(costs.collect())
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
    push_part(&mut query, question, days, "a.created_at");
    query
        .push(", a.model, sum(a.input_tokens + a.output_tokens)::bigint")
        .push(ANSWERS);
    push_given_on(&mut query, question, days);
    query.push(" and a.model is not null group by 1, 2");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
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
    push_part(&mut query, question, days, "a.created_at");
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
