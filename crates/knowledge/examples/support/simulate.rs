//! Simulated tenants: bases of many sizes drawn from the public sets, asked both what they can answer and
//! what they cannot.
//!
//! Traffic is weighed alike for every base: [`ANSWERABLE`] of it has an answer, the rest are gaps, most of them
//! near the base's subjects. What is near: an intent or a paragraph left out of the base, or a question that SQuAD's
//! authors made unanswerable on purpose. What is far: another data set.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use knowledge::language::Language;
use knowledge::public_sets::{
    self, Banking, Embeddings, Labelled, Paragraph, Question, Reading, id_of, passage_entries, qa_entries,
};
use knowledge::retrieval::{Entry, EntryKind, Features, Index, Query};
use uuid::Uuid;

use super::faq;
use super::random::Random;
use super::small_shops;

/// Shares of the simulated traffic.
pub const ANSWERABLE: f64 = 0.88;
const NEAR_GAPS: f64 = 0.08;
const FAR_GAPS: f64 = 0.04;
/// Questions asked of one base.
pub const ASKED: usize = 260;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Answerable,
    Near,
    Far,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub text: String,
    pub answer: Option<Uuid>,
    pub sort: Sort,
    pub weight: f64,
}

pub struct Tenant {
    pub dataset: String,
    pub name: String,
    pub kind: EntryKind,
    pub entries: Vec<Entry>,
    pub asked: Vec<Asked>,
}

/// The best candidate for one question.
#[derive(Clone, Debug)]
pub struct Row {
    pub dataset: String,
    pub tenant: String,
    pub kind: EntryKind,
    pub sort: Sort,
    pub right: bool,
    pub weight: f64,
    pub features: Features,
    pub probability: f32,
}

/// Asks every question with and, once more, without vectors.
pub fn rows(tenant: &Tenant, embeddings: &Embeddings) -> Vec<Row> {
    let index = Index::build(tenant.entries.clone());
    let mut rows = Vec::new();
    for asked in &tenant.asked {
        for vector in [embeddings.get(&asked.text), None] {
            rows.extend(row(tenant, &index, asked, vector));
        }
    }
    rows
}

fn row(tenant: &Tenant, index: &Index, asked: &Asked, vector: Option<&[f32]>) -> Option<Row> {
    let best = index
        .search_kind(tenant.kind, &Query::new(&asked.text, vector), 1)
        .into_iter()
        .next()?;
    Some(Row {
        dataset: tenant.dataset.clone(),
        tenant: tenant.name.clone(),
        kind: tenant.kind,
        sort: asked.sort,
        right: asked.answer == Some(best.group),
        weight: asked.weight,
        features: best.features,
        probability: best.probability,
    })
}

/// All simulated tenants. The same every time.
pub fn tenants(folder: &Path, embeddings: &mut Embeddings) -> Vec<Tenant> {
    let banking = public_sets::banking(folder).expect("BANKING77");
    let squad = public_sets::squad(folder).expect("SQuAD");
    let strangers: Vec<String> = Random::new(1)
        .sample(&squad.questions, 600)
        .into_iter()
        .map(|q| q.question)
        .collect();
    let mut tenants = qa_tenants(&banking, SHAPES, &strangers, embeddings);
    let customers: Vec<String> = Random::new(2)
        .sample(&banking.test, 600)
        .into_iter()
        .map(|q| q.text)
        .collect();
    tenants.extend(reading_tenants(&squad, Language::ENGLISH, &customers, embeddings));
    tenants.extend(faq::tenants(&squad, Language::ENGLISH, &customers, embeddings));
    let piaf = public_sets::piaf(folder).expect("PIAF");
    tenants.extend(faq::tenants(&piaf, Language::FRENCH, &strangers, embeddings));
    tenants.extend(reading_tenants(&piaf, Language::FRENCH, &strangers, embeddings));
    for code in ["en", "de", "es", "zh", "ar"] {
        let reading = public_sets::xquad(folder, code).expect("XQuAD");
        let far: Vec<String> = match code {
            "en" => customers.clone(),
            _ => Random::new(3)
                .sample(&public_sets::xquad(folder, "en").expect("XQuAD").questions, 300)
                .into_iter()
                .map(|q| q.question)
                .collect(),
        };
        tenants.extend(reading_tenants(
            &reading,
            Language::from_code(code),
            &far,
            embeddings,
        ));
    }
    let shops = small_shops::read().taught();
    tenants.extend(shops.iter().map(|shop| shop.tenant(embeddings)));
    for tenant in &tenants {
        embeddings
            .prepare(tenant.asked.iter().map(|asked| asked.text.as_str()))
            .expect("vectors");
    }
    tenants
}

