//! How likely it is that a candidate answers the question: a small logistic model, fitted on public sets.
//!
//! Two models a kind, one that compares meaning and words and one for words alone, blended by how far the
//! embedding model understands the language. Coefficients, what they were fitted on, and the reliability curve are in
//! `confidence.json` beside this file, written by `cargo run --release -p knowledge --example fit_confidence`.
//! Start at [`probability`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::index::EntryKind;

/// The features each model may use. The sign of a coefficient is fixed where reason fixes it, so that the
/// model bends the right way also where no data set has been.
pub mod inputs {
    /// One input: its name, how it is read from the features, and the sign its coefficient must have.
    pub struct Input {
        pub name: &'static str,
        pub read: fn(&super::Features) -> f32,
        pub sign: Sign,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Sign {
        Positive,
        Negative,
        Free,
    }

    const fn input(name: &'static str, sign: Sign, read: fn(&super::Features) -> f32) -> Input {
        Input { name, read, sign }
    }

    pub const ALL: &[Input] = &[
        input("lift", Sign::Positive, |f| f.lift),
        input("lift_centroid", Sign::Positive, |f| f.lift_centroid),
        input("neighbour_median", Sign::Negative, |f| f.neighbour_median),
        input("z_dense", Sign::Positive, |f| f.z_dense.clamp(-2.0, 8.0)),
        input("margin_dense", Sign::Positive, |f| {
            f.margin_dense.clamp(-0.5, 0.6)
        }),
        input("vote", Sign::Positive, |f| f.vote),
        input("dense_first", Sign::Positive, |f| f.dense_first),
        input("learned", Sign::Positive, |f| f.learned.clamp(0.0, 1.0)),
        input("margin_learned", Sign::Positive, |f| {
            f.margin_learned.clamp(-0.5, 1.0)
        }),
        input("lexical", Sign::Positive, |f| f.lexical.clamp(0.0, 2.0)),
        input("z_lexical", Sign::Positive, |f| f.z_lexical.clamp(-2.0, 8.0)),
        input("margin_lexical", Sign::Positive, |f| {
            f.margin_lexical.clamp(-1.0, 1.0)
        }),
        input("lexical_first", Sign::Positive, |f| f.lexical_first),
        input("coverage", Sign::Positive, |f| f.coverage),
        input("unknown", Sign::Negative, |f| f.unknown),
        input("rarest", Sign::Positive, |f| f.rarest),
        input("title_coverage", Sign::Positive, |f| f.title_coverage),
        input("numbers_missing", Sign::Negative, |f| f.numbers_missing),
        input("names_missing", Sign::Negative, |f| f.names_missing),
        input("exchanged", Sign::Negative, |f| f.exchanged),
        input("length", Sign::Free, |f| f.length.min(3.0)),
        input("size", Sign::Free, |f| f.size.min(8.0)),
    ];

    const QA_PAIR: &[&str] = &[
        "lift",
        "neighbour_median",
        "z_dense",
        "margin_dense",
        "vote",
        "dense_first",
        "margin_lexical",
        "lexical_first",
        "coverage",
        "unknown",
        "rarest",
        "title_coverage",
        "numbers_missing",
        "names_missing",
        "exchanged",
        "length",
    ];
    const QA_PAIR_EXAMPLES: &[&str] = &[
        "lift",
        "lift_centroid",
        "neighbour_median",
        "z_dense",
        "margin_dense",
        "vote",
        "learned",
        "margin_learned",
        "margin_lexical",
        "lexical_first",
        "coverage",
        "unknown",
        "numbers_missing",
        "names_missing",
        "exchanged",
        "length",
    ];
    const QA_PAIR_WORDS: &[&str] = &[
        "lexical",
        "z_lexical",
        "margin_lexical",
        "lexical_first",
        "coverage",
        "unknown",
        "rarest",
        "title_coverage",
        "numbers_missing",
        "names_missing",
        "exchanged",
        "length",
        "size",
    ];
    // a passage is about many things: another name in it tells little
    const PASSAGE: &[&str] = &[
        "lift",
        "neighbour_median",
        "z_dense",
        "margin_dense",
        "vote",
        "dense_first",
        "margin_lexical",
        "lexical_first",
        "coverage",
        "unknown",
        "rarest",
        "title_coverage",
        "numbers_missing",
        "length",
    ];
    const PASSAGE_WORDS: &[&str] = &[
        "lexical",
        "z_lexical",
        "margin_lexical",
        "lexical_first",
        "coverage",
        "unknown",
        "rarest",
        "title_coverage",
        "numbers_missing",
        "length",
        "size",
    ];

