//! One look at one day: the questions that nobody has looked at are turned into vectors and sorted, together with those of
//! the weeks before that belonged nowhere, so that a topic may also come together slowly.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use kernel::db::JobTenant;
use kernel::error::{internal, unavailable};
use kernel::ids::{ContactId, MessageId, TopicId};
use kernel::{Result, TenantProof, TenantTx};
use knowledge::embedding;
use knowledge::language::{Language, detect};
use llm::embedder::Embedder;
use pgvector::Vector;

use super::clustering::{self, Home, Point};
use super::store::{self, Embedded, Known, Looked, Question};
use super::words::{self, Word};
use crate::Context;

/// The most questions of one day that are looked at.
const MOST_QUESTIONS: i64 = 20_000;
/// What belonged nowhere takes part again for so many days, the newest so many messages.
const SECOND_CHANCE: Days = Days::new(28);
const MOST_HOMELESS: i64 = 2_000;
/// Texts that are embedded at once: visitors' questions wait for no more than these.
const BATCH: usize = 32;
/// A model that has read so much knows what it is about.
const MOST_CHARACTERS: usize = 1_000;

/// What a tenant's messages are seen by: its embedding model, or their words alone.
pub struct Sight {
    embedder: Option<Arc<dyn Embedder>>,
}

impl Sight {
    pub async fn of(ctx: &Context, proof: &JobTenant) -> Result<Self> {
        let choice = embedding::current(&mut ctx.db.tenant_read(proof).await?).await?;
        let embedders = &ctx.answering.knowledge.embedders;
        Ok(Self {
            embedder: embedders.find(proof.tenant_id(), &choice).await?,
        })
    }

    /// Vectors made under the same name can be compared.
    pub fn name(&self) -> &str {
        self.embedder
            .as_ref()
            .map_or("words", |embedder| embedder.model())
    }

    async fn see(&self, seen: &[Read]) -> Result<Vec<Vec<f32>>> {
        let mut meanings = Vec::with_capacity(seen.len());
        if let Some(embedder) = &self.embedder {
            for batch in seen.chunks(BATCH) {
                let texts = batch.iter().map(|read| read.text.clone()).collect();
                let embedded = embedder.embed(texts).await;
                meanings
                    .extend(embedded.map_err(|error| unavailable(format!("Embedding failed: {error}.")))?);
            }
        }
        let vectors = seen.iter().enumerate().map(|(place, read)| {
            let meaning = meanings.get(place).map(Vec::as_slice);
            words::vector(meaning, &read.words)
        });
        Ok(vectors.collect())
    }
}

/// A question that has a subject.
struct Read {
    id: MessageId,
    person: ContactId,
    text: String,
    language: Language,
    words: Vec<Word>,
}

impl Read {
    fn of(question: Question) -> Option<Self> {
        let spoken = Language::from_code(question.language.as_deref().unwrap_or_default());
        let language = detect(&question.text).or(spoken);
        let words = words::words(&question.text, language);
        (!words.is_empty()).then(|| Self {
            id: question.id,
            person: question.person,
            text: question.text.chars().take(MOST_CHARACTERS).collect(),
            language,
            words,
        })
    }

    fn language(&self) -> Option<String> {
        (!self.language.is_unknown()).then(|| self.language.code().to_owned())
    }
}

