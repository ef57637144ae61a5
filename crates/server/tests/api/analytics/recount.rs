//! The figures of analytics, counted anew from raw rows: plainly, in a program, and not as the product does it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::PgConnection;
use testkit::Tenant;

const ROWS: &str = "
    select jsonb_build_object(
        'conversations', (select coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object(
            'day', (c.created_at at time zone t.time_zone)::date, 'began', extract(epoch from c.created_at),
            'resolved', extract(epoch from c.resolved_at),
            'hour', extract(isodow from c.created_at at time zone t.time_zone) || '-' || extract(hour from c.created_at at time zone t.time_zone)
            ) order by c.id), '[]') from conversations c where c.tenant_id = t.tenant_id),
        'messages', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'conversation', m.conversation_id, 'by', m.sender_type,
            'who', m.sender_user_id, 'at', extract(epoch from m.sent_at), 'day', (m.sent_at at time zone t.time_zone)::date,
            'month', date_trunc('month', m.sent_at at time zone t.time_zone)::date) order by m.conversation_id, m.seq), '[]')
            from messages m where m.tenant_id = t.tenant_id),
        'answers', (select coalesce(jsonb_object_agg(a.id, to_jsonb(a) || jsonb_build_object(
            'day', (a.created_at at time zone t.time_zone)::date)), '{}') from answers a where a.tenant_id = t.tenant_id),
        'entries', (select coalesce(jsonb_agg(jsonb_build_object('id', q.id, 'day', (q.created_at at time zone t.time_zone)::date)), '[]')
            from qa_pairs q where q.tenant_id = t.tenant_id and q.is_active),
        'uses', (select coalesce(jsonb_agg(jsonb_build_object('entry', u.qa_pair_id, 'answer', u.answer_id)), '[]')
            from qa_pair_uses u where u.tenant_id = t.tenant_id),
        'usage', (select coalesce(jsonb_agg(to_jsonb(u)), '[]') from usage_daily u where u.tenant_id = t.tenant_id),
        'escalations', (select coalesce(jsonb_agg(jsonb_build_object('conversation', e.conversation_id, 'reason', e.reason,
            'at', extract(epoch from e.created_at)) order by e.created_at, e.id), '[]') from escalations e where e.tenant_id = t.tenant_id),
        'events', (select coalesce(jsonb_agg(jsonb_build_object('conversation', e.conversation_id, 'kind', e.kind,
            'at', extract(epoch from e.created_at)) order by e.created_at, e.id), '[]')
            from conversation_events e where e.tenant_id = t.tenant_id),
        'gaps', (select coalesce(jsonb_agg(jsonb_build_object('cluster', g.cluster_id,
            'opened', (g.created_at at time zone t.time_zone)::date,
            'closed', (g.closed_at at time zone t.time_zone)::date)), '[]') from qa_gaps g where g.tenant_id = t.tenant_id),
        'deals', (select coalesce(jsonb_agg(to_jsonb(d) || jsonb_build_object('day', (d.created_at at time zone t.time_zone)::date,
            'month', date_trunc('month', d.created_at at time zone t.time_zone)::date)), '[]') from crm_deals d where d.tenant_id = t.tenant_id),
        'orders', (select coalesce(jsonb_agg(to_jsonb(o) || jsonb_build_object('day', (o.order_date at time zone t.time_zone)::date)), '[]')
            from crm_orders o where o.tenant_id = t.tenant_id),
        'currency', t.currency,
        'now', extract(epoch from now())
    )
    from tenants t, set_config('app.current_tenant_id', $1::uuid::text, false) s
    where t.tenant_id = s.s::uuid";

pub async fn rows(owner: &mut PgConnection, tenant: &Tenant) -> Value {
    sqlx::query_scalar(ROWS)
        .bind(tenant.id)
        .fetch_one(owner)
        .await
        .expect("rows")
}

pub fn list<'a>(rows: &'a Value, what: &str) -> &'a Vec<Value> {
    rows[what].as_array().unwrap_or_else(|| panic!("no {what}"))
}

pub fn text<'a>(row: &'a Value, what: &str) -> &'a str {
    row[what].as_str().unwrap_or_default()
}

pub fn number(row: &Value, what: &str) -> Option<f64> {
    row[what].as_f64()
}

