//! Sentence boundaries, a little wiser than Unicode's: abbreviations and initials do not end one.

use unicode_segmentation::UnicodeSegmentation;

use super::{WordCounter, word_count};

/// A sentence longer than this is cut at a clause, or in the worst case anywhere between two words.
const LONGEST: usize = 70;
/// Words of a piece that ends at a clause, at least, and of any piece, at most.
const SHORTEST_CUT: usize = 25;
const LONGEST_CUT: usize = 50;

/// The sentences of a paragraph, trimmed, none empty.
pub fn sentences(paragraph: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for piece in paragraph.split_sentence_bounds() {
        match sentences.last_mut() {
            Some(last) if !ends_sentence(last) => last.push_str(piece),
            _ => sentences.push(piece.to_owned()),
        }
    }
    sentences
        .iter()
        .map(|s| s.trim())
        .filter(|s| !s.is_empty())
        .flat_map(|s| {
            if word_count(s) > LONGEST {
                clauses(s)
            } else {
                vec![s.to_owned()]
            }
        })
        .collect()
}

/// Whether a piece that ends with a sign of punctuation is a whole sentence, and not cut behind an abbreviation.
pub fn ends_sentence(text: &str) -> bool {
    let trimmed = text.trim_end();
    let Some(body) = trimmed.strip_suffix('.') else {
        return true;
    };
    let last_word = body
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '«' | '-'))
        .next()
        .unwrap_or("");
    let is_initial = last_word.chars().count() == 1 && last_word.chars().all(char::is_uppercase);
    !is_initial && !ABBREVIATIONS.contains(&last_word.to_lowercase().as_str())
}

const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "e.g", "i.e", "inc", "ltd", "co", "approx", "jr",
    "sr", "fig", "m", "mme", "mlle", "av", "env", "p. ex", "p.ex", "cf", "art", "tél", "tel", "nr", "z.b",
    "bzw", "ca", "usw", "sig", "sra", "srta", "ud", "uds", "núm", "pág", "dott", "dhr", "mevr", "u.a", "d.h",
    "str", "min", "max", "incl", "excl",
];

/// Pieces of at most [`LONGEST`] words, cut after a comma, semicolon or colon where one is in reach. Each piece is looked for
/// in the next words alone, so that the longest line costs no more than its length.
fn clauses(sentence: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while words_end(rest, LONGEST).is_some() {
        let (piece, tail) = rest.split_at(cut_position(rest));
        pieces.push(piece.trim().to_owned());
        rest = tail.trim_start();
    }
    pieces.push(rest.to_owned());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Byte offset of the last good cut between 25 and 50 words, never 0 and never the end.
fn cut_position(text: &str) -> usize {
    let within = words_end(text, LONGEST_CUT).unwrap_or(text.len());
    let goes_on = text[within..].starts_with(char::is_alphanumeric);
    let (mut hard, mut soft) = (None, None);
    let mut counter = WordCounter::default();
    for (start, word) in text[..within].split_word_bound_indices() {
        let end = start + word.len();
        word.chars().for_each(|c| counter.add(c));
        if end == within && goes_on && word.ends_with(char::is_alphanumeric) {
            break;
        }
        hard = Some(end);
        let is_mark = matches!(word, "," | ";" | ":" | "、" | "，" | "；" | "،") || word.contains('\n');
        if counter.count() >= SHORTEST_CUT && is_mark {
            soft = Some(end);
        }
    }
    // a run without any bounds between words
    soft.or(hard).unwrap_or(within)
}

/// Where the word after the first `most` begins; none when there are no more words than that.
fn words_end(text: &str, most: usize) -> Option<usize> {
    let mut counter = WordCounter::default();
    let beyond = text.char_indices().find(|(_, c)| {
        counter.add(*c);
        counter.count() > most
    });
    beyond.map(|(start, _)| start)
}
