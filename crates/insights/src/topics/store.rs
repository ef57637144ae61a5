//! All SQL of finding topics.

use chrono::NaiveDate;
use kernel::ids::{ContactId, MessageId, TopicId};
use kernel::{Result, TenantTx};
use pgvector::Vector;
use uuid::Uuid;

/// The workspace's time, and how the last look was made.
pub struct State {
    pub time_zone: String,
    pub today: NaiveDate,
    pub hour: i32,
    pub last: Option<Last>,
}

pub struct Last {
    pub time_zone: String,
    pub embedder: String,
}

pub async fn state(tx: &mut TenantTx) -> Result<State> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select t.time_zone, ($1::timestamptz at time zone t.time_zone)::date as "today!",
            extract(hour from $1::timestamptz at time zone t.time_zone)::integer as "hour!",
            s.time_zone as "last_time_zone?", s.embedder as "last_embedder?"
        from tenants t
        left join topic_state s on s.tenant_id = t.tenant_id
        where t.tenant_id = current_tenant_id()"#,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(State {
        time_zone: row.time_zone,
        today: row.today,
        hour: row.hour,
        last: row
            .last_time_zone
            .zip(row.last_embedder)
            .map(|(time_zone, embedder)| Last { time_zone, embedder }),
    })
}

pub async fn set_state(tx: &mut TenantTx, time_zone: &str, embedder: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into topic_state (tenant_id, time_zone, embedder, made_at) values (current_tenant_id(), $1, $2, $3)
        on conflict (tenant_id) do update set time_zone = $1, embedder = $2, made_at = $3",
        time_zone,
        embedder,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The days that have to be looked at, the oldest first: those that are over and were not looked at since, and those that
/// have changed. A day is over an hour after its end: so late a message is still stored as a live one.
pub async fn due_days(tx: &mut TenantTx, today: NaiveDate, limit: i64) -> Result<Vec<NaiveDate>> {
    let days = sqlx::query_scalar!(
        r#"select day as "day!" from (
            select generate_series(
                greatest((t.created_at at time zone t.time_zone)::date, $1::date - 400), $1::date - 1, interval '1 day'
            )::date as day
            from tenants t
            where t.tenant_id = current_tenant_id()
            except
            select d.day from topic_days d
            join tenants t on t.tenant_id = d.tenant_id
            where d.tenant_id = current_tenant_id()
                and d.made_at >= (d.day + 1)::timestamp at time zone t.time_zone + interval '1 hour'
            union
            select c.day from topic_day_changes c where c.tenant_id = current_tenant_id() and c.day <= $1
        ) due
        order by day
        limit $2"#,
        today,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(days)
}

/// What says that a day has changed, to be taken away once it was looked at again.
pub async fn changes(tx: &mut TenantTx, day: NaiveDate) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "select id from topic_day_changes where tenant_id = current_tenant_id() and day = $1",
        day
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

pub async fn finish_day(tx: &mut TenantTx, day: NaiveDate, changes: &[Uuid]) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "delete from topic_day_changes where tenant_id = current_tenant_id() and id = any ($1)",
        changes
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into topic_days (tenant_id, day, made_at) values (current_tenant_id(), $1, $2)
        on conflict (tenant_id, day) do update set made_at = $2",
        day,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Cuts the days anew, by another time zone. They all have to be looked at again.
pub async fn move_days(tx: &mut TenantTx, time_zone: &str) -> Result<()> {
    sqlx::query!(
        "update topic_state set time_zone = $1 where tenant_id = current_tenant_id()",
        time_zone
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update topic_messages tm set day = (m.sent_at at time zone t.time_zone)::date
        from messages m
        join tenants t on t.tenant_id = m.tenant_id
        where tm.tenant_id = current_tenant_id() and m.tenant_id = tm.tenant_id and m.id = tm.message_id"
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into topic_day_changes (tenant_id, day)
        select tenant_id, day from topic_days where tenant_id = current_tenant_id()
        union
        select tenant_id, day from topic_messages where tenant_id = current_tenant_id()"
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from topic_days where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from topics_daily where tenant_id = current_tenant_id() and not is_imported")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A question of a visitor that has not been looked at.
pub struct Question {
    pub id: MessageId,
    pub person: ContactId,
    /// As the bot has understood it, or as it was written.
    pub text: String,
    pub language: Option<String>,
}

/// What visitors wrote on that day, without what the bot took for small talk.
pub async fn questions(tx: &mut TenantTx, day: NaiveDate, limit: i64) -> Result<Vec<Question>> {
    let questions = sqlx::query_as!(
        Question,
        r#"select m.id as "id: MessageId", c.contact_id as "person: ContactId",
            coalesce(nullif(a.question_text, ''), m.text_content) as "text!", c.language
        from tenants t
        join messages m on m.tenant_id = t.tenant_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join answers a on a.tenant_id = m.tenant_id and a.question_message_id = m.id
        where t.tenant_id = current_tenant_id() and m.sender_type = 'user' and m.text_content <> ''
            and m.sent_at >= $1::date::timestamp at time zone t.time_zone
            and m.sent_at < ($1::date + 1)::timestamp at time zone t.time_zone
            and a.mode is distinct from 'small_talk'
            and not exists (select from topic_messages tm where tm.tenant_id = m.tenant_id and tm.message_id = m.id)
        order by m.sent_at, m.id
        limit $2"#,
        day,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(questions)
}

/// A message that was looked at, with its vector.
pub struct Embedded {
    pub id: MessageId,
    pub person: ContactId,
    pub day: NaiveDate,
    pub vector: Vector,
}

/// Messages of these days that belonged to no topic, the newest, but the oldest of them first.
pub async fn homeless(
    tx: &mut TenantTx,
    from: NaiveDate,
    to: NaiveDate,
    limit: i64,
) -> Result<Vec<Embedded>> {
    let messages = sqlx::query_as!(
        Embedded,
        r#"select id as "id!: MessageId", person as "person!: ContactId", day as "day!", vector as "vector!: Vector" from (
            select tm.message_id as id, c.contact_id as person, tm.day, tm.embedding as vector, m.sent_at
            from topic_messages tm
            join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
            join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
            where tm.tenant_id = current_tenant_id() and tm.day between $1 and $2 and tm.topic_id is null
                and tm.embedding is not null
            order by m.sent_at desc, m.id desc
            limit $3
        ) newest
        order by sent_at, id"#,
        from,
        to,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(messages)
}

/// The newest messages of a topic that can be compared.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId, limit: i64) -> Result<Vec<Embedded>> {
    let messages = sqlx::query_as!(
        Embedded,
        r#"select tm.message_id as "id: MessageId", c.contact_id as "person: ContactId", tm.day, tm.embedding as "vector!: Vector"
        from topic_messages tm
        join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        where tm.tenant_id = current_tenant_id() and tm.topic_id = $1 and tm.embedding is not null
        order by tm.day desc, tm.message_id desc
        limit $2"#,
        topic.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(messages)
}

/// A message of a topic, for its keywords.
pub struct Said {
    pub topic: TopicId,
    pub person: ContactId,
    pub text: String,
    pub language: Option<String>,
}

/// The newest messages of each topic.
pub async fn said(tx: &mut TenantTx, of_each: i64) -> Result<Vec<Said>> {
    let said = sqlx::query_as!(
        Said,
        r#"select t.id as "topic: TopicId", s.person as "person!: ContactId", s.text as "text!", s.language
        from topics t
        cross join lateral (
            select c.contact_id as person, m.text_content as text, tm.language
            from topic_messages tm
            join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
            join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
            where tm.tenant_id = t.tenant_id and tm.topic_id = t.id
            order by tm.day desc, m.id desc
            limit $1
        ) s
        where t.tenant_id = current_tenant_id()
        order by t.number"#,
        of_each,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(said)
}

/// A topic as the work of finding topics knows it.
pub struct Known {
    pub id: TopicId,
    pub number: i32,
    pub label: String,
    pub label_origin: String,
    pub labelled_for: Vec<String>,
    pub keywords: Vec<String>,
    pub centroid: Option<Vector>,
    pub merged_into: Option<TopicId>,
    pub stays_apart: bool,
}

pub async fn topics(tx: &mut TenantTx) -> Result<Vec<Known>> {
    let topics = sqlx::query_as!(
        Known,
        r#"select id as "id: TopicId", number, label, label_origin, labelled_for, keywords, centroid as "centroid: Vector",
            merged_into as "merged_into: TopicId", stays_apart
        from topics
        where tenant_id = current_tenant_id()
        order by number"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(topics)
}

/// A new topic under the next number, which is its name for now.
pub async fn insert_topic(tx: &mut TenantTx, id: TopicId) -> Result<()> {
    sqlx::query!(
        "insert into topics (tenant_id, id, number, label)
        select current_tenant_id(), $1, next.number, '#' || next.number
        from (select coalesce(max(number), 0) + 1 as number from topics where tenant_id = current_tenant_id()) next",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is written down of a message that was looked at.
pub struct Looked {
    pub id: MessageId,
    pub topic: Option<TopicId>,
    pub language: Option<String>,
    pub vector: Vec<f32>,
}

/// A message may have gone meanwhile.
pub async fn insert_messages(tx: &mut TenantTx, day: NaiveDate, looked: Vec<Looked>) -> Result<()> {
    let mut columns = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for one in looked {
        columns.0.push(one.id.0);
        columns.1.push(one.topic.map(|topic| topic.0));
        columns.2.push(one.language);
        columns.3.push(Vector::from(one.vector));
    }
    sqlx::query(
        "insert into topic_messages (tenant_id, message_id, day, topic_id, language, embedding)
        select current_tenant_id(), l.id, $1, l.topic, l.language, l.vector
        from (select unnest($2::uuid[]) as id, unnest($3::uuid[]) as topic, unnest($4::text[]) as language,
            unnest($5::vector[]) as vector) l
        join messages m on m.tenant_id = current_tenant_id() and m.id = l.id
        for key share of m
        on conflict do nothing",
    )
    .bind(day)
    .bind(columns.0)
    .bind(columns.1)
    .bind(columns.2)
    .bind(columns.3)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn move_messages(tx: &mut TenantTx, messages: &[MessageId], topics: &[TopicId]) -> Result<()> {
    let messages: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    let topics: Vec<Uuid> = topics.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update topic_messages tm set topic_id = n.topic
        from (select unnest($1::uuid[]) as id, unnest($2::uuid[]) as topic) n
        where tm.tenant_id = current_tenant_id() and tm.message_id = n.id",
        &messages,
        &topics,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The means of these topics anew. One whose messages are all too old keeps what it had.
pub async fn renew_centroids(tx: &mut TenantTx, topics: &[TopicId]) -> Result<()> {
    let topics: Vec<Uuid> = topics.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update topics t set centroid = m.mean
        from (
            select topic_id, avg(embedding) as mean from topic_messages
            where tenant_id = current_tenant_id() and topic_id = any ($1) and embedding is not null
            group by topic_id
        ) m
        where t.tenant_id = current_tenant_id() and t.id = m.topic_id",
        &topics,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Vectors of another model cannot be compared with those to come.
pub async fn forget_vectors(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "update topics set centroid = null where tenant_id = current_tenant_id() and centroid is not null"
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update topic_messages set embedding = null where tenant_id = current_tenant_id() and embedding is not null")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Messages since that day without a vector, the newest of each topic.
pub async fn without_vectors(tx: &mut TenantTx, since: NaiveDate, of_each: i64) -> Result<Vec<Question>> {
    let questions = sqlx::query_as!(
        Question,
        r#"select id as "id!: MessageId", person as "person!: ContactId", text as "text!", language from (
            select m.id, c.contact_id as person, coalesce(nullif(a.question_text, ''), m.text_content) as text, tm.language,
                row_number() over (partition by tm.topic_id order by tm.day desc, m.id desc) as place
            from topic_messages tm
            join messages m on m.tenant_id = tm.tenant_id and m.id = tm.message_id
            join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
            left join answers a on a.tenant_id = m.tenant_id and a.question_message_id = m.id
            where tm.tenant_id = current_tenant_id() and tm.day >= $1 and tm.embedding is null
        ) newest
        where place <= $2
        order by id"#,
        since,
        of_each,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(questions)
}

pub async fn set_vectors(tx: &mut TenantTx, vectors: Vec<(MessageId, Vec<f32>)>) -> Result<()> {
    let (ids, vectors): (Vec<Uuid>, Vec<Vector>) = vectors
        .into_iter()
        .map(|(id, vector)| (id.0, Vector::from(vector)))
        .unzip();
    sqlx::query(
        "update topic_messages tm set embedding = v.vector
        from (select unnest($1::uuid[]) as id, unnest($2::vector[]) as vector) v
        where tm.tenant_id = current_tenant_id() and tm.message_id = v.id",
    )
    .bind(ids)
    .bind(vectors)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is too old to be compared needs no vector, and a topic that nobody has ever asked about any more is none, unless
/// a person has given it its name.
pub async fn tidy(tx: &mut TenantTx, since: NaiveDate) -> Result<()> {
    sqlx::query!(
        "update topic_messages set embedding = null
        where tenant_id = current_tenant_id() and day < $1 and embedding is not null",
        since
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from topics t
        where t.tenant_id = current_tenant_id() and t.label_origin <> 'person'
            and not exists (select from topic_messages tm where tm.tenant_id = t.tenant_id and tm.topic_id = t.id)
            and not exists (select from topics p where p.tenant_id = t.tenant_id and p.merged_into = t.id)"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn merge(tx: &mut TenantTx, part: TopicId, into: TopicId) -> Result<()> {
    sqlx::query!(
        "update topics set merged_into = $2 where tenant_id = current_tenant_id() and (id = $1 or merged_into = $1)",
        part.0,
        into.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a topic is called from now on, also on the days that were counted before.
pub async fn set_words(
    tx: &mut TenantTx,
    topic: TopicId,
    keywords: &[String],
    label: &str,
    origin: &str,
    labelled_for: &[String],
) -> Result<()> {
    sqlx::query!(
        "update topics set keywords = $2, label = $3, label_origin = $4, labelled_for = $5
        where tenant_id = current_tenant_id() and id = $1",
        topic.0,
        keywords,
        label,
        origin,
        labelled_for,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update topics_daily d set topic_label = left(t.label, 255), keywords = t.keywords
        from topics t
        where d.tenant_id = current_tenant_id() and t.tenant_id = d.tenant_id and t.id = $1 and d.topic_id = t.number
            and not d.is_imported",
        topic.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The days on which one of these topics was asked about.
pub async fn days_of(tx: &mut TenantTx, topics: &[TopicId]) -> Result<Vec<NaiveDate>> {
    let topics: Vec<Uuid> = topics.iter().map(|id| id.0).collect();
    let days = sqlx::query_scalar!(
        "select distinct day from topic_messages where tenant_id = current_tenant_id() and topic_id = any ($1)",
        &topics
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(days)
}

/// Counts these days anew: by topic, with the messages that are nearest to its mean.
pub async fn count_days(tx: &mut TenantTx, days: &[NaiveDate]) -> Result<()> {
    sqlx::query!(
        "delete from topics_daily d
        where d.tenant_id = current_tenant_id() and d.date = any ($1)
            and (not d.is_imported or exists (
                select from topic_messages m where m.tenant_id = d.tenant_id and m.day = d.date
            ))",
        days
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into topics_daily (tenant_id, date, topic_id, topic_label, keywords, message_count, percentage, sample_messages)
        select current_tenant_id(), day, number, left(label, 255), keywords, count(*), round(100.0 * count(*) / max(asked), 2),
            coalesce(jsonb_agg(message_id order by place) filter (where place <= 5), '[]')
        from (
            select tm.day, tm.message_id, r.number, r.label, r.keywords, count(*) over (partition by tm.day) as asked,
                row_number() over (
                    partition by tm.day, r.id
                    order by case when vector_dims(tm.embedding) = vector_dims(r.centroid) then tm.embedding <=> r.centroid end,
                        tm.message_id
                ) as place
            from topic_messages tm
            left join topics p on p.tenant_id = tm.tenant_id and p.id = tm.topic_id
            left join topics r on r.tenant_id = p.tenant_id and r.id = coalesce(p.merged_into, p.id)
            where tm.tenant_id = current_tenant_id() and tm.day = any ($1)
        ) asked_about
        where number is not null
        group by day, number, label, keywords",
        days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody wants to see what there is by now.
pub async fn request(tx: &mut TenantTx) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into topic_state (tenant_id, requested_at) values (current_tenant_id(), $1)
        on conflict (tenant_id) do update set requested_at = $1",
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
