//! The demo shop's knowledge (`demo/knowledge`): a realistic tenant with questions and what should answer them.

use std::collections::HashMap;
use std::fs;

use knowledge::language::{self, Language};
use knowledge::measures::THRESHOLD;
use knowledge::passages;
use knowledge::public_sets::{Embeddings, id_of};
use knowledge::retrieval::{Entry, EntryKind, Index, Query};
use serde::Deserialize;

use super::repository;

#[derive(Clone, Debug, Deserialize)]
pub struct ShopQuestion {
    pub question: String,
    pub expect: String,
    #[serde(rename = "match")]
    pub answered_by: Option<String>,
    #[serde(default)]
    pub follow_up: bool,
}

#[derive(Deserialize)]
struct Pair {
    question: String,
    answer: String,
}

/// The questions that make sense alone.
pub fn questions() -> Vec<ShopQuestion> {
    let text = fs::read_to_string(repository().join("demo/knowledge/questions.jsonl")).unwrap_or_default();
    let all = text
        .lines()
        .map(|line| serde_json::from_str::<ShopQuestion>(line).expect("one object a line"));
    all.filter(|question| !question.follow_up).collect()
}

/// Q&A pairs in both languages and the passages of the documents; the second value names each group's source.
pub fn entries(embeddings: &mut Embeddings) -> (Vec<Entry>, HashMap<uuid::Uuid, String>) {
    let mut entries = pairs();
    let mut source: HashMap<uuid::Uuid, String> = entries
        .iter()
        .map(|entry| (entry.id, entry.title.clone()))
        .collect();
    let folder = repository().join("demo/knowledge/documents");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("documents")
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    for file in files {
        let (title, passages) = document(&fs::read_to_string(file).expect("a document"));
        source.extend(passages.iter().map(|entry| (entry.id, title.clone())));
        entries.extend(passages);
    }
    let text = |entry: &Entry| match entry.kind {
        EntryKind::QaPair => entry.title.clone(),
        EntryKind::Passage => format!("{}\n{}", entry.title, entry.text),
    };
    let texts: Vec<String> = entries.iter().map(text).collect();
    embeddings
        .prepare(texts.iter().map(String::as_str))
        .expect("vectors");
    entries
        .iter_mut()
        .zip(&texts)
        .for_each(|(entry, text)| entry.vector = embeddings.get(text).map(Into::into));
    (entries, source)
}

fn pairs() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (file, language) in [("qa.en.csv", Language::ENGLISH), ("qa.fr.csv", Language::FRENCH)] {
        let path = repository().join("demo/knowledge").join(file);
        let mut reader = csv::Reader::from_path(path).expect("a CSV file");
        entries.extend(reader.deserialize().map(|row| {
            let pair: Pair = row.expect("question,answer,category");
            Entry {
                id: id_of("pair", &pair.question),
                kind: EntryKind::QaPair,
                group: id_of("answer", &pair.answer),
                title: pair.question,
                text: pair.answer,
                language,
                vector: None,
            }
        }));
    }
    entries
}

fn document(text: &str) -> (String, Vec<Entry>) {
    let (head, body) = text
        .trim_start_matches("---\n")
        .split_once("\n---\n")
        .unwrap_or(("", text));
    let title = head
        .lines()
        .find_map(|line| line.strip_prefix("title: "))
        .unwrap_or_default()
        .trim_matches('"');
    let language = language::detect(body);
    let entry = |passage: passages::Passage| Entry {
        id: id_of("passage", &format!("{title} {}", passage.position)),
        kind: EntryKind::Passage,
        group: id_of("section", &format!("{title} {}", passage.section)),
        title: passage.heading,
        text: passage.text,
        language,
        vector: None,
    };
    (
        title.to_owned(),
        passages::split(title, body).into_iter().map(entry).collect(),
    )
}

/// The demo shop: pairs and documents together, as a visitor meets them.
pub struct ShopResult {
    pub answerable: usize,
    pub right: usize,
    /// The right entry among the first five, from which a language model would answer.
    pub among_five: usize,
    /// Rightly answered, wrongly answered at the default threshold; gaps, gaps caught.
    pub answered_right: usize,
    pub answered_wrong: usize,
    pub gaps: usize,
    pub caught: usize,
}

pub fn ask(embeddings: &mut Embeddings) -> ShopResult {
    let (entries, source) = entries(embeddings);
    let questions = questions();
    embeddings
        .prepare(questions.iter().map(|question| question.question.as_str()))
        .expect("vectors");
    let index = Index::build(entries);
    let mut result = ShopResult {
        answerable: 0,
        right: 0,
        among_five: 0,
        answered_right: 0,
        answered_wrong: 0,
        gaps: 0,
        caught: 0,
    };
    for question in &questions {
        let vector = embeddings.get(&question.question);
        let found = index.search(&Query::new(&question.question, vector), 5);
        let is_sure = f64::from(found.confidence()) >= THRESHOLD;
        let place = found
            .candidates
            .iter()
            .position(|c| source.get(&c.id) == question.answered_by.as_ref());
        if question.answered_by.is_none() {
            result.gaps += 1;
            result.caught += usize::from(!is_sure);
            continue;
        }
        result.answerable += 1;
        result.right += usize::from(place == Some(0));
        result.among_five += usize::from(place.is_some());
        result.answered_right += usize::from(is_sure && place == Some(0));
        result.answered_wrong += usize::from(is_sure && place != Some(0));
    }
    result
}