    /// The models by name, each with the names of its inputs.
    pub const MODELS: &[(&str, &[&str])] = &[
        ("qa_pair", QA_PAIR),
        ("qa_pair_examples", QA_PAIR_EXAMPLES),
        ("qa_pair_words", QA_PAIR_WORDS),
        ("passage", PASSAGE),
        ("passage_words", PASSAGE_WORDS),
    ];
}

/// The probability that the candidate with these features answers the question.
pub fn probability(kind: EntryKind, features: &Features) -> f32 {
    sigmoid(log_odds(&FITTED, kind, features))
}

/// Fitted coefficients by input name; `intercept` stands apart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Coefficients {
    pub intercept: f32,
    pub coefficients: BTreeMap<String, f32>,
}

/// All models, ready to be evaluated.
pub struct Models {
    by_name: BTreeMap<String, Linear>,
}

impl Models {
    pub fn new(fitted: &BTreeMap<String, Coefficients>) -> Models {
        Models {
            by_name: fitted
                .iter()
                .map(|(name, fitted)| (name.clone(), Linear::new(fitted)))
                .collect(),
        }
    }

    fn log_odds(&self, name: &str, features: &Features) -> f32 {
        self.by_name
            .get(name)
            .map_or(0.0, |linear| linear.log_odds(features))
    }
}

/// An exact repetition of a stored question is as good as certain.
const EXACT: f32 = 3.0;

/// Log odds before the sigmoid; for the fit, which brings its own models.
pub fn log_odds(models: &Models, kind: EntryKind, features: &Features) -> f32 {
    let (meaning, words) = match (kind, features.has_examples) {
        (EntryKind::QaPair, true) => ("qa_pair_examples", "qa_pair_words"),
        (EntryKind::QaPair, false) => ("qa_pair", "qa_pair_words"),
        (EntryKind::Passage, _) => ("passage", "passage_words"),
    };
    let by_words = models.log_odds(words, features);
    let exact = if kind == EntryKind::QaPair {
        EXACT * features.exact
    } else {
        0.0
    };
    if !features.has_vector {
        return by_words + exact;
    }
    let by_meaning = models.log_odds(meaning, features);
    let share = meaning_share(kind, features.trust);
    share * by_meaning + (1.0 - share) * by_words + exact
}

/// How much the model that compares meaning has to say. Between a question and a passage, a half-understood
/// language leaves the cosines no calibrated meaning; between two questions it still does.
fn meaning_share(kind: EntryKind, trust: f32) -> f32 {
    match kind {
        EntryKind::QaPair => trust,
        EntryKind::Passage => ((trust - 0.6) / 0.4).max(0.0),
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// How a feature is read.
type Reading = fn(&Features) -> f32;

struct Linear {
    intercept: f32,
    terms: Vec<(Reading, f32)>,
}

impl Linear {
    fn new(fitted: &Coefficients) -> Linear {
        let read = |name: &str| {
            inputs::ALL
                .iter()
                .find(|input| input.name == name)
                .map(|input| input.read)
        };
        let terms = fitted
            .coefficients
            .iter()
            .filter_map(|(name, weight)| Some((read(name)?, *weight)));
        Linear {
            intercept: fitted.intercept,
            terms: terms.collect(),
        }
    }

    fn log_odds(&self, features: &Features) -> f32 {
        self.terms
            .iter()
            .map(|(read, weight)| read(features) * weight)
            .sum::<f32>()
            + self.intercept
    }
}

#[derive(Deserialize)]
struct File {
    models: BTreeMap<String, Coefficients>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in and a test reads it")]
static FITTED: LazyLock<Models> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("confidence.json")).expect("coefficients");
    Models::new(&file.models)
});