/// Tenants made of one half of BANKING77's intents and of SQuAD's articles, and those of the other halves: what is fitted
/// on one can be judged on the other, with which it shares neither an answer nor a document.
pub fn halves(folder: &Path, embeddings: &mut Embeddings) -> [Vec<Tenant>; 2] {
    let squad = public_sets::squad(folder).expect("SQuAD");
    let strangers: Vec<String> = squad
        .questions
        .into_iter()
        .step_by(20)
        .map(|q| q.question)
        .collect();
    let banking = public_sets::banking(folder).expect("BANKING77");
    let customers: Vec<String> = banking.test.into_iter().step_by(5).map(|q| q.text).collect();
    let fits = SHAPES.iter().filter(|shape| shape.answers <= 25);
    let shapes: Vec<Shape> = fits.copied().collect();
    [true, false].map(|half| {
        let is_ours = |name: &str| id_of("half", name).as_bytes()[0].is_multiple_of(2) == half;
        let mut banking = public_sets::banking(folder).expect("BANKING77");
        banking.train.retain(|row| is_ours(&row.category));
        banking.test.retain(|row| is_ours(&row.category));
        let mut squad = public_sets::squad(folder).expect("SQuAD");
        squad.paragraphs.retain(|paragraph| is_ours(&paragraph.title));
        let mut tenants = qa_tenants(&banking, &shapes, &strangers, embeddings);
        tenants.extend(faq::tenants(&squad, Language::ENGLISH, &customers, embeddings));
        tenants.extend(reading_tenants(&squad, Language::ENGLISH, &customers, embeddings));
        let asked = tenants.iter().flat_map(|tenant| &tenant.asked);
        embeddings
            .prepare(asked.map(|asked| asked.text.as_str()))
            .expect("vectors");
        tenants
    })
}

/// How one simulated FAQ is made: so many answers, so many phrasings each, and whether the answers are
/// far from each other, as a shop's usually are, or drawn from 77 fine shades of one subject.
#[derive(Clone, Copy)]
struct Shape {
    answers: usize,
    phrasings: usize,
    is_distinct: bool,
}

const fn distinct(answers: usize, phrasings: usize) -> Shape {
    Shape {
        answers,
        phrasings,
        is_distinct: true,
    }
}

const fn crowded(answers: usize, phrasings: usize) -> Shape {
    Shape {
        answers,
        phrasings,
        is_distinct: false,
    }
}

const SHAPES: &[Shape] = &[
    distinct(5, 1),
    distinct(8, 1),
    distinct(12, 1),
    distinct(16, 1),
    distinct(20, 1),
    distinct(25, 1),
    distinct(10, 2),
    distinct(20, 2),
    distinct(16, 3),
    distinct(25, 5),
    crowded(5, 1),
    crowded(10, 1),
    crowded(20, 1),
    crowded(40, 1),
    crowded(20, 2),
    crowded(50, 2),
    crowded(30, 3),
    crowded(10, 5),
    crowded(30, 5),
    crowded(50, 5),
    crowded(77, 5),
    crowded(20, 10),
    crowded(50, 10),
    crowded(77, 10),
    crowded(50, 40),
];

/// Answers closer than this (cosine of their mean phrasing) are not distinct, and questions of unknown
/// intents as close as [`SAME`] to a known one are the label's fault, not gaps.
const CLOSE: f32 = 0.62;
const SAME: f32 = 0.8;

