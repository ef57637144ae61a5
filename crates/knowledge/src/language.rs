//! Which language a text is written in, from two words upwards.
//!
//! General detectors need a sentence or more; visitors write "opening hours?". So the script decides
//! first, then small lists of function words and everyday customer words vote, and only longer texts
//! are handed to `whatlang`. When nothing is clear the answer is [`Language::UNKNOWN`]: callers then
//! fall back on the conversation's or the channel's language.
//!
//! The lists double as stop words for retrieval ([`is_function_word`]). Start at [`detect`].

mod cues;
mod script;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_segmentation::UnicodeSegmentation;

use cues::{CUES, Cues};

/// An ISO 639-1 code, or [`Language::UNKNOWN`] (written `und`, as ISO 639-2 does).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language([u8; 2]);

impl Language {
    pub const UNKNOWN: Language = Language(*b"??");
    pub const ARABIC: Language = Language(*b"ar");
    pub const CHINESE: Language = Language(*b"zh");
    pub const DUTCH: Language = Language(*b"nl");
    pub const ENGLISH: Language = Language(*b"en");
    pub const FRENCH: Language = Language(*b"fr");
    pub const GERMAN: Language = Language(*b"de");
    pub const ITALIAN: Language = Language(*b"it");
    pub const JAPANESE: Language = Language(*b"ja");
    pub const KOREAN: Language = Language(*b"ko");
    pub const PORTUGUESE: Language = Language(*b"pt");
    pub const SPANISH: Language = Language(*b"es");

    /// Reads `fr`, `FR`, `fr-CA` or `fr_FR`; anything else (`auto`, empty, three letters) is unknown.
    pub fn from_code(code: &str) -> Language {
        let primary = code.split(['-', '_']).next().unwrap_or_default().as_bytes();
        match primary {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Language([a.to_ascii_lowercase(), b.to_ascii_lowercase()])
            }
            _ => Language::UNKNOWN,
        }
    }

    /// The two-letter code, or `und`.
    pub fn code(&self) -> &str {
        if self.is_unknown() {
            "und"
        } else {
            std::str::from_utf8(&self.0).unwrap_or("und")
        }
    }

    pub fn is_unknown(&self) -> bool {
        *self == Language::UNKNOWN
    }

    /// This language, or `other` when it is unknown.
    pub fn or(self, other: Language) -> Language {
        if self.is_unknown() { other } else { self }
    }

    const fn of(code: &[u8; 2]) -> Language {
        Language(*code)
    }
}

impl Default for Language {
    fn default() -> Self {
        Language::UNKNOWN
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Language::from_code(&String::deserialize(deserializer)?))
    }
}

/// Longest prefix looked at: language does not change after that, and a pasted book must cost nothing.
const SAMPLE_CHARS: usize = 600;
/// One distinctive function word is worth 1; less than this is a guess. A language that is less often
/// met needs more, or "iPhone 15 Pro" would be Czech.
const ENOUGH_VOTES: f32 = 0.9;
const ENOUGH_VOTES_IF_RARE: f32 = 1.5;
/// The winner must beat the runner-up by this factor.
const CLEAR_LEAD: f32 = 1.3;
/// Below this length `whatlang` is a coin toss.
const LONG_ENOUGH_FOR_TRIGRAMS: usize = 40;

