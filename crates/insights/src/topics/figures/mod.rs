//! What is shown of topics: counted from the messages themselves when it is asked for, so that whatever was deleted,
//! answered, rated or merged meanwhile counts as it is now.

pub mod api;
mod store;
mod table;

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use kernel::error::{invalid, not_found};
use kernel::ids::{ChannelId, ConversationId, GapId, MessageId, QaPairId, TopicId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use store::{Counts, Root};

/// The days and messages that are meant.
#[derive(Debug, Clone)]
pub struct Filter {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub channel: Option<ChannelId>,
    pub language: Option<String>,
}

/// Days that are shown unless others are asked for.
const USUAL_DAYS: u64 = 30;
const MOST_DAYS: i64 = 1_100;
/// More days than these are shown by week.
const MOST_SINGLE_DAYS: i64 = 92;

impl Filter {
    /// # Errors
    /// `bad_range`.
    pub fn new(
        today: NaiveDate,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        channel: Option<ChannelId>,
        language: Option<String>,
    ) -> Result<Self> {
        let to = to.unwrap_or(today);
        let from = from.or_else(|| to.checked_sub_days(Days::new(USUAL_DAYS - 1)));
        match from {
            Some(from) if from <= to && (to - from).num_days() < MOST_DAYS => Ok(Self {
                from,
                to,
                channel,
                language,
            }),
            _ => Err(invalid(
                "bad_range",
                "`from` is not after `to`, and they are at most 400 days apart.",
            )),
        }
    }

    fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// The range of the same length just before.
    fn before(&self) -> Self {
        let back = |day: NaiveDate| {
            day.checked_sub_signed(TimeDelta::days(self.days()))
                .unwrap_or(day)
        };
        Self {
            from: back(self.from),
            to: back(self.to),
            ..self.clone()
        }
    }

    fn grain(&self) -> Grain {
        if self.days() > MOST_SINGLE_DAYS {
            Grain::Week
        } else {
            Grain::Day
        }
    }
}

/// What one point of a series stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TopicGrain)]
pub enum Grain {
    Day,
    /// From Monday on.
    Week,
}

impl Grain {
    fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
        }
    }
}

/// Who replied to a message next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = TopicAnswerer)]
pub enum Answerer {
    /// The bot, with an answer.
    Bot,
    /// The bot, without one: it said so, gave the conversation to people, or did something else, such as offering to book.
    Declined,
    Person,
    Nobody,
}

/// What the topics of a workspace are in some days.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Topics {
    from: NaiveDate,
    to: NaiveDate,
    time_zone: String,
    grain: Grain,
    /// Questions of visitors that were looked at.
    messages: i64,
    /// Of these: like nothing that others ask.
    without_topic: i64,
    /// Beside these: not looked at yet.
    waiting: i64,
    /// The last look; null: there was none.
    made_at: Option<DateTime<Utc>>,
    /// Somebody has asked for a look, which has not come to its end.
    is_running: bool,
    /// The most messages first.
    items: Vec<Topic>,
}

/// What several visitors ask about.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Topic {
    pub id: TopicId,
    /// What `topics_daily` calls it.
    number: i32,
    label: String,
    /// `keywords`, `model` or `person`.
    label_origin: String,
    keywords: Vec<String>,
    /// Of its messages, the most first; `und`: not recognised.
    languages: Vec<String>,
    is_hidden: bool,
    /// Topics that were put into this one.
    parts: Vec<Part>,
    messages: i64,
    conversations: i64,
    visitors: i64,
    /// Of all messages that were looked at; 0 to 1.
    share: f64,
    previous_messages: i64,
    /// Against the range of the same length before; null where that had none.
    change: Option<f64>,
    /// Messages whose next reply was an answer of the bot; 0 to 1, null without messages.
    bot_share: Option<f64>,
    answered: Answered,
    /// Thumbs up among the rated answers; 0 to 1, null where none was rated.
    satisfaction: Option<f64>,
    feedback: Thumbs,
    /// Questions among its messages that still have no answer.
    open_gaps: i64,
    /// Over all time; null: by nobody any more.
    first_asked_on: Option<NaiveDate>,
    series: Vec<TopicPoint>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = TopicPart)]