/// Looks at a day and gives the other days on which messages have found a topic by it.
pub async fn look_at(
    ctx: &Context,
    proof: &JobTenant,
    sight: &Sight,
    day: NaiveDate,
) -> Result<Vec<NaiveDate>> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let changes = store::changes(&mut tx, day).await?;
    let questions = store::questions(&mut tx, day, MOST_QUESTIONS).await?;
    let since = day.checked_sub_days(SECOND_CHANCE).unwrap_or(NaiveDate::MIN);
    let homeless = store::homeless(&mut tx, since, day, MOST_HOMELESS).await?;
    let known = store::topics(&mut tx).await?;
    drop(tx);
    let read: Vec<Read> = questions.into_iter().filter_map(Read::of).collect();
    let vectors = sight.see(&read).await?;
    let homes = find_homes(&read, &vectors, &homeless, &known).await?;

    let mut tx = ctx.db.tenant(proof).await?;
    let found = make_topics(&mut tx, &known, homes).await?;
    let (found_now, found_again) = found.split_at(read.len());
    let looked = read
        .iter()
        .zip(vectors)
        .zip(found_now)
        .map(|((read, vector), topic)| Looked {
            id: read.id,
            topic: *topic,
            language: read.language(),
            vector,
        });
    store::insert_messages(&mut tx, day, looked.collect()).await?;
    let again = homeless.iter().zip(found_again);
    let again: Vec<(&Embedded, TopicId)> = again.filter_map(|(one, topic)| Some((one, (*topic)?))).collect();
    let (ids, topics): (Vec<MessageId>, Vec<TopicId>) =
        again.iter().map(|(one, topic)| (one.id, *topic)).unzip();
    store::move_messages(&mut tx, &ids, &topics).await?;
    let grown: HashSet<TopicId> = found.iter().flatten().copied().collect();
    store::renew_centroids(&mut tx, &grown.into_iter().collect::<Vec<_>>()).await?;
    store::finish_day(&mut tx, day, &changes).await?;
    tx.commit().await?;
    Ok(again.into_iter().map(|(one, _)| one.day).collect())
}

/// Comparing thousands takes a second or two, so it keeps nobody else from their turn.
async fn find_homes(
    read: &[Read],
    vectors: &[Vec<f32>],
    homeless: &[Embedded],
    known: &[Known],
) -> Result<Vec<Option<Home>>> {
    let people = number(
        read.iter()
            .map(|read| read.person)
            .chain(homeless.iter().map(|one| one.person)),
    );
    let all = vectors
        .iter()
        .cloned()
        .chain(homeless.iter().map(|one| one.vector.to_vec()));
    let points: Vec<Point> = all
        .zip(people)
        .map(|(vector, person)| Point { vector, person })
        .collect();
    let mean = |topic: &Known| topic.centroid.as_ref().map(Vector::to_vec).unwrap_or_default();
    let means: Vec<Vec<f32>> = known.iter().map(mean).collect();
    let sorted = tokio::task::spawn_blocking(move || clustering::sort(&points, &means));
    sorted.await.map_err(internal)
}

/// The topics of the messages, those that are new among them made.
async fn make_topics(
    tx: &mut TenantTx,
    known: &[Known],
    homes: Vec<Option<Home>>,
) -> Result<Vec<Option<TopicId>>> {
    let mut new: HashMap<usize, TopicId> = HashMap::new();
    let mut found = Vec::with_capacity(homes.len());
    for home in homes {
        if let Some(Home::New(place)) = home
            && !new.contains_key(&place)
        {
            let id = TopicId::new();
            store::insert_topic(tx, id).await?;
            new.insert(place, id);
        }
        found.push(match home {
            Some(Home::Known(place)) => known.get(place).map(|topic| topic.id),
            Some(Home::New(place)) => new.get(&place).copied(),
            None => None,
        });
    }
    Ok(found)
}

/// Each person by a number.
fn number(people: impl Iterator<Item = ContactId>) -> Vec<u64> {
    let mut known: HashMap<ContactId, u64> = HashMap::new();
    people
        .map(|person| {
            let next = known.len() as u64;
            *known.entry(person).or_insert(next)
        })
        .collect()
}

/// Of each topic so many messages tell what it is about.
const ENOUGH: i64 = 200;

/// Makes the vectors of the last weeks anew, by another model: topics keep their messages, and so their ids.
pub async fn see_anew(ctx: &Context, proof: &JobTenant, sight: &Sight, since: NaiveDate) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    store::forget_vectors(&mut tx).await?;
    let questions = store::without_vectors(&mut tx, since, ENOUGH).await?;
    tx.commit().await?;
    let read: Vec<Read> = questions.into_iter().filter_map(Read::of).collect();
    let vectors = sight.see(&read).await?;
    let mut tx = ctx.db.tenant(proof).await?;
    let vectors = read.iter().map(|read| read.id).zip(vectors);
    store::set_vectors(&mut tx, vectors.collect()).await?;
    let topics = store::topics(&mut tx).await?;
    store::renew_centroids(&mut tx, &topics.iter().map(|topic| topic.id).collect::<Vec<_>>()).await?;
    tx.commit().await
}
