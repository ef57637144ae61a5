//! Reads the public data sets as they are described in their READMEs.

use std::fs;
use std::path::Path;

use kernel::error::{Error, Result, invalid};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A question with the name of its answer (BANKING77's intent).
#[derive(Clone, Debug, Deserialize)]
pub struct Labelled {
    pub text: String,
    pub category: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Paragraph {
    pub id: String,
    pub title: String,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    pub question: String,
    pub passage_id: String,
    #[serde(default)]
    pub answers: Vec<String>,
    #[serde(default)]
    pub is_impossible: bool,
}

/// Passages and the questions asked of them.
#[derive(Clone, Debug)]
pub struct Reading {
    pub name: String,
    pub paragraphs: Vec<Paragraph>,
    pub questions: Vec<Question>,
}

pub struct Banking {
    pub train: Vec<Labelled>,
    pub ten_shot: Vec<Labelled>,
    pub five_shot: Vec<Labelled>,
    pub test: Vec<Labelled>,
    pub unknown_intents: Vec<String>,
}

/// What a customer of a fictional bank wants, and the articles that are needed for it.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    pub scenario: String,
    pub required_documents: Vec<String>,
}

pub fn banking(folder: &Path) -> Result<Banking> {
    let read = |file: &str| labelled(&folder.join("banking77").join(file));
    let unknown = text(&folder.join("banking77/oos_intents.json"))?;
    Ok(Banking {
        train: read("train.csv")?,
        ten_shot: read("train_10shot.csv")?,
        five_shot: read("train_5shot.csv")?,
        test: read("test.csv")?,
        unknown_intents: serde_json::from_str(&unknown)?,
    })
}

pub fn squad(folder: &Path) -> Result<Reading> {
    reading("SQuAD", &folder.join("squad-v2"))
}

pub fn piaf(folder: &Path) -> Result<Reading> {
    reading("PIAF", &folder.join("piaf-fr"))
}

pub fn xquad(folder: &Path, language: &str) -> Result<Reading> {
    reading(&format!("XQuAD {language}"), &folder.join("xquad").join(language))
}

pub fn bank_documents(folder: &Path) -> Result<Vec<Paragraph>> {
    lines(&folder.join("bank-kb/documents.jsonl"))
}

pub fn bank_scenarios(folder: &Path) -> Result<Vec<Scenario>> {
    lines(&folder.join("bank-kb/scenarios.jsonl"))
}

fn reading(name: &str, folder: &Path) -> Result<Reading> {
    Ok(Reading {
        name: name.to_owned(),
        paragraphs: lines(&folder.join("passages.jsonl"))?,
        questions: lines(&folder.join("questions.jsonl"))?,
    })
}

fn labelled(path: &Path) -> Result<Vec<Labelled>> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: std::result::Result<_, _> = reader.deserialize().collect();
    rows.map_err(|error| unreadable(path, &error))
}

fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = text(path)?;
    let rows: std::result::Result<_, _> = text.lines().map(serde_json::from_str).collect();
    rows.map_err(|error| unreadable(path, &error))
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Error {
    invalid(
        "data_set_unreadable",
        format!(
            "{} cannot be read: {error}. docs/answer-quality.md says which sets are needed.",
            path.display()
        ),
    )
}
