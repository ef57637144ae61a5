//! All SQL for numbers about conversations. What a metric counts is said once, as a condition over a row `f`, and used both
//! to count and to list.

use std::collections::BTreeMap;

use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::Conversation;
use crate::analytics::filter::{Filter, Question};
use crate::analytics::range::Days;
use crate::analytics::report::Measured;

/// How a number is made from rows `f` of `analytics_conversations`; `clock.now` is the time.
#[derive(Debug, Clone, Copy)]
pub enum Formula {
    /// Of how many it is true.
    Count {
        of: &'static str,
    },
    Sum {
        of: &'static str,
    },
    /// Of how many of `whole` it is true.
    Share {
        part: &'static str,
        whole: &'static str,
    },
    /// The same of sums, in per cent.
    Ratio {
        part: &'static str,
        whole: &'static str,
    },
    /// One sum by the other.
    Mean {
        sum: &'static str,
        count: &'static str,
    },
    /// So much of `value` is below it.
    Percentile {
        value: &'static str,
        at: &'static str,
    },
}

/// What conversations are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    All,
    /// The first day of each part of the range.
    Part,
    /// `1-9`: Monday from nine to ten.
    Hour,
    Channel,
    Language,
    Reason,
    /// Each member who replied, called `member`.
    Person,
}

/// What a metric counts; none: it is no number about conversations.
pub fn formula(metric: &str) -> Option<Formula> {
    let median = |value| Formula::Percentile { value, at: "0.5" };
    let late = |value| Formula::Percentile { value, at: "0.9" };
    let formula = match metric {
        "conversations" => Formula::Count { of: "true" },
        "handled" => Formula::Count {
            of: "f.people <> '{}'",
        },
        "automation_rate" => share("f.outcome = 'bot'", "true"),
        "involvement_rate" => share("f.bot_messages > 0", "true"),
        "resolution_rate" => share("f.outcome = 'bot'", "f.bot_messages > 0"),
        "hand_over_rate" => share("f.hand_over_reason is not null", "f.bot_messages > 0"),
        "durable_resolution_rate" => share(
            "coalesce(f.durable_at <= clock.now, false)",
            "coalesce(f.resolved_at <= clock.now - interval '168 hours', false)",
        ),
        "reopened_rate" => share("f.reopened > 0", "f.resolved_at is not null"),
        "satisfaction" => share("f.rating >= 4", "f.rating is not null"),
        "answer_rate" => Formula::Ratio {
            part: "f.answered",
            whole: "f.answered + f.unknown",
        },
        "helpful_rate" => Formula::Ratio {
            part: "f.helpful",
            whole: "f.helpful + f.unhelpful",
        },
        "confidence" => Formula::Mean {
            sum: "f.confidence_sum",
            count: "f.confidence_count",
        },
        "first_reply" => median("f.first_reply_seconds"),
        "bot_first_reply" => median("f.bot_reply_seconds"),
        "bot_first_reply_p90" => late("f.bot_reply_seconds"),
        "person_first_reply" => median("f.person_reply_seconds"),
        "person_first_reply_p90" => late("f.person_reply_seconds"),
        "bot_resolution_time" => median("f.bot_solved_seconds"),
        "person_resolution_time" => median("f.person_solved_seconds"),
        "person_resolution_time_p90" => late("f.person_solved_seconds"),
        _ => return None,
    };
    Some(formula)
}

fn share(part: &'static str, whole: &'static str) -> Formula {
    Formula::Share { part, whole }
}

/// How far a conversation came.
pub fn step(name: &str) -> Option<&'static str> {
    match name {
        "begun" => Some("true"),
        "answered" => Some("(f.person_messages > 0 or f.outcome = 'bot')"),
        "resolved" => Some(
            "(f.person_messages > 0 or f.outcome = 'bot') and (f.outcome = 'bot' or f.resolved_at is not null)",
        ),
        "rated" => Some(
            "(f.person_messages > 0 or f.outcome = 'bot') and (f.outcome = 'bot' or f.resolved_at is not null)
            and f.rating is not null",
        ),
        _ => None,
    }
}

