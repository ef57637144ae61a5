//! All SQL of what is shown of topics. Messages of parts count for the topic that they belong to.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kernel::ids::{ChannelId, ConversationId, GapId, MessageId, QaPairId, TopicId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Answerer, Daily, Filter, TopicGap, TopicMessage, TopicPair, TopicSample};

pub struct State {
    pub time_zone: String,
    pub today: NaiveDate,
    pub made_at: Option<DateTime<Utc>>,
    pub is_running: bool,
}

/// A look that has not come to its end by then has failed.
const LONGEST_LOOK: TimeDelta = TimeDelta::minutes(15);

pub async fn state(tx: &mut TenantTx) -> Result<State> {
    let now = tx.now();
    let state = sqlx::query_as!(
        State,
        r#"select t.time_zone, ($1::timestamptz at time zone t.time_zone)::date as "today!", s.made_at as "made_at?",
            coalesce(s.requested_at > $2 and s.requested_at > coalesce(s.made_at, '-infinity'), false) as "is_running!"
        from tenants t
        left join topic_state s on s.tenant_id = t.tenant_id
        where t.tenant_id = current_tenant_id()"#,
        now,
        now - LONGEST_LOOK,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(state)
}

pub struct Totals {
    pub messages: i64,
    pub without_topic: i64,
}

pub async fn totals(tx: &mut TenantTx, filter: &Filter) -> Result<Totals> {
    let totals = sqlx::query_as!(
        Totals,
        r#"select count(*) as "messages!", count(*) filter (where tm.topic_id is null) as "without_topic!"
        from topic_messages tm
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(totals)
}

/// Written since the last look at their day.
pub async fn waiting(tx: &mut TenantTx, filter: &Filter) -> Result<i64> {
    let waiting = sqlx::query_scalar!(
        r#"select count(*) as "waiting!"
        from tenants t
        join messages m on m.tenant_id = t.tenant_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join topic_days d on d.tenant_id = m.tenant_id and d.day = (m.sent_at at time zone t.time_zone)::date
        left join answers a on a.tenant_id = m.tenant_id and a.question_message_id = m.id
        where t.tenant_id = current_tenant_id() and m.sender_type = 'user' and m.text_content <> ''
            and m.sent_at >= $1::date::timestamp at time zone t.time_zone
            and m.sent_at < ($2::date + 1)::timestamp at time zone t.time_zone
            and (d.made_at is null or d.made_at < m.sent_at) and a.mode is distinct from 'small_talk'
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(c.language, 'und') = $4)
            and not exists (select from topic_messages tm where tm.tenant_id = m.tenant_id and tm.message_id = m.id)"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(waiting)
}

/// A topic that is part of none.
pub struct Root {
    pub id: TopicId,
    pub number: i32,
    pub label: String,
    pub label_origin: String,
    pub keywords: Vec<String>,
    pub is_hidden: bool,
}

pub async fn roots(tx: &mut TenantTx, only: Option<TopicId>) -> Result<Vec<Root>> {
    let roots = sqlx::query_as!(
        Root,
        r#"select id as "id: TopicId", number, label, label_origin, keywords, is_hidden
        from topics
        where tenant_id = current_tenant_id() and merged_into is null and ($1::uuid is null or id = $1)"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(roots)
}

pub async fn find_root(tx: &mut TenantTx, id: TopicId) -> Result<Option<TopicId>> {
    let root = sqlx::query_scalar!(
        r#"select coalesce(merged_into, id) as "root!: TopicId" from topics where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(root)
}

pub struct PartOf {
    pub topic: TopicId,
    pub id: TopicId,
    pub label: String,
}

pub async fn parts(tx: &mut TenantTx, only: Option<TopicId>) -> Result<Vec<PartOf>> {
    let parts = sqlx::query_as!(
        PartOf,
        r#"select merged_into as "topic!: TopicId", id as "id: TopicId", label
        from topics
        where tenant_id = current_tenant_id() and merged_into is not null and ($1::uuid is null or merged_into = $1)
        order by number"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(parts)
}

pub struct Counts {
    pub topic: TopicId,
    pub messages: i64,
    pub conversations: i64,
    pub visitors: i64,
    pub bot: i64,
    pub declined: i64,
    pub person: i64,
    pub nobody: i64,
    pub up: i64,
    pub down: i64,
}

impl Counts {
    pub fn none(topic: TopicId) -> Self {
        Self {
            topic,
            messages: 0,
            conversations: 0,
            visitors: 0,
            bot: 0,
            declined: 0,
            person: 0,
            nobody: 0,
            up: 0,
            down: 0,
        }
    }
}

/// Who replied is the sender of the next message that is not the visitor's.
pub async fn counts(tx: &mut TenantTx, filter: &Filter, only: Option<TopicId>) -> Result<Vec<Counts>> {
    let counts = sqlx::query_as!(
        Counts,
        r#"select p.root as "topic!: TopicId", count(*) as "messages!", count(distinct c.id) as "conversations!",
            count(distinct c.contact_id) as "visitors!",
            count(*) filter (where topics_answerer(n.sender_type, n.mode, n.actions) = 'bot') as "bot!",
            count(*) filter (where topics_answerer(n.sender_type, n.mode, n.actions) = 'declined') as "declined!",
            count(*) filter (where topics_answerer(n.sender_type, n.mode, n.actions) = 'person') as "person!",
            count(*) filter (where topics_answerer(n.sender_type, n.mode, n.actions) = 'nobody') as "nobody!",
            count(*) filter (where n.question_message_id = m.id and n.feedback = 'up') as "up!",
            count(*) filter (where n.question_message_id = m.id and n.feedback = 'down') as "down!"
        from (
            select tenant_id, id, coalesce(merged_into, id) as root from topics where tenant_id = current_tenant_id()
        ) p
        join topic_messages tm on tm.tenant_id = p.tenant_id and tm.topic_id = p.id
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join lateral (
            select r.sender_type, a.mode, a.actions, a.question_message_id, a.feedback
            from messages r
            left join answers a on a.tenant_id = r.tenant_id and a.id = r.id
            where r.tenant_id = m.tenant_id and r.conversation_id = m.conversation_id and r.seq > m.seq
                and r.sender_type in ('ai', 'agent')
            order by r.seq
            limit 1
        ) n on true
        where tm.day between $1 and $2 and ($3::uuid is null or c.channel_id = $3)
            and ($4::text is null or coalesce(tm.language, 'und') = $4) and ($5::uuid is null or p.root = $5)
        group by p.root"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(counts)
}

pub struct Day {
    pub topic: TopicId,
    pub day: NaiveDate,
    pub messages: i64,
}

pub async fn days(tx: &mut TenantTx, filter: &Filter, only: Option<TopicId>) -> Result<Vec<Day>> {
    let days = sqlx::query_as!(
        Day,
        r#"select coalesce(p.merged_into, p.id) as "topic!: TopicId", tm.day as "day!", count(*) as "messages!"
        from topic_messages tm
        join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
            and ($5::uuid is null or coalesce(p.merged_into, p.id) = $5)
        group by 1, 2"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(days)
}

pub struct Spoken {
    pub topic: TopicId,
    pub language: String,
}

/// The languages of each topic, the most used first.
pub async fn languages(tx: &mut TenantTx, filter: &Filter, only: Option<TopicId>) -> Result<Vec<Spoken>> {
    let spoken = sqlx::query_as!(
        Spoken,
        r#"select coalesce(p.merged_into, p.id) as "topic!: TopicId", coalesce(tm.language, 'und') as "language!"
        from topic_messages tm
        join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
            and ($5::uuid is null or coalesce(p.merged_into, p.id) = $5)
        group by 1, 2
        order by count(*) desc, 2"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(spoken)
}

pub struct Gaps {
    pub topic: TopicId,
    pub gaps: i64,
}

pub async fn open_gaps(tx: &mut TenantTx, filter: &Filter, only: Option<TopicId>) -> Result<Vec<Gaps>> {
    let gaps = sqlx::query_as!(
        Gaps,
        r#"select coalesce(p.merged_into, p.id) as "topic!: TopicId", count(distinct g.id) as "gaps!"
        from topic_messages tm
        join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
        join gap_occurrences o on o.tenant_id = tm.tenant_id and o.message_id = tm.message_id
        join qa_gaps g on g.tenant_id = o.tenant_id and g.id = o.gap_id and g.status = 'open'
        join conversations c on c.tenant_id = o.tenant_id and c.id = o.conversation_id
        where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
            and ($5::uuid is null or coalesce(p.merged_into, p.id) = $5)
        group by 1"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

pub struct First {
    pub topic: TopicId,
    pub day: NaiveDate,
}

pub async fn first_days(tx: &mut TenantTx, only: Option<TopicId>) -> Result<Vec<First>> {
    let firsts = sqlx::query_as!(
        First,
        r#"select coalesce(p.merged_into, p.id) as "topic!: TopicId", min(f.day) as "day!"
        from topics p
        cross join lateral (
            select tm.day from topic_messages tm
            where tm.tenant_id = p.tenant_id and tm.topic_id = p.id
            order by tm.day
            limit 1
        ) f
        where p.tenant_id = current_tenant_id() and ($1::uuid is null or coalesce(p.merged_into, p.id) = $1)
        group by 1"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(firsts)
}

/// Those that the days' counts name as typical first, the newest of them.
pub async fn samples(tx: &mut TenantTx, filter: &Filter, topic: TopicId) -> Result<Vec<TopicSample>> {
    let samples = sqlx::query_as!(
        TopicSample,
        r#"select m.id as "message_id!: MessageId", m.conversation_id as "conversation_id!: ConversationId",
            left(m.text_content, 300) as "text!", tm.language, m.sent_at as "sent_at!"
        from topics p
        join topic_messages tm on tm.tenant_id = p.tenant_id and tm.topic_id = p.id
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join topics r on r.tenant_id = p.tenant_id and r.id = $5
        left join topics_daily d on d.tenant_id = r.tenant_id and d.date = tm.day and d.topic_id = r.number
            and not d.is_imported
        where p.tenant_id = current_tenant_id() and coalesce(p.merged_into, p.id) = $5 and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
        order by coalesce(d.sample_messages ? m.id::text, false) desc, tm.day desc, m.id desc
        limit 5"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        topic.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(samples)
}

pub async fn gaps(tx: &mut TenantTx, filter: &Filter, topic: TopicId) -> Result<Vec<TopicGap>> {
    let gaps = sqlx::query_as!(
        TopicGap,
        r#"select g.id as "id: GapId", g.cluster_id as "cluster_id: GapId", g.question, g.times_asked, g.status
        from qa_gaps g
        where g.tenant_id = current_tenant_id() and g.status = 'open' and exists (
            select from gap_occurrences o
            join topic_messages tm on tm.tenant_id = o.tenant_id and tm.message_id = o.message_id
            join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
            join conversations c on c.tenant_id = o.tenant_id and c.id = o.conversation_id
            where o.tenant_id = g.tenant_id and o.gap_id = g.id and coalesce(p.merged_into, p.id) = $5
                and tm.day between $1 and $2 and ($3::uuid is null or c.channel_id = $3)
                and ($4::text is null or coalesce(tm.language, 'und') = $4)
        )
        order by g.times_asked desc, g.last_asked_at desc, g.id
        limit 20"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        topic.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

pub async fn qa_pairs(tx: &mut TenantTx, filter: &Filter, topic: TopicId) -> Result<Vec<TopicPair>> {
    let pairs = sqlx::query_as!(
        TopicPair,
        r#"select q.id as "id: QaPairId", q.question, count(*) as "uses!"
        from topics p
        join topic_messages tm on tm.tenant_id = p.tenant_id and tm.topic_id = p.id
        join answers a on a.tenant_id = tm.tenant_id and a.question_message_id = tm.message_id
        join conversations c on c.tenant_id = a.tenant_id and c.id = a.conversation_id
        join qa_pair_uses u on u.tenant_id = a.tenant_id and u.answer_id = a.id
        join qa_pairs q on q.tenant_id = u.tenant_id and q.id = u.qa_pair_id
        where p.tenant_id = current_tenant_id() and coalesce(p.merged_into, p.id) = $5 and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
        group by q.id, q.question
        order by count(*) desc, q.id
        limit 10"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        topic.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(pairs)
}

/// A topic's messages, the newest first; without a topic those that have none.
pub async fn messages(
    tx: &mut TenantTx,
    filter: &Filter,
    topic: Option<TopicId>,
    answered: Option<Answerer>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<TopicMessage>> {
    let messages = sqlx::query_as!(
        TopicMessage,
        r#"select m.id as "message_id!: MessageId", m.conversation_id as "conversation_id!: ConversationId",
            c.channel_id as "channel_id!: ChannelId", m.text_content as "text!", tm.language, m.sent_at as "sent_at!",
            topics_answerer(n.sender_type, n.mode, n.actions) as "answered!: Answerer"
        from topic_messages tm
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
        left join lateral (
            select r.sender_type, a.mode, a.actions
            from messages r
            left join answers a on a.tenant_id = r.tenant_id and a.id = r.id
            where r.tenant_id = m.tenant_id and r.conversation_id = m.conversation_id and r.seq > m.seq
                and r.sender_type in ('ai', 'agent')
            order by r.seq
            limit 1
        ) n on true
        where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2
            and ($3::uuid is null or c.channel_id = $3) and ($4::text is null or coalesce(tm.language, 'und') = $4)
            and coalesce(p.merged_into, p.id) is not distinct from $5
            and ($6::text is null or topics_answerer(n.sender_type, n.mode, n.actions) = $6)
            and ($7::timestamptz is null or (m.sent_at, m.id) < ($7, $8::uuid))
        order by m.sent_at desc, m.id desc
        limit $9"#,
        filter.from,
        filter.to,
        filter.channel.map(|id| id.0),
        filter.language,
        topic.map(|id| id.0),
        answered as Option<Answerer>,
        after.map(|after| after.at),
        after.map(|after| after.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(messages)
}

pub async fn daily(tx: &mut TenantTx, from: NaiveDate, to: NaiveDate) -> Result<Vec<Daily>> {
    let rows = sqlx::query!(
        r#"select date, topic_id, topic_label, keywords, coalesce(message_count, 0) as "message_count!",
            coalesce(percentage, 0)::float8 as "percentage!", coalesce(sample_messages, '[]') as "sample_messages!: Json<Vec<Uuid>>"
        from topics_daily
        where tenant_id = current_tenant_id() and date between $1 and $2
        order by date desc, message_count desc, topic_id"#,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let daily = rows.into_iter().map(|row| Daily {
        date: row.date,
        topic_id: row.topic_id,
        topic_label: row.topic_label,
        keywords: row.keywords.unwrap_or_default(),
        message_count: row.message_count,
        percentage: row.percentage,
        sample_messages: row.sample_messages.0.into_iter().map(MessageId).collect(),
    });
    Ok(daily.collect())
}

pub struct Named {
    pub number: i32,
    pub keywords: Vec<String>,
}

pub async fn named(tx: &mut TenantTx, id: TopicId) -> Result<Named> {
    let topic = sqlx::query_as!(
        Named,
        "select number, keywords from topics where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(topic)
}

pub async fn set_hidden(tx: &mut TenantTx, id: TopicId, is_hidden: bool) -> Result<()> {
    sqlx::query!(
        "update topics set is_hidden = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        is_hidden
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a part out of what it is part of. False: it is part of nothing.
pub async fn separate(tx: &mut TenantTx, id: TopicId) -> Result<bool> {
    let done = sqlx::query!(
        "update topics set merged_into = null, stays_apart = true
        where tenant_id = current_tenant_id() and id = $1 and merged_into is not null",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All that changes topics by hand comes one after another.
pub async fn lock(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("select id from topics where tenant_id = current_tenant_id() order by id for no key update")
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}
