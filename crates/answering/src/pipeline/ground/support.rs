//! Whether a sentence rests on passages: its figures, names, addresses and promises stand there, enough of its telling words
//! do, and none of their statements denies it.
//!
//! What a model adds of its own is nearly always one of these. A condition that is put together from words of the passages
//! is noticed least; `judged.json` says how often.

use std::collections::HashSet;

use knowledge::language::{self, Language};
use knowledge::passages;
use knowledge::retrieval::text::{self, WordKind};
use knowledge::retrieval::{Candidate, names};
use serde::Serialize;

use super::wording::{self, Promise, Unit};

/// A sentence of a passage that holds such a share of the telling words makes the same statement, or the opposite one.
const SAME_STATEMENT: f64 = 0.6;
/// The least share of a sentence's telling words that the passages must hold: good models say things in their own words.
const LEAST_SHARE: f64 = 0.34;
/// A question back and a line that leads to a list have so many telling words; in longer ones something is claimed.
const MOST_WITHOUT_CLAIM: usize = 6;
/// Where a figure of theirs stands in it, they are spoken of, and less is enough.
const LEAST_SHARE_WITH_FIGURE: f64 = 0.2;

/// What one passage holds, title and text together.
#[derive(Debug)]
pub struct Backing {
    language: Language,
    stems: HashSet<String>,
    figures: HashSet<String>,
    measures: HashSet<Measure>,
    /// Folded, for addresses.
    folded: String,
    /// Telephone numbers and the like, without what groups them.
    long_numbers: HashSet<String>,
    promises: Vec<Promise>,
    statements: Vec<Statement>,
}

/// A sentence of a passage, below its title: "When are you open?" is part of what "From nine to five" states.
#[derive(Debug)]
struct Statement {
    stems: HashSet<String>,
    says_no: bool,
}

impl Backing {
    pub fn of(candidate: &Candidate) -> Self {
        let both = ascii_digits(&format!("{}\n{}", candidate.title, candidate.text));
        let language = language::detect(&both).or(candidate.language);
        Self {
            language,
            stems: stems(&both, language).collect(),
            figures: figures(&both),
            measures: measures(&both).collect(),
            promises: wording::promises(&both),
            statements: passages::sentences(&candidate.text)
                .iter()
                .map(|sentence| Statement {
                    stems: stems(&candidate.title, language)
                        .chain(stems(sentence, language))
                        .collect(),
                    says_no: wording::says_no(sentence),
                })
                .collect(),
            long_numbers: long_numbers(&both).collect(),
            folded: text::fold(&both),
        }
    }
}

/// What a look at a sentence gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    Backed,
    /// It states nothing: a question back, or no telling word.
    NoClaim,
    /// A number, time or price that stands in no passage.
    Figure,
    /// An address that stands in no passage.
    Address,
    /// A name that stands in no passage.
    Name,
    /// It says that something is free, guaranteed, paid back or reduced, and no passage speaks of that.
    Promise,
    /// A passage says the same with a "not", or without one.
    Opposite,
    /// Too few of its words stand in the passages.
    Words,
}

impl Support {
    pub fn may_be_shown(self) -> bool {
        matches!(self, Support::Backed | Support::NoClaim)
    }
}

/// Looks at a sentence without citation marks. What the visitor said backs nothing, or who asks "Is it true that I have 500
/// days?" would be told so.
pub fn look_at(sentence: &str, language: Language, by: &[&Backing]) -> Support {
    let sentence = ascii_digits(sentence);
    let sentence = without_list_mark(&sentence);
    let figures = figures(sentence);
    if !are_figures_backed(sentence, &figures, by) {
        return Support::Figure;
    }
    if !addresses(sentence).all(|address| by.iter().any(|one| one.folded.contains(&address))) {
        return Support::Address;
    }
    let mut promised = wording::promises(sentence).into_iter();
    if promised.any(|promise| !by.iter().any(|one| one.promises.contains(&promise))) {
        return Support::Promise;
    }
    let telling: Vec<String> = stems(sentence, language).collect();
    if telling.is_empty() {
        return Support::NoClaim;
    }
    let speaks =
        |one: &&&Backing| language.is_unknown() || one.language.is_unknown() || one.language == language;
    let readable: Vec<&Backing> = by.iter().filter(speaks).copied().collect();
    if readable.is_empty() && !by.is_empty() {
        // in another language than the passages: its words cannot be compared
        return Support::Backed;
    }
    let is_known = |stem: &String| readable.iter().any(|one| one.stems.contains(stem));
    let mut named = names(sentence, language).into_iter();
    let names_are_known = named.all(|name| is_known(&text::stem(&name, language).into_owned()));
    if figures.is_empty() && is_courtesy(sentence, language) && (names_are_known || wording::greets(sentence))
    {
        return Support::NoClaim;
    }
    if !names_are_known {
        return Support::Name;
    }
    let leads_or_asks = sentence.ends_with(['?', '？', '؟', ':']);
    if leads_or_asks && telling.len() <= MOST_WITHOUT_CLAIM {
        return Support::NoClaim;
    }
    let known = telling.iter().filter(|stem| is_known(stem)).count();
    let least = if figures.is_empty() {
        LEAST_SHARE
    } else {
        LEAST_SHARE_WITH_FIGURE
    };
    match () {
        () if (known as f64) < telling.len() as f64 * least => Support::Words,
        () if is_opposite(sentence, &telling, &readable) => Support::Opposite,
        () => Support::Backed,
    }
}