impl Formula {
    /// Where there is no conversation at all.
    pub fn of_nothing(&self) -> Measured {
        match self {
            Self::Count { .. } | Self::Sum { .. } => Measured::count(0),
            Self::Share { .. } | Self::Ratio { .. } => Measured::share(0, 0),
            Self::Mean { .. } | Self::Percentile { .. } => Measured {
                whole: Some(0.0),
                ..Measured::default()
            },
        }
    }

    /// Three columns: part, whole, value.
    fn columns(&self) -> String {
        match self {
            Self::Count { of } => format!("null, null, count(*) filter (where {of})"),
            Self::Sum { of } => format!("null, null, coalesce(sum({of}), 0)"),
            Self::Share { part, whole } => format!(
                "count(*) filter (where ({whole}) and ({part})), count(*) filter (where {whole}),
                100.0 * count(*) filter (where ({whole}) and ({part})) / nullif(count(*) filter (where {whole}), 0)"
            ),
            Self::Ratio { part, whole } => format!(
                "coalesce(sum({part}), 0), coalesce(sum({whole}), 0), 100.0 * sum({part}) / nullif(sum({whole}), 0)"
            ),
            Self::Mean { sum, count } => format!(
                "null, coalesce(sum({count}), 0), sum(({sum})::numeric) / nullif(sum({count}), 0)"
            ),
            Self::Percentile { value, at } => {
                format!("null, count({value}), percentile_cont({at}) within group (order by {value})")
            }
        }
    }

    /// Which conversations are behind it.
    fn condition(&self, is_whole: bool) -> String {
        match self {
            Self::Count { of } => (*of).to_owned(),
            Self::Sum { of } => format!("{of} > 0"),
            Self::Share { whole, .. } if is_whole => (*whole).to_owned(),
            Self::Share { part, whole } => format!("({whole}) and ({part})"),
            Self::Ratio { whole, .. } => format!("{whole} > 0"),
            Self::Mean { count, .. } => format!("{count} > 0"),
            Self::Percentile { value, .. } => format!("{value} is not null"),
        }
    }
}

/// Each group by its name, with what each formula comes to.
pub async fn measure(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
    group: Group,
    formulas: &[Formula],
) -> Result<Vec<(String, Vec<Measured>)>> {
    let now = tx.now();
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_key(&mut query, group, question, days);
    query.push(" as key, array[");
    for (place, formula) in formulas.iter().enumerate() {
        query
            .push(if place > 0 { ", " } else { "" })
            .push(formula.columns());
    }
    query.push("]::float8[] as measured from analytics_conversations f cross join (select ");
    query.push_bind(now).push("::timestamptz as now) clock");
    if group == Group::Person {
        query.push(" cross join lateral unnest(f.people) as member");
    }
    push_scope(&mut query, &question.filter, days, &question.zone);
    if group == Group::Reason {
        query.push(" and f.hand_over_reason is not null");
    }
    query.push(" group by 1 order by 1");
    let rows: Vec<(String, Vec<Option<f64>>)> = query.build_query_as().fetch_all(&mut **tx).await?;
    let measured = |columns: Vec<Option<f64>>| {
        let triples = columns.chunks_exact(3);
        triples
            .map(|triple| Measured {
                part: triple[0],
                whole: triple[1],
                value: triple[2],
            })
            .collect()
    };
    Ok(rows
        .into_iter()
        .map(|(key, columns)| (key, measured(columns)))
        .collect())
}

/// The first day of each part, a channel, and how many began on it.
pub async fn channels_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, String, i64)>> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_key(&mut query, Group::Part, question, days);
    query.push(", f.channel_id::text, count(*) from analytics_conversations f");
    push_scope(&mut query, &question.filter, days, &question.zone);
    query.push(" group by 1, 2");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_key(query: &mut QueryBuilder<Postgres>, group: Group, question: &Question, days: Days) {
    match group {
        Group::All => query.push("'all'"),
        Group::Part => push_part(query, question, days, "f.began_at"),
        Group::Hour => query
            .push("to_char(f.began_at at time zone ")
            .push_bind(question.zone.clone())
            .push(", 'FMID-FMHH24')"),
        Group::Channel => query.push("f.channel_id::text"),
        Group::Language => query.push("coalesce(f.language, 'none')"),
        Group::Reason => query.push("f.hand_over_reason"),
        Group::Person => query.push("member::text"),
    };
}