/// BANKING77: some intents known with some phrasings each, the others unknown.
fn qa_tenants(
    banking: &Banking,
    shapes: &[Shape],
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Vec<Tenant> {
    embeddings
        .prepare(banking.train.iter().map(|row| row.text.as_str()))
        .expect("vectors");
    let intents = Intents::new(banking, embeddings);
    let mut tenants = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        for seed in 0..4 {
            let mut random = Random::new(1_000 + 10 * number as u64 + seed);
            tenants.push(qa_tenant(
                banking,
                &intents,
                strangers,
                shape,
                &mut random,
                embeddings,
            ));
        }
    }
    tenants
}

/// The training questions of each intent and their mean direction.
struct Intents {
    names: Vec<String>,
    questions: HashMap<String, Vec<Labelled>>,
    middle: HashMap<String, Vec<f32>>,
}

impl Intents {
    fn new(banking: &Banking, embeddings: &Embeddings) -> Intents {
        let mut questions: HashMap<String, Vec<Labelled>> = HashMap::new();
        banking.train.iter().for_each(|row| {
            questions
                .entry(row.category.clone())
                .or_default()
                .push(row.clone())
        });
        let mut names: Vec<String> = questions.keys().cloned().collect();
        names.sort_unstable();
        let middle = questions
            .iter()
            .map(|(name, rows)| (name.clone(), middle(rows, embeddings)))
            .collect();
        Intents {
            names,
            questions,
            middle,
        }
    }

    fn closeness(&self, a: &str, b: &str) -> f32 {
        self.middle[a]
            .iter()
            .zip(&self.middle[b])
            .map(|(x, y)| x * y)
            .sum()
    }

    fn choose(&self, shape: &Shape, random: &mut Random) -> Vec<String> {
        let mut chosen: Vec<String> = Vec::new();
        for name in random.sample(&self.names, self.names.len()) {
            let is_free = chosen.iter().all(|other| self.closeness(other, &name) < CLOSE);
            if chosen.len() < shape.answers && (is_free || !shape.is_distinct) {
                chosen.push(name);
            }
        }
        chosen
    }
}

