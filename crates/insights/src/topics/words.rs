//! The words of messages: what a vector adds of them, the keywords of topics, and what topics are called by them.
//!
//! Keywords are weighed by class-based TF-IDF: a word counts for a topic as often as it stands in its messages, and the
//! more the less it stands elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use knowledge::language::{Language, is_function_word};
use knowledge::retrieval::text::{fold, stem};
use unicode_segmentation::UnicodeSegmentation;

/// A word of a message: as it was written, in small letters, and what stands for all its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub written: String,
    pub stem: String,
}

/// Words that carry courtesy or the mere wish to know, and no subject; beside the function words of each language.
const EMPTY: &str = "able actually allo alright also already anyone anything bonsoir bonjour bye cela cher chers coucou could dear does doesn \
    don etc everyone fine got good great guys hello help hey hope how info information just kind know let like look looking madame maybe \
    merci monsieur need needs nice okay please possible possibly pls question questions quick really regards salut see something somebody \
    someone still svp tell thank thanks thing things think time trying understand use using want wanted wants way wish wonder wondering would \
    yes aide aider aimerais aimerait beaucoup cordialement demande demander dire dites dois doit faire fais faut genre infos informations peux plait \
    possible pourriez pouvez pouvoir puis quelque quelqu renseignement renseignements savoir souhaite souhaiterais souhaiterait stp toujours \
    truc trucs veuillez veut voici voila voudrais voudrait voulais vouloir";

/// The words that carry the subject of a message, in order. None: it has no subject, like "ok, thanks".
pub fn words(text: &str, language: Language) -> Vec<Word> {
    let plain: Vec<&str> = text
        .split_whitespace()
        .filter(|piece| !piece.contains(['@', '/', '\\', '#']) && !piece.starts_with("www."))
        .collect();
    let lower = plain.join(" ").to_lowercase().replace(['’', 'ʼ'], "'");
    let pieces = lower
        .unicode_words()
        .flat_map(|word| word.split(['\'', '.', ':']));
    pieces.filter_map(|piece| word(piece, language)).collect()
}

fn word(written: &str, language: Language) -> Option<Word> {
    let folded = fold(written);
    let is_unspaced = folded.chars().any(|c| c >= '\u{3040}' && !c.is_ascii());
    let is_long_enough = is_unspaced || folded.chars().count() > 2;
    let carries_nothing = [language, Language::ENGLISH, Language::FRENCH]
        .iter()
        .any(|language| is_function_word(written, *language) || is_function_word(&folded, *language));
    let is_subject = is_long_enough
        && !carries_nothing
        && !folded.chars().any(char::is_numeric)
        && !empty().contains(folded.as_str());
    is_subject.then(|| Word {
        written: written.to_owned(),
        stem: stem(&folded, language).into_owned(),
    })
}

fn empty() -> &'static HashSet<&'static str> {
    static WORDS: std::sync::LazyLock<HashSet<&'static str>> =
        std::sync::LazyLock::new(|| EMPTY.split_whitespace().collect());
    &WORDS
}

/// The places that words share in a vector.
const PLACES: usize = 256;
/// What share of a message's likeness its words have, beside its meaning.
const SHARE: f32 = 0.15;

/// Meaning and words of a message as one vector of length one. Without a model the words are all there is.
pub fn vector(meaning: Option<&[f32]>, words: &[Word]) -> Vec<f32> {
    let mut of_words = vec![0.0f32; PLACES];
    for word in words {
        let hash = hash(&word.stem);
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        of_words[hash as usize % PLACES] += sign;
    }
    let Some(meaning) = meaning else {
        scale(&mut of_words, 1.0);
        return of_words;
    };
    let mut vector = meaning.to_vec();
    scale(&mut vector, (1.0 - SHARE).sqrt());
    scale(&mut of_words, SHARE.sqrt());
    vector.extend(of_words);
    scale(&mut vector, 1.0);
    vector
}

fn scale(vector: &mut [f32], to: f32) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 && length.is_finite() {
        vector.iter_mut().for_each(|x| *x *= to / length);
    }
}

/// FNV-1a: vectors are kept, so this must never change.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A message of a topic, for its keywords.
#[derive(Clone)]
pub struct Said {
    pub person: u64,
    pub words: Vec<Word>,
}

pub const MOST_KEYWORDS: usize = 6;

