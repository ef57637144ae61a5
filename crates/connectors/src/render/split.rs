//! Fills pieces: as much as fits, cut at the best place that is not too early.

use unicode_segmentation::UnicodeSegmentation as _;

use super::markdown::{Glue, Span, Strength, Style, Word};
use super::write::{Measure, written_out};
use crate::outbound::Limit;

/// A piece is cut at a paragraph or a line rather than later only if so much of it is used, in percent.
const PLACES: [(Strength, usize); 4] = [
    (Strength::Paragraph, 50),
    (Strength::Line, 40),
    (Strength::Sentence, 30),
    (Strength::Word, 0),
];

/// The texts of the pieces. `last_limit`: what the last one may hold, where that is less.
pub(super) fn texts(measure: Measure, words: Vec<Word>, last_limit: Option<usize>) -> Vec<String> {
    let mut pieces = fill(measure, words);
    let most = last_limit.filter(|most| *most < measure.limit.most);
    if let Some(most) = most
        && let Some(last) = pieces.pop()
    {
        pieces.extend(with_short_end(measure, most, last));
    }
    pieces.iter().map(|piece| measure.write(piece)).collect()
}

/// Two pieces of one, the second within the smaller limit.
fn with_short_end(measure: Measure, most: usize, piece: Vec<Word>) -> Vec<Vec<Word>> {
    let limit = Limit {
        most,
        ..measure.limit
    };
    let short = Measure { limit, ..measure };
    if short.fits(&piece) {
        return vec![piece];
    }
    let fits = |from: &usize| short.fits(&piece[*from..]);
    // the best place; of equal ones the first, so that more stands above the buttons
    let place = (1..piece.len())
        .rev()
        .take_while(fits)
        .max_by_key(|from| piece[*from].strength);
    let mut pieces = match place {
        Some(from) => vec![piece[..from].to_vec(), piece[from..].to_vec()],
        None => fill(short, piece),
    };
    let last = pieces.pop().unwrap_or_default();
    let mut all = fill(measure, pieces.concat());
    all.push(last);
    all
}

fn fill(measure: Measure, words: Vec<Word>) -> Vec<Vec<Word>> {
    let mut rest: Vec<Word> = words
        .into_iter()
        .flat_map(|word| broken_down(measure, word))
        .collect();
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let tail = rest.split_off(end_of_piece(measure, &rest));
        pieces.push(std::mem::replace(&mut rest, tail));
    }
    pieces
}

/// How many of the words make the next piece: at least one.
fn end_of_piece(measure: Measure, words: &[Word]) -> usize {
    // no word is shorter than one unit
    let most = words.len().min(measure.limit.most.max(1));
    let (mut fitting, mut too_many) = (1, most + 1);
    while too_many - fitting > 1 {
        let middle = fitting.midpoint(too_many);
        if measure.fits(&words[..middle]) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    if fitting == words.len() {
        return fitting;
    }
    let sizes: Vec<usize> = words[..fitting]
        .iter()
        .scan(0, |sum, word| {
            *sum += length(word);
            Some(*sum)
        })
        .collect();
    let whole = sizes.last().copied().unwrap_or_default();
    let is_good = |count: &usize, (strength, share): (Strength, usize)| {
        words[*count].strength >= strength && sizes[*count - 1] * 100 >= whole * share
    };
    PLACES
        .into_iter()
        .find_map(|place| (1..=fitting).rev().find(|count| is_good(count, place)))
        .unwrap_or(fitting)
}

fn length(word: &Word) -> usize {
    word.spans.iter().map(|span| span.text.len() + 1).sum()
}

/// A word that fits no piece by itself, in parts that do: at the borders of the words that are in it, or else between
/// what is read as one letter. A link is written out then.
fn broken_down(measure: Measure, word: Word) -> Vec<Word> {
    if measure.fits(std::slice::from_ref(&word)) {
        return vec![word];
    }
    let (mut glue, mut strength) = (word.glue, word.strength);
    let mut parts = Vec::new();
    for span in word.spans.into_iter().map(without_link) {
        for text in bits(measure, &span) {
            let style = span.style.clone();
            let is_gap = text.trim().is_empty();
            let spans = vec![Span { text, style }];
            parts.push(Word {
                spans,
                glue,
                strength,
            });
            glue = Glue::Nothing;
            strength = if is_gap { Strength::Word } else { Strength::Nothing };
        }
    }
    parts
}

fn without_link(span: Span) -> Span {
    let Some(url) = &span.style.link else {
        return span;
    };
    let text = written_out(&span.text, url).into_owned();
    let style = Style {
        link: None,
        ..span.style.clone()
    };
    Span { text, style }
}

fn bits(measure: Measure, span: &Span) -> Vec<String> {
    let fits = |text: &str| {
        let spans = vec![Span {
            text: text.to_owned(),
            style: span.style.clone(),
        }];
        let (glue, strength) = (Glue::Nothing, Strength::Nothing);
        measure.fits(&[Word {
            spans,
            glue,
            strength,
        }])
    };
    let mut bits = Vec::new();
    for part in span.text.split_word_bounds() {
        if fits(part) {
            bits.push(part.to_owned());
            continue;
        }
        for grapheme in part.graphemes(true) {
            if fits(grapheme) {
                bits.push(grapheme.to_owned());
            } else {
                bits.extend(grapheme.chars().map(String::from));
            }
        }
    }
    bits
}
