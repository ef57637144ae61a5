//! Sentence boundaries, a little wiser than Unicode's: abbreviations and initials do not end one.

use unicode_segmentation::UnicodeSegmentation;

use super::word_count;

/// A sentence longer than this is cut at a clause, or in the worst case anywhere between two words.
const LONGEST: usize = 70;

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

fn ends_sentence(text: &str) -> bool {
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

/// Pieces of at most [`LONGEST`] words, cut after a comma, semicolon or colon where one is in reach.
fn clauses(sentence: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while word_count(rest) > LONGEST {
        let end = cut_position(rest);
        let (piece, tail) = rest.split_at(end);
        pieces.push(piece.trim().to_owned());
        rest = tail.trim_start();
    }
    pieces.push(rest.to_owned());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Byte offset of the last good cut between 25 and 50 words, never 0 and never the end.
fn cut_position(text: &str) -> usize {
    let mut hard = None;
    let mut soft = None;
    for (start, word) in text.split_word_bound_indices() {
        let end = start + word.len();
        let length = word_count(&text[..end]);
        if length > 50 {
            break;
        }
        hard = Some(end);
        if length >= 25 && (matches!(word, "," | ";" | ":" | "、" | "，" | "；" | "،") || word.contains('\n'))
        {
            soft = Some(end);
        }
    }
    soft.or(hard)
        .filter(|end| *end < text.len())
        .unwrap_or_else(|| first_char_end(text))
}

fn first_char_end(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}