/// The keywords of each topic, the best first. What fewer than two people have said is none: a keyword tells of nobody.
pub fn keywords(topics: &[Vec<Said>]) -> Vec<Vec<String>> {
    let mut everywhere: HashMap<&str, usize> = HashMap::new();
    let mut all = 0;
    for word in topics.iter().flatten().flat_map(|said| &said.words) {
        *everywhere.entry(&word.stem).or_default() += 1;
        all += 1;
    }
    let average = all as f64 / topics.iter().filter(|topic| !topic.is_empty()).count().max(1) as f64;
    topics
        .iter()
        .map(|topic| {
            let mut weighed: Vec<(f64, String)> = terms(topic)
                .into_iter()
                .filter(|(_, term)| term.people.len() > 1)
                .map(|(stem, term)| {
                    let rarity = (1.0 + average / everywhere.get(stem).copied().unwrap_or(1) as f64).ln();
                    (term.count as f64 * rarity, term.written())
                })
                .collect();
            weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            weighed.truncate(MOST_KEYWORDS);
            weighed.into_iter().map(|(_, word)| word).collect()
        })
        .collect()
}

#[derive(Default)]
struct Term<'a> {
    count: usize,
    people: HashSet<u64>,
    forms: BTreeMap<&'a str, HashSet<u64>>,
}

impl Term<'_> {
    /// The form that most people have written.
    fn written(&self) -> String {
        let most = self
            .forms
            .iter()
            .max_by_key(|(form, people)| (people.len(), std::cmp::Reverse(form.len())));
        most.map_or_else(String::new, |(form, _)| (*form).to_owned())
    }
}

fn terms(topic: &[Said]) -> BTreeMap<&str, Term<'_>> {
    let mut terms: BTreeMap<&str, Term> = BTreeMap::new();
    for said in topic {
        for word in &said.words {
            let term = terms.entry(&word.stem).or_default();
            term.count += 1;
            term.people.insert(said.person);
            term.forms.entry(&word.written).or_default().insert(said.person);
        }
    }
    terms
}

/// What a topic is called by its keywords; without any by its number.
pub fn label(keywords: &[String], number: i32) -> String {
    let Some((first, rest)) = keywords.split_first() else {
        return format!("#{number}");
    };
    let mut letters = first.chars();
    let capital: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    let rest = rest.iter().take(2).cloned();
    std::iter::once(capital)
        .chain(rest)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(person: u64, text: &str, language: Language) -> Said {
        Said {
            person,
            words: words(text, language),
        }
    }

    #[test]
    fn what_only_thanks_or_greets_has_no_subject() {
        for (text, language) in [
            ("ok, thanks!", Language::ENGLISH),
            ("Bonjour", Language::FRENCH),
            ("hi there :)", Language::UNKNOWN),
            ("merci beaucoup", Language::FRENCH),
            ("ana@shop.example", Language::UNKNOWN),
        ] {
            assert_eq!(words(text, language), [], "{text}");
        }
    }

    #[test]
    fn keywords_are_what_sets_a_topic_apart() {
        let delivery = [
            "When does my parcel arrive?",
            "My parcel has not arrived",
            "Delivery of the parcel is late",
            "is there a delivery to my shop",
        ];
        let refund = [
            "I want a refund for my shop order",
            "refunds take how long",
            "my refund has not arrived",
        ];
        let of = |texts: &[&str]| -> Vec<Said> {
            let numbered = texts.iter().enumerate();
            numbered
                .map(|(n, text)| said(n as u64, text, Language::ENGLISH))
                .collect()
        };
        let found = keywords(&[of(&delivery), of(&refund)]);
        assert_eq!(found[0][0], "parcel");
        assert!(found[0].contains(&"delivery".to_owned()), "{found:?}");
        assert_eq!(found[1][0], "refund");
        assert_eq!(label(&found[1], 2), "Refund");
        assert_eq!(label(&[], 2), "#2");
    }

    #[test]
    fn a_keyword_tells_of_nobody() {
        let topic = vec![
            said(1, "my colleague Zebulon broke the parcel", Language::ENGLISH),
            said(1, "Zebulon again, about the parcel", Language::ENGLISH),
            said(2, "where is the parcel", Language::ENGLISH),
        ];
        assert_eq!(keywords(&[topic]), [["parcel"]]);
    }

    #[test]
    fn french_words_keep_their_accents_and_lose_their_articles() {
        let found = words(
            "Quel est le délai de livraison de l'enveloppe ?",
            Language::FRENCH,
        );
        let written: Vec<&str> = found.iter().map(|word| word.written.as_str()).collect();
        assert_eq!(written, ["délai", "livraison", "enveloppe"]);
    }
}
