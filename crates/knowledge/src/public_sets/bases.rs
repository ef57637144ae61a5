//! Turns the data sets into tenants' bases: entries for the index, questions with their right answers.

use std::path::Path;

use kernel::error::Result;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::data::{self, Labelled, Paragraph, Reading};
use super::embeddings::Embeddings;
use crate::language::Language;
use crate::passages;
use crate::retrieval::{Entry, EntryKind};

/// One tenant's base and what is asked of it. All texts have vectors.
pub struct Base {
    pub name: String,
    pub language: Language,
    pub kind: EntryKind,
    pub entries: Vec<Entry>,
    pub questions: Vec<Asked>,
}

/// A question and the groups that answer it; none for a gap.
#[derive(Clone, Debug)]
pub struct Asked {
    pub text: String,
    pub answers: Vec<Uuid>,
}

/// The bases on which finding is measured: every question has an answer.
pub fn retrieval_bases(folder: &Path, embeddings: &mut Embeddings) -> Result<Vec<Base>> {
    let banking = data::banking(folder)?;
    let mut bases = Vec::new();
    for (name, pairs) in [
        ("BANKING77, 5 examples", &banking.five_shot),
        ("BANKING77, 10 examples", &banking.ten_shot),
        ("BANKING77, all examples", &banking.train),
    ] {
        bases.push(matching(name, pairs, &banking.test, embeddings)?);
    }
    bases.push(reading(&data::squad(folder)?, Language::ENGLISH, embeddings)?);
    bases.push(reading(&data::piaf(folder)?, Language::FRENCH, embeddings)?);
    for code in ["en", "de", "es", "zh", "ar"] {
        let language = Language::from_code(code);
        bases.push(reading(&data::xquad(folder, code)?, language, embeddings)?);
    }
    bases.push(bank(folder, embeddings)?);
    Ok(bases)
}

fn matching(name: &str, pairs: &[Labelled], test: &[Labelled], embeddings: &mut Embeddings) -> Result<Base> {
    let asked = |row: &Labelled| Asked {
        text: row.text.clone(),
        answers: vec![id_of("answer", &row.category)],
    };
    Base {
        name: name.to_owned(),
        language: Language::ENGLISH,
        kind: EntryKind::QaPair,
        entries: qa_entries(pairs, embeddings)?,
        questions: test.iter().map(asked).collect(),
    }
    .with_vectors(embeddings)
}

fn reading(reading: &Reading, language: Language, embeddings: &mut Embeddings) -> Result<Base> {
    let questions = asked(reading);
    Base {
        name: reading.name.clone(),
        language,
        kind: EntryKind::Passage,
        entries: passage_entries(&reading.paragraphs, language, embeddings)?,
        questions,
    }
    .with_vectors(embeddings)
}

/// Long descriptions of what a customer wants, each answered by several articles.
fn bank(folder: &Path, embeddings: &mut Embeddings) -> Result<Base> {
    let scenarios = data::bank_scenarios(folder)?;
    let asked = scenarios.into_iter().map(|scenario| Asked {
        answers: scenario
            .required_documents
            .iter()
            .map(|id| id_of("paragraph", id))
            .collect(),
        text: scenario.scenario,
    });
    Base {
        name: "Bank scenarios".to_owned(),
        language: Language::ENGLISH,
        kind: EntryKind::Passage,
        entries: passage_entries(&data::bank_documents(folder)?, Language::ENGLISH, embeddings)?,
        questions: asked.filter(|asked| !asked.answers.is_empty()).collect(),
    }
    .with_vectors(embeddings)
}

impl Base {
    /// Has the questions embedded.
    pub fn with_vectors(self, embeddings: &mut Embeddings) -> Result<Base> {
        embeddings.prepare(self.questions.iter().map(|asked| asked.text.as_str()))?;
        Ok(self)
    }
}

/// The id that stands for a name: the same name always has the same id.
pub fn id_of(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("{kind}:{name}").as_bytes());
    Uuid::from_bytes(std::array::from_fn(|i| digest[i]))
}

/// Q&A pairs from labelled questions: the same label is the same answer. The answer's text stays empty.
pub fn qa_entries(pairs: &[Labelled], embeddings: &mut Embeddings) -> Result<Vec<Entry>> {
    embeddings.prepare(pairs.iter().map(|pair| pair.text.as_str()))?;
    let entry = |(at, pair): (usize, &Labelled)| Entry {
        id: id_of("pair", &format!("{at} {}", pair.text)),
        kind: EntryKind::QaPair,
        title: pair.text.clone(),
        text: String::new(),
        group: id_of("answer", &pair.category),
        language: Language::ENGLISH,
        vector: embeddings.get(&pair.text).map(Into::into),
    };
    Ok(pairs.iter().enumerate().map(entry).collect())
}

/// Passages of documents; every paragraph of the set is a document of its own, so that the group is the paragraph.
pub fn passage_entries(
    paragraphs: &[Paragraph],
    language: Language,
    embeddings: &mut Embeddings,
) -> Result<Vec<Entry>> {
    let mut cut = Vec::new();
    for paragraph in paragraphs {
        for passage in passages::split(&paragraph.title, &paragraph.text) {
            cut.push((paragraph, passage.text_to_embed(), passage));
        }
    }
    embeddings.prepare(cut.iter().map(|(_, text, _)| text.as_str()))?;
    let entry = |(paragraph, text, passage): (&Paragraph, String, passages::Passage)| Entry {
        id: id_of("passage", &format!("{} {}", paragraph.id, passage.position)),
        kind: EntryKind::Passage,
        title: passage.heading,
        text: passage.text,
        group: id_of("paragraph", &paragraph.id),
        language,
        vector: embeddings.get(&text).map(Into::into),
    };
    Ok(cut.into_iter().map(entry).collect())
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
            answers: vec![id_of("paragraph", &question.passage_id)],
        })
        .collect()
}