/// The first day of the part of the range that a moment of these days belongs to, or is compared with.
pub fn push_part<'q>(
    query: &'q mut QueryBuilder<Postgres>,
    question: &Question,
    days: Days,
    column: &str,
) -> &'q mut QueryBuilder<Postgres> {
    query.push(format!("analytics_part(({column} at time zone "));
    query.push_bind(question.zone.clone()).push(")::date, ");
    query.push_bind(question.behind(days)).push(", ");
    query.push_bind(question.grain.as_str()).push(", ");
    query.push_bind(question.days.from).push(", ");
    query.push_bind(question.days.to).push(")")
}

/// Conversations that began on these days and pass the filter.
pub fn push_scope(query: &mut QueryBuilder<Postgres>, filter: &Filter, days: Days, zone: &str) {
    query.push(" where f.tenant_id = current_tenant_id() and f.began_at >= ");
    query.push_bind(days.from).push("::date::timestamp at time zone ");
    query.push_bind(zone.to_owned()).push(" and f.began_at < (");
    query
        .push_bind(days.to)
        .push("::date + 1)::timestamp at time zone ");
    query.push_bind(zone.to_owned());
    push_filter(query, filter, zone);
}

pub fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter, zone: &str) {
    let rest = &filter.rest;
    if let Some(channels) = &filter.channels {
        query
            .push(" and f.channel_id = any (")
            .push_bind(channels.clone());
        query.push(")");
    }
    if let Some(languages) = &filter.languages {
        query
            .push(" and coalesce(f.language, 'none') = any (")
            .push_bind(languages.clone());
        query.push(")");
    }
    if let Some(labels) = &filter.labels {
        query.push(
            " and exists (select from conversation_labels l where l.tenant_id = f.tenant_id
                and l.conversation_id = f.conversation_id and l.label_id = any (",
        );
        query.push_bind(labels.clone()).push("))");
    }
    if let Some(outcomes) = &filter.outcomes {
        query.push(" and f.outcome = any (").push_bind(outcomes.clone());
        query.push(")");
    }
    if let Some(user) = rest.user_id {
        query.push(" and (f.assigned_to = ").push_bind(user);
        query.push(" or ").push_bind(user).push(" = any (f.people))");
    }
    for (field, wanted) in [("isodow", rest.weekday), ("hour", rest.hour)] {
        if let Some(wanted) = wanted {
            query.push(format!(" and extract({field} from f.began_at at time zone "));
            query.push_bind(zone.to_owned()).push(") = ").push_bind(wanted);
        }
    }
    if let Some(reason) = &rest.reason {
        query.push(" and f.hand_over_reason = ").push_bind(reason.clone());
    }
    if let Some(rating) = rest.rating {
        query.push(" and f.rating = ").push_bind(rating);
    }
    if let Some(name) = &rest.step {
        let condition = step(name).unwrap_or("false");
        query.push(" and ").push(condition);
    }
}

/// Names of what a group's keys are ids of.
pub async fn names(tx: &mut TenantTx, group: Group) -> Result<BTreeMap<String, String>> {
    let names = match group {
        Group::Channel => sqlx::query!(
            r#"select id::text as "id!", name from channels where tenant_id = current_tenant_id()"#
        )
        .fetch_all(&mut **tx)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect(),
        Group::Person => sqlx::query!(
            r#"select user_id::text as "id!", name from memberships where tenant_id = current_tenant_id()"#
        )
        .fetch_all(&mut **tx)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect(),
        _ => BTreeMap::new(),
    };
    Ok(names)
}

/// What makes a conversation that of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfPerson {
    Replied,
    RepliedFirst,
}