/// What a conversation came to.
#[derive(Debug, Clone, Default)]
pub struct Story {
    pub id: String,
    pub day: String,
    pub hour: String,
    pub channel: String,
    pub outcome: &'static str,
    pub language: String,
    pub has_bot: bool,
    pub handed_over: Option<String>,
    pub known: f64,
    pub unknown: f64,
    pub confidences: Vec<f64>,
    pub up: f64,
    pub down: f64,
    pub rating: Option<f64>,
    pub first_reply: Option<f64>,
    pub bot_reply: Option<f64>,
    pub person_reply: Option<f64>,
    pub bot_solved: Option<f64>,
    pub person_solved: Option<f64>,
    pub people: BTreeSet<String>,
    pub first_resolved: Option<f64>,
    pub durable: Option<f64>,
    pub was_reopened: bool,
}

const WEEK: f64 = 7.0 * 86_400.0;

fn of<'a>(rows: &'a Value, what: &str, conversation: &str) -> Vec<&'a Value> {
    let all = list(rows, what).iter();
    all.filter(|row| text(row, "conversation") == conversation)
        .collect()
}

fn is_unknown(answer: &Value) -> bool {
    answer["mode"] == "no_answer" || answer["gap_detected"] == true
}

pub fn stories(rows: &Value) -> Vec<Story> {
    let said: BTreeSet<&str> = list(rows, "messages")
        .iter()
        .map(|message| text(message, "conversation"))
        .collect();
    let conversations = list(rows, "conversations").iter();
    conversations
        .filter(|conversation| said.contains(text(conversation, "id")))
        .map(|conversation| story(rows, conversation))
        .collect()
}

fn story(rows: &Value, conversation: &Value) -> Story {
    let id = text(conversation, "id");
    let messages = of(rows, "messages", id);
    let mut story = Story {
        id: id.to_owned(),
        day: text(conversation, "day").to_owned(),
        hour: text(conversation, "hour").to_owned(),
        channel: text(conversation, "channel_id").to_owned(),
        language: conversation["language"].as_str().unwrap_or("none").to_owned(),
        rating: number(conversation, "rating"),
        ..Story::default()
    };
    let mut asked = None;
    let (mut last_bot, mut last_known) = (None, None);
    let mut has_person = false;
    let mut person_at = None;
    for message in &messages {
        let at = number(message, "at").expect("a time");
        match text(message, "by") {
            "user" => asked = asked.or(Some(at)),
            "agent" => {
                has_person = true;
                story.people.extend(message["who"].as_str().map(str::to_owned));
                if let Some(asked) = asked {
                    story.first_reply.get_or_insert(f64::max(at - asked, 0.0));
                    person_at.get_or_insert(at);
                }
            }
            "ai" => {
                story.has_bot = true;
                last_bot = Some(at);
                if let Some(asked) = asked {
                    story.first_reply.get_or_insert(f64::max(at - asked, 0.0));
                    story.bot_reply.get_or_insert(f64::max(at - asked, 0.0));
                }
                let answer = &rows["answers"][text(message, "id")];
                if answer.is_null() {
                    last_known = Some(true);
                    continue;
                }
                // what answers nothing says nothing of what was known
                match text(answer, "mode") {
                    _ if is_unknown(answer) => last_known = Some(false),
                    "model" | "approved_text" | "webhook" | "order" => last_known = Some(true),
                    _ => {}
                }
                note_answer(&mut story, answer);
            }
            _ => {}
        }
    }
    let escalations = of(rows, "escalations", id);
    story.handed_over = escalations.first().map(|first| text(first, "reason").to_owned());
    let handed_at = escalations.first().and_then(|first| number(first, "at"));
    if let (Some(asked), Some(at)) = (asked, person_at) {
        let since = handed_at
            .filter(|handed| (asked..=at).contains(handed))
            .unwrap_or(asked);
        story.person_reply = Some(f64::max(at - since, 0.0));
    }
    let is_called = story.handed_over.is_some();
    story.outcome = match (story.has_bot, has_person) {
        (true, true) => "handed_over",
        (true, false) if is_called => "handed_over",
        (true, false) if last_known == Some(true) => "bot",
        (false, true) => "person",
        _ => "unanswered",
    };
    if story.outcome == "bot" {
        story.bot_solved = last_bot
            .zip(asked)
            .map(|(last, asked)| f64::max(last - asked, 0.0));
    }
    note_events(&mut story, conversation, &of(rows, "events", id));
    if has_person {
        let began = number(conversation, "began").expect("a time");
        story.person_solved = story.first_resolved.map(|at| f64::max(at - began, 0.0));
    }
    story
}

/// An answer to a question, and not that there is none.
pub fn is_known(answer: &Value) -> bool {
    ["model", "approved_text", "webhook", "order"].contains(&text(answer, "mode")) && !is_unknown(answer)
}

