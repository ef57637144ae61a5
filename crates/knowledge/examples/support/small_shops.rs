//! Small shops of very different trades (`tests/quality/small_shops.json`), each with questions that its pairs answer and as
//! many that look near and that none answers: another place, name, number, day or means of payment.

use std::fs;

use knowledge::language::Language;
use knowledge::measures::{Judged, THRESHOLD};
use knowledge::public_sets::{Embeddings, id_of};
use knowledge::retrieval::{Candidate, Entry, EntryKind, Index, Query};
use serde::Deserialize;

use super::repository;
use super::simulate::{Asked, Sort, Tenant};

#[derive(Deserialize)]
pub struct Shops {
    pub shops: Vec<Shop>,
}

#[derive(Deserialize)]
pub struct Shop {
    pub name: String,
    pub language: String,
    pub pairs: Vec<Pair>,
    pub questions: Vec<Question>,
}

#[derive(Deserialize)]
pub struct Pair {
    pub question: String,
    pub answer: String,
}

#[derive(Deserialize)]
pub struct Question {
    pub text: String,
    /// The pair that answers it; none for a gap.
    pub expects: Option<usize>,
    pub why: String,
}

/// A question with what the shop's base says to it.
pub struct Said<'a> {
    pub shop: &'a Shop,
    pub question: &'a Question,
    pub best: Candidate,
    pub is_right: bool,
}

impl Said<'_> {
    pub fn is_answered(&self) -> bool {
        f64::from(self.best.probability) >= THRESHOLD
    }

    /// The right answer was found, and not given.
    pub fn is_declined_in_vain(&self) -> bool {
        self.is_right && !self.is_answered()
    }

    pub fn judged(&self) -> Judged {
        Judged {
            probability: f64::from(self.best.probability),
            right: self.is_right,
            answerable: self.question.expects.is_some(),
            weight: 1.0,
        }
    }
}

pub fn read() -> Shops {
    let path = repository().join("crates/knowledge/tests/quality/small_shops.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the shops")).expect("shops")
}

impl Shops {
    /// The first half, from which the confidence learns; the second half judges it.
    pub fn taught(mut self) -> Vec<Shop> {
        self.shops.truncate(self.shops.len() / 2);
        self.shops
    }

    pub fn untaught(mut self) -> Shops {
        self.shops.drain(..self.shops.len() / 2);
        self
    }

    /// Asks everything.
    pub fn ask(&self, embeddings: &mut Embeddings) -> Vec<Said<'_>> {
        let mut said = Vec::new();
        for shop in &self.shops {
            let tenant = shop.tenant(embeddings);
            let index = Index::build(tenant.entries);
            for (question, asked) in shop.questions.iter().zip(tenant.asked) {
                let query = Query::new(&question.text, embeddings.get(&question.text));
                let best = index.search(&query, 1).candidates.into_iter().next();
                said.extend(best.map(|best| Said {
                    shop,
                    question,
                    is_right: asked.answer == Some(best.id),
                    best,
                }));
            }
        }
        said
    }
}

impl Question {
    fn sort(&self) -> Sort {
        match (self.expects, self.why.as_str()) {
            (Some(_), _) => Sort::Answerable,
            (None, "stranger") => Sort::Far,
            _ => Sort::Near,
        }
    }
}

/// A shop that has just begun lacks more answers than the other simulated tenants. Each shop counts as several of those.
const TRAFFIC: [(Sort, f64); 3] = [(Sort::Answerable, 0.7), (Sort::Near, 0.2), (Sort::Far, 0.1)];
const TENANTS: f64 = 12.0;

impl Shop {
    fn weight(&self, sort: Sort) -> f64 {
        let alike = self
            .questions
            .iter()
            .filter(|question| question.sort() == sort)
            .count();
        let share = TRAFFIC
            .iter()
            .find(|(of, _)| *of == sort)
            .map_or(0.0, |(_, share)| *share);
        TENANTS * share / alike.max(1) as f64
    }

    /// As a simulated tenant, each question of the same weight.
    pub fn tenant(&self, embeddings: &mut Embeddings) -> Tenant {
        let texts = self.pairs.iter().map(|pair| pair.question.as_str());
        let asked = self.questions.iter().map(|question| question.text.as_str());
        embeddings.prepare(texts.chain(asked)).expect("vectors");
        let id = |at: usize| id_of("shop", &format!("{} {at}", self.name));
        let entry = |(at, pair): (usize, &Pair)| Entry {
            id: id(at),
            kind: EntryKind::QaPair,
            title: pair.question.clone(),
            text: pair.answer.clone(),
            group: id(at),
            language: Language::from_code(&self.language),
            vector: embeddings.get(&pair.question).map(Into::into),
        };
        let asked = |question: &Question| Asked {
            text: question.text.clone(),
            answer: question.expects.map(id),
            sort: question.sort(),
            weight: self.weight(question.sort()),
        };
        Tenant {
            dataset: "small shops".into(),
            name: self.name.clone(),
            kind: EntryKind::QaPair,
            entries: self.pairs.iter().enumerate().map(entry).collect(),
            asked: self.questions.iter().map(asked).collect(),
        }
    }
}
