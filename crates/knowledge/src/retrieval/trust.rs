//! How far the embedding model can be trusted with the language of a question.
//!
//! all-MiniLM-L6-v2 learned English. It still helps a little with languages that share its letters, and
//! is nearly noise elsewhere: right paragraph first on XQuAD, alone, en 92 %, de 58, es 50, zh 14, ar 1.
//! An equal mix would then ruin a good lexical ranking. Start at [`trust`].

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// Which languages the model that embedded the entries understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelReach {
    /// The local model.
    #[default]
    English,
    /// What embeddings endpoints offer today.
    Multilingual,
}

/// Odds of the dense score against its full weight, by the measurements in docs/answer-quality.md.
const OTHER_LATIN: f32 = 0.55;
const OTHER_SCRIPT: f32 = 0.15;
const UNCLEAR: f32 = 0.8;

/// 1 where the model understands the question, towards 0 where it does not.
pub fn trust(reach: ModelReach, language: Language) -> f32 {
    match (reach, language.code()) {
        (ModelReach::Multilingual, _) | (_, "en") => 1.0,
        (_, "und") => UNCLEAR,
        (_, code) if is_written_in_latin(code) => OTHER_LATIN,
        _ => OTHER_SCRIPT,
    }
}

fn is_written_in_latin(code: &str) -> bool {
    !matches!(
        code,
        "am" | "ar"
            | "be"
            | "bg"
            | "bn"
            | "el"
            | "fa"
            | "gu"
            | "he"
            | "hi"
            | "hy"
            | "ja"
            | "ka"
            | "km"
            | "kn"
            | "ko"
            | "lo"
            | "mk"
            | "ml"
            | "mr"
            | "my"
            | "ne"
            | "or"
            | "pa"
            | "ru"
            | "si"
            | "sr"
            | "ta"
            | "te"
            | "th"
            | "uk"
            | "ur"
            | "yi"
            | "zh"
    )
}
