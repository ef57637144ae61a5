//! All SQL for what answers to gaps have brought.

use kernel::ids::{GapId, QaPairId};
use kernel::page::Position;
use kernel::{Result, TenantTx};

use super::Effect;
use crate::measures;

/// By the time of the answer, the newest first.
pub async fn list(tx: &mut TenantTx, after: Option<Position>, limit: i64) -> Result<Vec<Effect>> {
    let rows = sqlx::query!(
        r#"with closed as (
            select resolved_qa_id as pair, min(cluster_id::text)::uuid as cluster_id, count(*) as gap_count, min(closed_at) as since,
                min(created_at) as first_asked_at, array_agg(distinct cluster_id) as clusters, array_agg(lower(question)) as wordings
            from qa_gaps
            where tenant_id = current_tenant_id() and status = 'resolved' and resolved_qa_id is not null
            group by resolved_qa_id
        ),
        shown as (
            select * from closed
            where $1::timestamptz is null or (since, pair) < ($1, $2::uuid)
            order by since desc, pair desc
            limit $3
        )
        select c.cluster_id as "cluster_id!: GapId", c.pair as "pair!: QaPairId", q.question, c.gap_count as "gap_count!", c.since as "since!",
            o.before as "before!", o.after as "after!", a.answered as "answered!", a.up as "up!", a.down as "down!"
        from shown c
        join qa_pairs q on q.tenant_id = current_tenant_id() and q.id = c.pair
        cross join lateral (
            select count(*) filter (where o.asked_at < c.since and o.asked_at > c.since - interval '30 days') as before,
                count(*) filter (where o.asked_at > c.since) as after
            from qa_gaps g
            join gap_occurrences o on o.tenant_id = g.tenant_id and o.gap_id = g.id
            where g.tenant_id = current_tenant_id() and g.cluster_id = any(c.clusters) and g.status <> 'dismissed'
        ) o
        cross join lateral (
            select count(*) as answered, count(*) filter (where a.feedback = 'up') as up, count(*) filter (where a.feedback = 'down') as down
            from qa_pair_uses u
            join answers a on a.tenant_id = u.tenant_id and a.id = u.answer_id
            where u.tenant_id = current_tenant_id() and u.qa_pair_id = c.pair and u.used_at > c.since
                and a.mode in ('model', 'approved_text')
                and (q.created_at >= c.first_asked_at or lower(a.question_text) = any(c.wordings))
        ) a
        order by c.since desc, c.pair desc"#,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let effects = rows.into_iter().map(|row| {
        let asked = (row.answered + row.after) as f64;
        let share = (asked > 0.0).then(|| measures::share(row.answered as f64 / asked, asked));
        Effect {
            cluster_id: row.cluster_id,
            qa_pair_id: row.pair,
            question: row.question,
            gap_count: row.gap_count,
            since: row.since,
            in_vain_before: row.before,
            in_vain_after: row.after,
            answered_after: row.answered,
            thumbs_up: row.up,
            thumbs_down: row.down,
            share: share.map(|share| share.value),
            low: share.map(|share| share.low),
            high: share.map(|share| share.high),
        }
    });
    Ok(effects.collect())
}