fn middle(rows: &[Labelled], embeddings: &Embeddings) -> Vec<f32> {
    let mut sum = vec![0.0; 384];
    for row in rows {
        sum.iter_mut()
            .zip(embeddings.get(&row.text).expect("a prepared text"))
            .for_each(|(sum, x)| *sum += x);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter().map(|x| x / length).collect()
}

fn qa_tenant(
    banking: &Banking,
    intents: &Intents,
    strangers: &[String],
    shape: &Shape,
    random: &mut Random,
    embeddings: &mut Embeddings,
) -> Tenant {
    let known = intents.choose(shape, random);
    let pairs: Vec<Labelled> = known
        .iter()
        .flat_map(|name| random.sample(&intents.questions[name], shape.phrasings))
        .collect();
    let is_known = |row: &&Labelled| known.contains(&row.category);
    let is_gap = |row: &&Labelled| {
        known
            .iter()
            .all(|name| intents.closeness(name, &row.category) < SAME)
    };
    let answerable: Vec<&Labelled> = banking.test.iter().filter(is_known).collect();
    let near: Vec<&Labelled> = banking.test.iter().filter(is_gap).collect();
    let named = |row: &Labelled| (row.text.clone(), id_of("answer", &row.category));
    let asked = traffic(
        random.sample(&answerable, ASKED).into_iter().map(named).collect(),
        random
            .sample(&near, ASKED / 4)
            .into_iter()
            .map(|row| row.text.clone())
            .collect(),
        random.sample(strangers, ASKED / 6),
    );
    let sort = if shape.is_distinct { "distinct" } else { "crowded" };
    Tenant {
        dataset: "banking77".into(),
        name: format!("banking77 {sort} {}×{}", known.len(), shape.phrasings),
        kind: EntryKind::QaPair,
        entries: qa_entries(&pairs, embeddings).expect("vectors"),
        asked,
    }
}

/// Documents: some articles with a part of their paragraphs left out.
fn reading_tenants(
    reading: &Reading,
    language: Language,
    far: &[String],
    embeddings: &mut Embeddings,
) -> Vec<Tenant> {
    let mut titles: Vec<&str> = reading
        .paragraphs
        .iter()
        .map(|paragraph| paragraph.title.as_str())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    let mut tenants = Vec::new();
    for (shape, paragraphs) in [10, 30, 80, 200, 500, 1_000].into_iter().enumerate() {
        if paragraphs > reading.paragraphs.len() {
            continue;
        }
        for seed in 0..4 {
            let mut random = Random::new(2_000 + 10 * shape as u64 + seed);
            tenants.push(reading_tenant(
                reading,
                language,
                far,
                &titles,
                paragraphs,
                &mut random,
                embeddings,
            ));
        }
    }
    tenants
}

fn reading_tenant(
    reading: &Reading,
    language: Language,
    far: &[String],
    titles: &[&str],
    paragraphs: usize,
    random: &mut Random,
    embeddings: &mut Embeddings,
) -> Tenant {
    let chosen = whole_articles(reading, titles, paragraphs + paragraphs / 4, random);
    let (left_out, known): (Vec<Paragraph>, Vec<Paragraph>) = {
        let mut chosen = chosen;
        random.shuffle(&mut chosen);
        let rest = chosen.split_off(chosen.len() / 5);
        (chosen, rest)
    };
    let known_ids: HashSet<&str> = known.iter().map(|paragraph| paragraph.id.as_str()).collect();
    let left_out_ids: HashSet<&str> = left_out.iter().map(|paragraph| paragraph.id.as_str()).collect();
    let about = |ids: &HashSet<&str>, impossible: bool| -> Vec<&Question> {
        let fits = |q: &&Question| q.is_impossible == impossible && ids.contains(q.passage_id.as_str());
        reading.questions.iter().filter(fits).collect()
    };
    let mut near = random.sample(&about(&left_out_ids, false), ASKED / 4);
    near.extend(random.sample(&about(&known_ids, true), ASKED / 16));
    let answerable = random.sample(&about(&known_ids, false), ASKED);
    let asked = traffic(
        answerable
            .into_iter()
            .map(|q| (q.question.clone(), id_of("paragraph", &q.passage_id)))
            .collect(),
        near.into_iter().map(|q| q.question.clone()).collect(),
        random.sample(far, ASKED / 6),
    );
    Tenant {
        dataset: reading.name.clone(),
        name: format!("{} {paragraphs}", reading.name),
        kind: EntryKind::Passage,
        entries: passage_entries(&known, language, embeddings).expect("vectors"),
        asked,
    }
}

/// Paragraphs of randomly chosen articles, whole articles until there are enough.
fn whole_articles(reading: &Reading, titles: &[&str], wanted: usize, random: &mut Random) -> Vec<Paragraph> {
    let mut chosen: Vec<Paragraph> = Vec::new();
    for title in random.sample(titles, titles.len()) {
        let article = reading
            .paragraphs
            .iter()
            .filter(|paragraph| paragraph.title == title);
        chosen.extend(article.cloned());
        if chosen.len() >= wanted {
            break;
        }
    }
    chosen.truncate(wanted);
    chosen
}

pub fn traffic(answerable: Vec<(String, Uuid)>, near: Vec<String>, far: Vec<String>) -> Vec<Asked> {
    let share = |total: f64, count: usize| total / count.max(1) as f64;
    let (a, n, f) = (
        share(ANSWERABLE, answerable.len()),
        share(NEAR_GAPS, near.len()),
        share(FAR_GAPS, far.len()),
    );
    let gap = |sort, weight| {
        move |text: String| Asked {
            text,
            answer: None,
            sort,
            weight,
        }
    };
    let mut asked: Vec<Asked> = answerable
        .into_iter()
        .map(|(text, answer)| Asked {
            text,
            answer: Some(answer),
            sort: Sort::Answerable,
            weight: a,
        })
        .collect();
    asked.extend(near.into_iter().map(gap(Sort::Near, n)));
    asked.extend(far.into_iter().map(gap(Sort::Far, f)));
    asked
}