/// What a list of conversations is about.
pub enum Listed {
    /// Behind a number of the range.
    Behind {
        formula: Formula,
        is_whole: bool,
        of_person: OfPerson,
    },
    /// With people now, whenever it began.
    OpenNow,
}

/// A conversation that people have to look after, and for how long they have had it.
pub const OPEN_NOW: &str = "c.status <> 'resolved'
    and (c.status = 'escalated' or c.waiting_since is not null or c.assigned_to is not null)";
pub const AGE: &str = "case
        when coalesce(c.escalated_at, c.created_at) > clock.now - interval '1 hour' then '1h'
        when coalesce(c.escalated_at, c.created_at) > clock.now - interval '4 hours' then '4h'
        when coalesce(c.escalated_at, c.created_at) > clock.now - interval '24 hours' then '1d'
        when coalesce(c.escalated_at, c.created_at) > clock.now - interval '72 hours' then '3d'
        when coalesce(c.escalated_at, c.created_at) > clock.now - interval '168 hours' then '7d'
        else 'older'
    end";

pub async fn count(tx: &mut TenantTx, question: &Question, listed: &Listed) -> Result<i64> {
    let mut query = QueryBuilder::<Postgres>::new("select count(*)");
    push_listed(&mut query, question, listed, tx.now());
    Ok(query.build_query_scalar().fetch_one(&mut **tx).await?)
}

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    question: &Question,
    listed: &Listed,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Conversation>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select c.id, f.began_at, f.outcome, c.status, p.name as contact_name, c.channel_id, h.name as channel_name,
            c.language, a.name as assignee_name, c.rating, f.hand_over_reason, f.first_reply_seconds,
            c.last_message_preview, c.last_message_at",
    );
    push_listed(&mut query, question, listed, tx.now());
    if let Some(position) = after {
        query.push(" and (f.began_at, c.id) < (").push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query
        .push(" order by f.began_at desc, c.id desc limit ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_listed(
    query: &mut QueryBuilder<Postgres>,
    question: &Question,
    listed: &Listed,
    now: chrono::DateTime<chrono::Utc>,
) {
    query.push(
        " from analytics_conversations f
        join conversations c on c.tenant_id = f.tenant_id and c.id = f.conversation_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        left join memberships a on a.tenant_id = c.tenant_id and a.user_id = c.assigned_to
        cross join (select ",
    );
    query.push_bind(now).push("::timestamptz as now) clock");
    match listed {
        Listed::Behind {
            formula,
            is_whole,
            of_person,
        } => {
            push_scope(query, &question.filter, question.days, &question.zone);
            query.push(" and (").push(formula.condition(*is_whole)).push(")");
            if let Some(person) = &question.filter.rest.person {
                query
                    .push(" and ")
                    .push_bind(person.clone())
                    .push(match of_person {
                        OfPerson::Replied => " = any (f.people::text[])",
                        OfPerson::RepliedFirst => " = f.first_person::text",
                    });
            }
        }
        Listed::OpenNow => {
            query.push(format!(" where f.tenant_id = current_tenant_id() and {OPEN_NOW}"));
            push_filter(query, &question.filter, &question.zone);
            if let Some(age) = &question.filter.rest.age {
                query.push(format!(" and {AGE} = ")).push_bind(age.clone());
            }
            if let Some(person) = &question.filter.rest.person {
                query
                    .push(" and coalesce(c.assigned_to::text, 'none') = ")
                    .push_bind(person.clone());
            }
        }
    }
}

/// With people now, by the member who has it (none: nobody) and how long they have had it.
pub async fn open_now(tx: &mut TenantTx, question: &Question) -> Result<Vec<(Option<String>, String, i64)>> {
    let mut query = QueryBuilder::<Postgres>::new(format!("select c.assigned_to::text, {AGE}, count(*)"));
    push_listed(&mut query, question, &Listed::OpenNow, tx.now());
    query.push(" group by 1, 2");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}
