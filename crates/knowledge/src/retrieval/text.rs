//! From text to search terms: words, lower case, without accents, reduced to their stem.
//!
//! The same rules serve entries and questions, so whatever they lose they lose on both sides. Words of
//! scripts written without spaces become overlapping pairs of characters. Stop words are kept here:
//! their low idf, and their weight in the question, take care of them. Start at [`words`] and [`stem`].

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::language::Language;

/// One search word, folded but not yet stemmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub kind: WordKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Letters, perhaps with digits ("iphone15").
    Letters,
    /// Digits only, thousands separators removed: "1,000" and "1 000 €" meet as "1000".
    Number,
    /// Two characters (or a lone one) of a script written without spaces.
    Characters,
}

/// The words of `text` in order.
pub fn words(text: &str) -> Vec<Word> {
    let folded = fold(text);
    let mut scanner = Scanner {
        chars: folded.chars().collect(),
        at: 0,
        words: Vec::with_capacity(folded.len() / 5),
    };
    scanner.run();
    scanner.words
}

/// Equal for texts with the same words in the same order; 0 for a text without words.
pub fn signature(words: &[Word]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.iter().for_each(|word| word.text.hash(&mut hasher));
    if words.is_empty() {
        0
    } else {
        hasher.finish().max(1)
    }
}

/// The Snowball stem of a folded word; unchanged where Snowball does not know the language.
pub fn stem(word: &str, language: Language) -> Cow<'_, str> {
    match algorithm(language) {
        Some(algorithm) => Stemmer::create(algorithm).stem(word),
        None => Cow::Borrowed(word),
    }
}

/// Lower case, compatibility forms unified, accents and other optional marks removed.
///
/// Marks that carry meaning stay: Indic and Thai vowels, Japanese voicing, Cyrillic "й".
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut previous = ' ';
    text.nfkd()
        .filter(|c| {
            let keep = !is_optional_mark(*c) || (*c == '\u{306}' && matches!(previous, 'и' | 'И'));
            previous = *c;
            keep
        })
        .nfc()
        .flat_map(char::to_lowercase)
        .fold(String::with_capacity(text.len()), |mut folded, c| {
            push_simplified(&mut folded, c);
            folded
        })
}

fn is_optional_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}')
}

fn push_simplified(folded: &mut String, c: char) {
    match c {
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ı' => folded.push('i'),
        'þ' => folded.push_str("th"),
        '’' | 'ʼ' | '‘' | '´' | '`' => folded.push('\''),
        'ى' => folded.push('ي'),
        'ة' => folded.push('ه'),
        _ => folded.push(c),
    }
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    words: Vec<Word>,
}

impl Scanner {
    fn run(&mut self) {
        while self.at < self.chars.len() {
            let c = self.chars[self.at];
            if is_unspaced(c) {
                self.characters();
            } else if c.is_numeric() && !self.letter_follows_digits() {
                self.number();
            } else if is_word_char(c) {
                self.letters();
            } else {
                self.at += 1;
            }
        }
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &[char] {
        let start = self.at;
        while self.at < self.chars.len() && belongs(self.chars[self.at]) {
            self.at += 1;
        }
        &self.chars[start..self.at]
    }

    fn push(&mut self, text: String, kind: WordKind) {
        if !text.is_empty() {
            self.words.push(Word { text, kind });
        }
    }

    fn characters(&mut self) {
        let run = self.take_while(is_unspaced).to_vec();
        if let [only] = run[..] {
            self.push(only.to_string(), WordKind::Characters);
        }
        for pair in run.windows(2) {
            self.push(pair.iter().collect(), WordKind::Characters);
        }
    }

    fn letter_follows_digits(&self) -> bool {
        let next = self.chars[self.at..].iter().find(|c| !c.is_numeric());
        next.is_some_and(|c| is_word_char(*c) && !is_unspaced(*c))
    }

    /// Digits with "." or "," between them are one number. Three digits after the separator mean thousands.
    fn number(&mut self) {
        let mut number: String = self.take_while(char::is_numeric).iter().collect();
        while self.at + 1 < self.chars.len()
            && matches!(self.chars[self.at], '.' | ',')
            && self.chars[self.at + 1].is_numeric()
        {
            self.at += 1;
            let group: String = self.take_while(char::is_numeric).iter().collect();
            if group.chars().count() != 3 {
                number.push('.');
            }
            number.push_str(&group);
        }
        if let Some(end) = self.end_of_spaced_price(&number) {
            let groups = self.chars[self.at..end].iter();
            number.extend(groups.filter(|c| c.is_numeric()));
            self.at = end;
        }
        self.push(number, WordKind::Number);
    }

    /// Where a price ends whose thousands are set apart by spaces, "1 000 €". Without a currency behind them they may be
    /// anything: "room 12 300 seats".
    fn end_of_spaced_price(&self, first: &str) -> Option<usize> {
        if first.len() > 3 || !first.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let is_digit = |at: usize| self.chars.get(at).is_some_and(char::is_ascii_digit);
        let is_group = |at: usize| {
            self.chars.get(at) == Some(&' ') && (1..=3).all(|step| is_digit(at + step)) && !is_digit(at + 4)
        };
        let mut end = self.at;
        while is_group(end) {
            end += 4;
        }
        let rest: String = self.chars[end..].iter().take(4).collect();
        let has_currency =
            rest.trim_start().starts_with(['€', '$', '£']) || rest.trim_start().starts_with("eur");
        (end > self.at && has_currency).then_some(end)
    }

    fn letters(&mut self) {
        let raw: String = self
            .take_while(|c| is_word_char(c) && !is_unspaced(c) || c == '\'')
            .iter()
            .collect();
        let mut word = without_apostrophes(raw.trim_matches('\''));
        // "e-mail" and "t-shirt": a single letter before a hyphen belongs to the word.
        if word.chars().count() == 1 && self.chars.get(self.at) == Some(&'-') {
            let rest_starts = self.at + 1;
            if self.chars.get(rest_starts).is_some_and(|c| c.is_alphabetic()) {
                self.at = rest_starts;
                let rest: String = self
                    .take_while(|c| is_word_char(c) && !is_unspaced(c) || c == '\'')
                    .iter()
                    .collect();
                word.push_str(&without_apostrophes(rest.trim_matches('\'')));
            }
        }
        self.push(word, WordKind::Letters);
    }
}

/// Elided articles and English endings go ("l'heure", "shop's"), other apostrophes close up ("dont").
fn without_apostrophes(word: &str) -> String {
    let mut kept = String::with_capacity(word.len());
    let mut parts = word.split('\'').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        if !is_last && kept.is_empty() && ELIDED.contains(&part) {
            continue;
        }
        if is_last && !kept.is_empty() && part == "s" {
            continue;
        }
        kept.push_str(part);
    }
    kept
}

/// French, Italian and Catalan words that lose their vowel before another.
const ELIDED: &[&str] = &[
    "l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un", "dell", "all",
    "nell", "sull", "dall", "gl", "quest",
];

fn is_word_char(c: char) -> bool {
    // Indic vowel signs are marks, not letters, yet part of the word.
    c.is_alphanumeric() || matches!(c, '\u{900}'..='\u{dff}' | '\u{300}'..='\u{36f}')
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{9fff}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' | '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

fn algorithm(language: Language) -> Option<Algorithm> {
    Some(match language.code() {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