/// The language of `text`, or [`Language::UNKNOWN`] when nothing speaks clearly for one.
pub fn detect(text: &str) -> Language {
    let sample = match text.char_indices().nth(SAMPLE_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    match script::language_of(sample) {
        script::Verdict::Language(language) => language,
        script::Verdict::Latin => detect_latin(sample),
        script::Verdict::Undecided => by_trigrams(sample),
    }
}

/// Whether `word` (lower case) carries grammar and no subject in `language`: "the", "est", "wie".
/// For an unknown language, whether it does so in any of the languages listed.
pub fn is_function_word(word: &str, language: Language) -> bool {
    CUES.iter()
        .filter(|cues| language.is_unknown() || cues.language == language)
        .any(|cues| cues.is_function_word(word))
}

fn detect_latin(sample: &str) -> Language {
    let votes = count_votes(sample);
    let mut ranked: Vec<(f32, Language)> = votes
        .iter()
        .zip(CUES.iter())
        .map(|(v, c)| (*v, c.language))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (best, second) = (ranked[0], ranked[1]);
    let enough = if is_common(best.1) {
        ENOUGH_VOTES
    } else {
        ENOUGH_VOTES_IF_RARE
    };
    if best.0 >= enough && best.0 >= second.0 * CLEAR_LEAD {
        return best.1;
    }
    by_trigrams(sample)
}

fn is_common(language: Language) -> bool {
    let common = [
        Language::ENGLISH,
        Language::FRENCH,
        Language::GERMAN,
        Language::SPANISH,
        Language::ITALIAN,
        Language::PORTUGUESE,
        Language::DUTCH,
    ];
    common.contains(&language)
}

fn count_votes(sample: &str) -> Vec<f32> {
    let lower = sample.to_lowercase().replace('’', "'");
    let mut votes = vec![0.0_f32; CUES.len()];
    for word in lower.unicode_words().flat_map(|w| w.split_inclusive('\'')) {
        vote(&mut votes, |cues| cues.weight(word));
    }
    for letter in lower.chars().filter(|c| !c.is_ascii()) {
        vote(
            &mut votes,
            |cues| if cues.letters.contains(letter) { 0.6 } else { 0.0 },
        );
    }
    votes
}

/// A sign shared by several languages counts less for each of them.
fn vote(votes: &mut [f32], weight: impl Fn(&Cues) -> f32) {
    let weights: Vec<f32> = CUES.iter().map(weight).collect();
    let total: f32 = weights.iter().sum();
    if total > 0.0 {
        votes
            .iter_mut()
            .zip(&weights)
            .for_each(|(vote, w)| *vote += w * w / total);
    }
}

fn by_trigrams(sample: &str) -> Language {
    if sample.chars().filter(|c| c.is_alphabetic()).count() < LONG_ENOUGH_FOR_TRIGRAMS {
        return Language::UNKNOWN;
    }
    match whatlang::detect(sample) {
        Some(info) if info.is_reliable() => from_iso3(info.lang().code()),
        _ => Language::UNKNOWN,
    }
}

fn from_iso3(code: &str) -> Language {
    ISO_639_3
        .iter()
        .find(|(three, _)| *three == code)
        .map_or(Language::UNKNOWN, |(_, two)| Language::of(two))
}

/// The codes `whatlang` may return whose two-letter form is not obvious from its name.
const ISO_639_3: &[(&str, &[u8; 2])] = &[
    ("afr", b"af"),
    ("aka", b"ak"),
    ("amh", b"am"),
    ("ara", b"ar"),
    ("aze", b"az"),
    ("bel", b"be"),
    ("ben", b"bn"),
    ("bul", b"bg"),
    ("cat", b"ca"),
    ("ces", b"cs"),
    ("cmn", b"zh"),
    ("cym", b"cy"),
    ("dan", b"da"),
    ("deu", b"de"),
    ("ell", b"el"),
    ("eng", b"en"),
    ("epo", b"eo"),
    ("est", b"et"),
    ("fin", b"fi"),
    ("fra", b"fr"),
    ("guj", b"gu"),
    ("heb", b"he"),
    ("hin", b"hi"),
    ("hrv", b"hr"),
    ("hun", b"hu"),
    ("hye", b"hy"),
    ("ind", b"id"),
    ("ita", b"it"),
    ("jav", b"jv"),
    ("jpn", b"ja"),
    ("kan", b"kn"),
    ("kat", b"ka"),
    ("khm", b"km"),
    ("kor", b"ko"),
    ("lat", b"la"),
    ("lav", b"lv"),
    ("lit", b"lt"),
    ("mal", b"ml"),
    ("mar", b"mr"),
    ("mkd", b"mk"),
    ("mya", b"my"),
    ("nep", b"ne"),
    ("nld", b"nl"),
    ("nob", b"no"),
    ("ori", b"or"),
    ("pan", b"pa"),
    ("pes", b"fa"),
    ("pol", b"pl"),
    ("por", b"pt"),
    ("ron", b"ro"),
    ("rus", b"ru"),
    ("sin", b"si"),
    ("slk", b"sk"),
    ("slv", b"sl"),
    ("sna", b"sn"),
    ("spa", b"es"),
    ("srp", b"sr"),
    ("swe", b"sv"),
    ("tam", b"ta"),
    ("tel", b"te"),
    ("tgl", b"tl"),
    ("tha", b"th"),
    ("tuk", b"tk"),
    ("tur", b"tr"),
    ("ukr", b"uk"),
    ("urd", b"ur"),
    ("uzb", b"uz"),
    ("vie", b"vi"),
    ("yid", b"yi"),
    ("zul", b"zu"),
];

#[cfg(test)]
mod tests;
