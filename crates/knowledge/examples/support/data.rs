//! Reads the public data sets as they are described in their READMEs.

use std::fs;
use std::path::Path;

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

pub fn banking(folder: &Path) -> Banking {
    let read = |file: &str| labelled(&folder.join("banking77").join(file));
    let unknown = fs::read_to_string(folder.join("banking77/oos_intents.json")).expect("oos_intents.json");
    Banking {
        train: read("train.csv"),
        ten_shot: read("train_10shot.csv"),
        five_shot: read("train_5shot.csv"),
        test: read("test.csv"),
        unknown_intents: serde_json::from_str(&unknown).expect("a list of intents"),
    }
}

pub fn squad(folder: &Path) -> Reading {
    reading("squad", &folder.join("squad-v2"))
}

pub fn piaf(folder: &Path) -> Reading {
    reading("piaf", &folder.join("piaf-fr"))
}

pub fn xquad(folder: &Path, language: &str) -> Reading {
    reading(&format!("xquad-{language}"), &folder.join("xquad").join(language))
}

/// The help centre of a fictional bank.
pub fn bank_documents(folder: &Path) -> Vec<Paragraph> {
    lines(&folder.join("bank-kb/documents.jsonl"))
}

fn reading(name: &str, folder: &Path) -> Reading {
    Reading {
        name: name.to_owned(),
        paragraphs: lines(&folder.join("passages.jsonl")),
        questions: lines(&folder.join("questions.jsonl")),
    }
}

fn labelled(path: &Path) -> Vec<Labelled> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader
        .deserialize()
        .map(|row| row.expect("text,category"))
        .collect()
}

fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect()
}