fn note_answer(story: &mut Story, answer: &Value) {
    if is_known(answer) {
        story.known += 1.0;
    }
    if is_unknown(answer) {
        story.unknown += 1.0;
    }
    if ["model", "approved_text", "no_answer"].contains(&text(answer, "mode")) {
        story.confidences.extend(number(answer, "confidence"));
    }
    match answer["feedback"].as_str() {
        Some("up") => story.up += 1.0,
        Some("down") => story.down += 1.0,
        _ => {}
    }
}

fn note_events(story: &mut Story, conversation: &Value, events: &[&Value]) {
    let mut resolutions: Vec<(f64, Option<f64>)> = Vec::new();
    for event in events {
        let at = number(event, "at").expect("a time");
        match text(event, "kind") {
            "resolved" => resolutions.push((at, None)),
            "reopened" | "escalated" => {
                story.was_reopened |= event["kind"] == "reopened";
                for resolution in &mut resolutions {
                    resolution.1.get_or_insert(at);
                }
            }
            _ => {}
        }
    }
    if resolutions.is_empty() {
        resolutions.extend(number(conversation, "resolved").map(|at| (at, None)));
    }
    story.first_resolved = resolutions.first().map(|(at, _)| *at);
    let lasting = resolutions
        .iter()
        .filter(|(at, left)| left.is_none_or(|left| left >= at + WEEK));
    story.durable = lasting.map(|(at, _)| at + WEEK).reduce(f64::min);
}

/// Between the two nearest.
pub fn percentile(values: impl Iterator<Item = f64>, at: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let place = at * (values.len().checked_sub(1)? as f64);
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// Part and whole of a percentage, by the conversations of each.
pub type Parts = (Vec<String>, Vec<String>);

/// The shares that are counted in conversations.
pub fn shares(stories: &[&Story], now: f64) -> BTreeMap<&'static str, Parts> {
    let ids = |is_in: &dyn Fn(&Story) -> bool| -> Vec<String> {
        let found = stories.iter().filter(|story| is_in(story));
        found.map(|story| story.id.clone()).collect()
    };
    let share = |part: &dyn Fn(&Story) -> bool, whole: &dyn Fn(&Story) -> bool| -> Parts {
        (ids(&|story| whole(story) && part(story)), ids(whole))
    };
    BTreeMap::from([
        ("automation_rate", share(&|s| s.outcome == "bot", &|_| true)),
        ("involvement_rate", share(&|s| s.has_bot, &|_| true)),
        ("resolution_rate", share(&|s| s.outcome == "bot", &|s| s.has_bot)),
        (
            "hand_over_rate",
            share(&|s| s.handed_over.is_some(), &|s| s.has_bot),
        ),
        (
            "satisfaction",
            share(&|s| s.rating >= Some(4.0), &|s| s.rating.is_some()),
        ),
        (
            "reopened_rate",
            share(&|s| s.was_reopened, &|s| s.first_resolved.is_some()),
        ),
        (
            "durable_resolution_rate",
            share(&|s| s.durable.is_some_and(|at| at <= now), &|s| {
                s.first_resolved.is_some_and(|at| at + WEEK <= now)
            }),
        ),
    ])
}

/// The shares that are counted in answers.
pub fn ratios(stories: &[&Story]) -> BTreeMap<&'static str, (f64, f64)> {
    let sum = |of: &dyn Fn(&Story) -> f64| stories.iter().map(|story| of(story)).sum::<f64>();
    BTreeMap::from([
        ("answer_rate", (sum(&|s| s.known), sum(&|s| s.known + s.unknown))),
        ("helpful_rate", (sum(&|s| s.up), sum(&|s| s.up + s.down))),
    ])
}

/// Times, with how many conversations they are of.
pub fn times(stories: &[&Story]) -> BTreeMap<&'static str, (usize, Option<f64>)> {
    type Pick = fn(&Story) -> Option<f64>;
    let all: [(&'static str, Pick, f64); 8] = [
        ("first_reply", |s| s.first_reply, 0.5),
        ("bot_first_reply", |s| s.bot_reply, 0.5),
        ("bot_first_reply_p90", |s| s.bot_reply, 0.9),
        ("person_first_reply", |s| s.person_reply, 0.5),
        ("person_first_reply_p90", |s| s.person_reply, 0.9),
        ("bot_resolution_time", |s| s.bot_solved, 0.5),
        ("person_resolution_time", |s| s.person_solved, 0.5),
        ("person_resolution_time_p90", |s| s.person_solved, 0.9),
    ];
    let measured = all.map(|(name, pick, at)| {
        let values: Vec<f64> = stories.iter().filter_map(|story| pick(story)).collect();
        (name, (values.len(), percentile(values.into_iter(), at)))
    });
    measured.into_iter().collect()
}