pub struct Part {
    id: TopicId,
    label: String,
}

/// How many of the messages were replied to by whom.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
#[schema(as = TopicAnswered)]
pub struct Answered {
    bot: i64,
    declined: i64,
    person: i64,
    nobody: i64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
#[schema(as = TopicThumbs)]
pub struct Thumbs {
    up: i64,
    down: i64,
}

#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct TopicPoint {
    /// The day, or the Monday of the week.
    on: NaiveDate,
    messages: i64,
}

/// A topic with what it is made of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TopicDetails {
    #[serde(flatten)]
    topic: Topic,
    /// Typical messages of the range.
    samples: Vec<TopicSample>,
    /// Open questions without an answer among its messages, the most asked first.
    gaps: Vec<TopicGap>,
    /// What the bot answered from, the most used first.
    qa_pairs: Vec<TopicPair>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TopicSample {
    message_id: MessageId,
    conversation_id: ConversationId,
    /// The first 300 characters.
    text: String,
    language: Option<String>,
    sent_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TopicGap {
    id: GapId,
    cluster_id: GapId,
    question: String,
    times_asked: i32,
    status: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TopicPair {
    id: QaPairId,
    question: String,
    uses: i64,
}

/// A message behind a number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TopicMessage {
    message_id: MessageId,
    conversation_id: ConversationId,
    channel_id: ChannelId,
    text: String,
    language: Option<String>,
    sent_at: DateTime<Utc>,
    answered: Answerer,
}

/// A row of `topics_daily`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TopicDay)]
pub struct Daily {
    date: NaiveDate,
    topic_id: i32,
    topic_label: Option<String>,
    keywords: Vec<String>,
    message_count: i32,
    /// Of the day's questions, 0 to 100.
    percentage: f64,
    /// Ids of messages.
    sample_messages: Vec<MessageId>,
}

const MOST_TOPICS: usize = 200;

/// All topics that were asked about.
pub async fn list(tx: &mut TenantTx, filter: &Filter, with_hidden: bool) -> Result<Topics> {
    let state = store::state(tx).await?;
    let totals = store::totals(tx, filter).await?;
    let waiting = store::waiting(tx, filter).await?;
    let mut items = read(tx, filter, None, totals.messages).await?;
    items.retain(|topic| topic.messages > 0 && (with_hidden || !topic.is_hidden));
    items.sort_by(|a, b| b.messages.cmp(&a.messages).then(a.number.cmp(&b.number)));
    items.truncate(MOST_TOPICS);
    Ok(Topics {
        from: filter.from,
        to: filter.to,
        time_zone: state.time_zone,
        grain: filter.grain(),
        messages: totals.messages,
        without_topic: totals.without_topic,
        waiting,
        made_at: state.made_at,
        is_running: state.is_running,
        items,
    })
}

/// One topic, with what it is made of. A part gives what it is part of.
pub async fn get(tx: &mut TenantTx, id: TopicId, filter: &Filter) -> Result<TopicDetails> {
    let root = root(tx, id).await?;
    let totals = store::totals(tx, filter).await?;
    let found = read(tx, filter, Some(root), totals.messages).await?;
    let topic = found.into_iter().next().ok_or_else(|| not_found("topic"))?;
    Ok(TopicDetails {
        topic,
        samples: store::samples(tx, filter, root).await?,
        gaps: store::gaps(tx, filter, root).await?,
        qa_pairs: store::qa_pairs(tx, filter, root).await?,
    })
}

/// What a topic is part of, or itself.
pub async fn root(tx: &mut TenantTx, id: TopicId) -> Result<TopicId> {
    store::find_root(tx, id).await?.ok_or_else(|| not_found("topic"))
}

async fn read(tx: &mut TenantTx, filter: &Filter, only: Option<TopicId>, all: i64) -> Result<Vec<Topic>> {
    let roots = store::roots(tx, only).await?;
    let mut counts = by_topic(store::counts(tx, filter, only).await?, |counts| counts.topic);
    let mut days = by_topic(store::days(tx, filter, only).await?, |day| day.topic);
    let mut languages = by_topic(store::languages(tx, filter, only).await?, |one| one.topic);
    let mut parts = by_topic(store::parts(tx, only).await?, |part| part.topic);
    let before = by_topic(store::days(tx, &filter.before(), only).await?, |day| day.topic);
    let gaps = by_topic(store::open_gaps(tx, filter, only).await?, |gap| gap.topic);
    let firsts = by_topic(store::first_days(tx, only).await?, |first| first.topic);
    let topics = roots.into_iter().map(|root| {
        let id = root.id;
        let counts = counts.remove(&id).and_then(|mut counts| counts.pop());
        let days = days.remove(&id).unwrap_or_default();
        let of_before = before.get(&id).into_iter().flatten();
        let languages = languages.remove(&id).unwrap_or_default();
        let parts = parts.remove(&id).unwrap_or_default();
        let texts = Texts {
            languages: languages.into_iter().map(|one| one.language).collect(),
            parts: parts.into_iter().map(|part| Part {
                id: part.id,
                label: part.label,
            }),
        };
        let previous_messages: i64 = of_before.map(|day| day.messages).sum();
        let mut topic = describe(
            root,
            &counts.unwrap_or(Counts::none(id)),
            texts,
            previous_messages,
            all,
        );
        topic.series = series(filter, &days);
        topic.open_gaps = gaps
            .get(&id)
            .map_or(0, |gaps| gaps.iter().map(|one| one.gaps).sum());
        topic.first_asked_on = firsts.get(&id).and_then(|firsts| Some(firsts.first()?.day));
        topic
    });
    Ok(topics.collect())
}

fn by_topic<T>(rows: Vec<T>, topic: impl Fn(&T) -> TopicId) -> HashMap<TopicId, Vec<T>> {
    let mut sorted: HashMap<TopicId, Vec<T>> = HashMap::new();
    for row in rows {
        sorted.entry(topic(&row)).or_default().push(row);
    }
    sorted
}

struct Texts<P> {
    languages: Vec<String>,
    parts: P,
}

fn describe(
    root: Root,
    counts: &Counts,
    texts: Texts<impl Iterator<Item = Part>>,
    previous_messages: i64,
    all: i64,
) -> Topic {
    let share_of = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    Topic {
        id: root.id,
        number: root.number,
        label: root.label,
        label_origin: root.label_origin,
        keywords: root.keywords,
        languages: texts.languages,
        is_hidden: root.is_hidden,
        parts: texts.parts.collect(),
        messages: counts.messages,
        conversations: counts.conversations,
        visitors: counts.visitors,
        share: share_of(counts.messages, all).unwrap_or_default(),
        previous_messages,
        change: share_of(counts.messages - previous_messages, previous_messages),
        bot_share: share_of(counts.bot, counts.messages),
        answered: Answered {
            bot: counts.bot,
            declined: counts.declined,
            person: counts.person,
            nobody: counts.nobody,
        },
        satisfaction: share_of(counts.up, counts.up + counts.down),
        feedback: Thumbs {
            up: counts.up,
            down: counts.down,
        },
        open_gaps: 0,
        first_asked_on: None,
        series: Vec::new(),
    }
}

/// Every day or week of the range, those without a message among them.
fn series(filter: &Filter, days: &[store::Day]) -> Vec<TopicPoint> {
    let grain = filter.grain();
    let mut points: Vec<TopicPoint> = Vec::new();
    for day in filter.from.iter_days().take_while(|day| *day <= filter.to) {
        let on = grain.start(day);
        if points.last().is_none_or(|last| last.on != on) {
            points.push(TopicPoint { on, messages: 0 });
        }
    }
    for day in days {
        let on = grain.start(day.day);
        if let Some(point) = points.iter_mut().find(|point| point.on == on) {
            point.messages += day.messages;
        }
    }
    points
}