/// Whether the statement that comes nearest denies what the sentence says, or the other way round.
fn is_opposite(sentence: &str, telling: &[String], by: &[&Backing]) -> bool {
    let shared = |one: &Statement| telling.iter().filter(|stem| one.stems.contains(*stem)).count();
    let statements = by.iter().flat_map(|one| &one.statements);
    let nearest = statements.max_by_key(|one| shared(one));
    nearest.is_some_and(|one| {
        shared(one) as f64 >= telling.len() as f64 * SAME_STATEMENT
            && one.says_no != wording::says_no(sentence)
    })
}

/// The stems of the words that carry a subject, repetitions included.
fn stems(text: &str, language: Language) -> impl Iterator<Item = String> {
    let telling = text::words(text).into_iter().filter(move |word| {
        word.kind != WordKind::Number && !language::is_function_word(&word.text, language)
    });
    telling.map(move |word| text::stem(&word.text, language).into_owned())
}

fn without_list_mark(sentence: &str) -> &str {
    let plain = sentence
        .trim()
        .trim_end_matches(['*', '_'])
        .trim_start_matches(['-', '*', '•', '#', '>', ' ']);
    let behind = plain.trim_start_matches(|c: char| c.is_ascii_digit());
    match behind.strip_prefix(['.', ')']) {
        Some(rest) if behind.len() + 3 > plain.len() && rest.starts_with(' ') => rest,
        _ => plain,
    }
}

/// What leads somewhere: mailboxes, links, and names of servers written without a scheme.
fn addresses(sentence: &str) -> impl Iterator<Item = String> {
    let folded = text::fold(sentence);
    let is_between =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '"' | ',' | ';');
    let words: Vec<String> = folded
        .split(is_between)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| word.contains('@') || word.contains("//") || names_a_server(word))
        .collect();
    words.into_iter()
}

/// `shop.example`, `www.shop.example/pay`: two names or more, the last one of letters.
fn names_a_server(word: &str) -> bool {
    let host = word.rsplit("//").next().unwrap_or_default();
    let host = host.trim_start_matches("mailto:");
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let ends_in_letters = |label: &&str| label.chars().count() >= 2 && label.chars().all(char::is_alphabetic);
    let names_something = labels
        .iter()
        .any(|label| label.chars().any(char::is_alphabetic) && label.len() > 1);
    labels.len() >= 2
        && labels.iter().all(is_label)
        && labels.last().is_some_and(ends_in_letters)
        && labels.first().is_some_and(|first| first.len() > 1)
        && names_something
}

/// Digits of other scripts as our own.
fn ascii_digits(text: &str) -> String {
    const ZEROS: [u32; 18] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
        0xf20, 0x1040, 0x17e0, 0x1810,
    ];
    let ours = |c: char| {
        let zero = ZEROS
            .iter()
            .find(|zero| (**zero..**zero + 10).contains(&u32::from(c)));
        zero.and_then(|zero| char::from_digit(u32::from(c) - zero, 10))
    };
    text.chars().map(|c| ours(c).unwrap_or(c)).collect()
}

/// So many digits that belong together are a telephone or an account number, which is grouped at will.
const LONG: usize = 7;

/// The digits of such numbers.
fn long_numbers(text: &str) -> impl Iterator<Item = String> {
    let belongs = |c: char| {
        c.is_ascii_digit() || matches!(c, ' ' | '.' | '/' | '-' | '(' | ')' | '\u{a0}' | '\u{202f}')
    };
    let runs: Vec<String> = text
        .split(|c: char| !belongs(c))
        .map(|run| run.chars().filter(char::is_ascii_digit).collect())
        .filter(|digits: &String| digits.len() >= LONG)
        .collect();
    runs.into_iter()
}

fn are_figures_backed(sentence: &str, figures: &HashSet<String>, by: &[&Backing]) -> bool {
    let mut long = long_numbers(sentence).peekable();
    if long.peek().is_some() {
        let mut rest = sentence.to_owned();
        for number in long {
            if by.iter().any(|one| one.long_numbers.contains(&number)) {
                rest = without_digits_of(&rest, &number);
            }
        }
        if rest != sentence {
            return are_figures_backed(&rest, &self::figures(&rest), by);
        }
    }
    let own: Vec<Measure> = measures(sentence).collect();
    let is_backed = |figure: &String| {
        let means_it = |measure: &&Measure| measure.0.to_string() == *figure;
        let measured: Vec<&Measure> = own.iter().filter(means_it).collect();
        by.iter().any(|one| {
            one.figures.contains(figure)
                || figure.parse().is_ok_and(|value: u32| {
                    // 17:00 where the passage has 5 pm
                    one.measures.contains(&(value.saturating_sub(12), Unit::Evening)) && value > 12
                })
                || measured.iter().any(|measure| said_otherwise(**measure, one))
        })
    };
    figures.iter().all(is_backed)
}

