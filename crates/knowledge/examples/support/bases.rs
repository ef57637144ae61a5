//! Turns the data sets into tenants' bases: entries for the index, questions with their right answers.

use std::collections::HashMap;

use knowledge::language::Language;
use knowledge::passages;
use knowledge::retrieval::{Entry, EntryKind};
use uuid::Uuid;

use super::data::{Labelled, Paragraph, Reading};
use super::embeddings::Embeddings;

/// The id that stands for a name: the same name always has the same id.
pub fn id_of(kind: &str, name: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{kind}:{name}").as_bytes());
    Uuid::from_bytes(std::array::from_fn(|i| digest[i]))
}

/// Q&A pairs from labelled questions: the same label is the same answer. The answer's text stays empty.
pub fn qa_entries(pairs: &[Labelled], embeddings: &mut Embeddings) -> Vec<Entry> {
    embeddings.prepare(pairs.iter().map(|pair| pair.text.as_str()));
    let entry = |(at, pair): (usize, &Labelled)| Entry {
        id: id_of("pair", &format!("{at} {}", pair.text)),
        kind: EntryKind::QaPair,
        title: pair.text.clone(),
        text: String::new(),
        group: id_of("answer", &pair.category),
        language: Language::ENGLISH,
        vector: Some(embeddings.get(&pair.text).into()),
    };
    pairs.iter().enumerate().map(entry).collect()
}

/// Passages of documents; every paragraph of the set is a document of its own, so that the group is the paragraph.
pub fn passage_entries(
    paragraphs: &[Paragraph],
    language: Language,
    embeddings: &mut Embeddings,
) -> Vec<Entry> {
    let cut: Vec<(usize, passages::Passage)> = paragraphs
        .iter()
        .enumerate()
        .flat_map(|(at, paragraph)| {
            passages::split(&paragraph.title, &paragraph.text)
                .into_iter()
                .map(move |p| (at, p))
        })
        .collect();
    let texts: Vec<String> = cut.iter().map(|(_, passage)| passage.text_to_embed()).collect();
    embeddings.prepare(texts.iter().map(String::as_str));
    let entry = |((at, passage), text): (&(usize, passages::Passage), &String)| Entry {
        id: id_of("passage", &format!("{} {}", paragraphs[*at].id, passage.position)),
        kind: EntryKind::Passage,
        title: passage.heading.clone(),
        text: passage.text.clone(),
        group: id_of("paragraph", &paragraphs[*at].id),
        language,
        vector: Some(embeddings.get(text).into()),
    };
    cut.iter().zip(&texts).map(entry).collect()
}

/// A question and the group that answers it; `None` for a gap.
#[derive(Clone, Debug)]
pub struct Asked {
    pub text: String,
    pub answer: Option<Uuid>,
}

/// The answerable questions of a reading set.
pub fn asked(reading: &Reading) -> Vec<Asked> {
    let answerable = reading
        .questions
        .iter()
        .filter(|question| !question.is_impossible);
    answerable
        .map(|question| Asked {
            text: question.question.clone(),
            answer: Some(id_of("paragraph", &question.passage_id)),
        })
        .collect()
}

/// Labelled questions as asked of a base that holds `known` answers.
pub fn asked_labelled(questions: &[Labelled], known: &HashMap<Uuid, ()>) -> Vec<Asked> {
    let answer =
        |question: &Labelled| Some(id_of("answer", &question.category)).filter(|id| known.contains_key(id));
    questions
        .iter()
        .map(|question| Asked {
            text: question.text.clone(),
            answer: answer(question),
        })
        .collect()
}