/// The sentence without the run that spells this number.
fn without_digits_of(sentence: &str, number: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    for (start, _) in sentence.char_indices().filter(|(_, c)| is_digit(*c)) {
        let mut digits = number.chars();
        let mut end = start;
        let mut wanted = digits.next();
        for c in sentence[start..].chars() {
            match wanted {
                Some(digit) if c == digit => wanted = digits.next(),
                Some(_) if is_digit(c) => break,
                Some(_) => {}
                None => break,
            }
            end += c.len_utf8();
        }
        if wanted.is_none() {
            return format!("{} {}", &sentence[..start], &sentence[end..]);
        }
    }
    sentence.to_owned()
}

/// A number and what it counts.
type Measure = (u32, Unit);

/// 5 pm and 17:00, two weeks and 14 days, two days and 48 hours.
fn said_otherwise((value, unit): Measure, by: &Backing) -> bool {
    let has = |value: u32, unit: Unit| by.measures.contains(&(value, unit));
    match unit {
        Unit::Evening => value < 12 && by.figures.contains(&(value + 12).to_string()),
        Unit::Week => value < 9 && has(value * 7, Unit::Day),
        Unit::Day => {
            (value < 5 && has(value * 24, Unit::Hour)) || (value % 7 == 0 && has(value / 7, Unit::Week))
        }
        Unit::Hour => value % 24 == 0 && has(value / 24, Unit::Day),
    }
}

/// The numbers of a text that a unit of time follows, also of both ends: "two to three weeks".
fn measures(text: &str) -> impl Iterator<Item = Measure> {
    let text = text.replace("p.m", "pm").replace("P.M", "pm");
    let words: Vec<String> = text::words(&text).into_iter().map(|word| word.text).collect();
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let (attached, rest) = attached_number(word);
        if let Some(value) = attached
            && let Some(unit) = wording::unit(rest)
        {
            found.push((value, unit));
        }
        let Some(unit) = wording::unit(word) else { continue };
        let mut before = words[..place].iter().rev().take(3);
        let Some(last) = before.next() else { continue };
        match number(last) {
            Some(value) => found.push((value, unit)),
            None if wording::ONE.contains(&last.as_str()) => found.push((1, unit)),
            None => continue,
        }
        if unit == Unit::Evening {
            continue;
        }
        let mut earlier = before.skip_while(|word| wording::BETWEEN.contains(&word.as_str()));
        found.extend(
            earlier
                .next()
                .and_then(|word| number(word))
                .map(|value| (value, unit)),
        );
    }
    found.into_iter()
}

/// The digits that a word begins with, and what follows them: `5pm`, `48h`.
fn attached_number(word: &str) -> (Option<u32>, &str) {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &word[..word.len() - rest.len()];
    (digits.parse().ok().filter(|_| !rest.is_empty()), rest)
}

/// In digits or spelt.
fn number(word: &str) -> Option<u32> {
    spelt(word).or_else(|| word.parse().ok())
}

fn spelt(word: &str) -> Option<u32> {
    let found = wording::SPELT.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value)
}

/// Whether at least half of the telling words are courtesy.
fn is_courtesy(sentence: &str, language: Language) -> bool {
    let telling = text::words(sentence)
        .into_iter()
        .filter(|word| word.kind != WordKind::Number && !language::is_function_word(&word.text, language));
    let (courteous, others): (Vec<_>, Vec<_>) = telling.partition(|word| wording::is_courteous(&word.text));
    courteous.len() >= others.len() || wording::wishes_well(sentence)
}

/// Numbers, however they are written: `1,000`, `09`, `12.00`, `9am`, `nine`.
fn figures(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut tens: Option<u32> = None;
    for word in text::words(text) {
        if let Some(value) = spelt(&word.text) {
            match tens.take() {
                Some(before) if value < 10 => {
                    found.remove(&before.to_string());
                    found.insert((before + value).to_string());
                }
                _ => {
                    found.insert(value.to_string());
                    tens = (value >= 20).then_some(value);
                }
            }
            continue;
        }
        tens = None;
        if word.text.starts_with(|c: char| c.is_ascii_digit()) {
            let runs = word.text.split(|c: char| !c.is_ascii_digit() && c != '.');
            found.extend(runs.filter_map(plain_figure));
        }
    }
    found
}

/// Without zeros that change nothing; none for the minutes of a full hour.
fn plain_figure(figure: &str) -> Option<String> {
    let whole = match figure.split_once('.') {
        Some((whole, part)) if part.trim_end_matches('0').is_empty() => whole.to_owned(),
        Some((whole, part)) => format!("{whole}.{}", part.trim_end_matches('0')),
        None => figure.to_owned(),
    };
    let plain = whole.trim_start_matches('0');
    match plain {
        "" if whole.len() == 1 => Some(whole),
        "" => None,
        _ => Some(plain.to_owned()),
    }
}
