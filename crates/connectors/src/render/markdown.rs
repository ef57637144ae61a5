//! Markdown-lite as words with their style: what `web/shared/markdown.ts` shows, by the same rules.

use super::marks::{Mark, mark_at};
use crate::outbound::Markup;

/// What must stay together: a word, a link, a piece of code, with whatever touches it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub spans: Vec<Span>,
    /// What stands between it and the word before it.
    pub glue: Glue,
    /// How good a place the one before it is to cut.
    pub strength: Strength,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glue {
    Nothing,
    Space,
    Lines(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    Nothing,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// As deep as the widget goes.
const MAX_NESTING: usize = 2;

/// A text in one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Span {
    pub text: String,
    pub style: Style,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Style {
    pub is_bold: bool,
    pub is_italic: bool,
    pub is_code: bool,
    /// Code in lines of its own.
    pub is_block: bool,
    pub link: Option<String>,
    /// Which marks it was: the same style from two pairs of marks is not run together.
    pub source: usize,
}

pub(super) fn words(text: &str, markup: Markup) -> Vec<Word> {
    let mut reader = Reader::new(markup);
    for line in text.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
        reader.line(line);
    }
    reader.words
}

/// The words of a line that holds no marks.
pub(super) fn plain_words(text: &str) -> Vec<Word> {
    let mut reader = Reader::new(Markup::Plain);
    reader.text(text, &Style::default());
    reader.words
}

struct Reader {
    markup: Markup,
    words: Vec<Word>,
    between: Between,
    /// Line ends since the last word.
    lines: usize,
    is_in_code: bool,
    source: usize,
}

/// What has been read since the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    Gap,
    /// The end of a sentence in a script that puts no space there.
    Stop,
    LineEnd,
}

impl Reader {
    fn new(markup: Markup) -> Self {
        Self {
            markup,
            words: Vec::new(),
            between: Between::LineEnd,
            lines: 0,
            is_in_code: false,
            source: 0,
        }
    }

    fn line(&mut self, line: &str) {
        self.between = Between::LineEnd;
        if line.trim_start().starts_with("```") {
            self.is_in_code = !self.is_in_code;
            self.source += 1;
            return;
        }
        self.lines += 1;
        if self.is_in_code {
            return self.code(line);
        }
        let (mark, rest, is_heading) = opening(line, self.markup);
        if let Some(mark) = mark {
            self.put(&mark, &Style::default());
        }
        let style = Style {
            is_bold: is_heading && self.markup != Markup::Markdown,
            ..Style::default()
        };
        self.inline(rest, &style, 0);
    }

    fn code(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let style = Style {
            is_code: true,
            is_block: true,
            source: self.source,
            ..Style::default()
        };
        self.put(line.trim_end(), &style);
    }

    fn inline(&mut self, text: &str, style: &Style, depth: usize) {
        let (mut from, mut at) = (0, 0);
        while let Some(next) = text[at..].chars().next() {
            let before = text[..at].chars().next_back();
            let Some((mark, taken)) = mark_at(&text[at..], before) else {
                at += next.len_utf8();
                continue;
            };
            self.text(&text[from..at], style);
            self.marked(&mark, style, depth);
            at += taken;
            from = at;
        }
        self.text(&text[from..], style);
    }

    fn marked(&mut self, mark: &Mark<'_>, style: &Style, depth: usize) {
        self.source += 1;
        let mut style = Style {
            source: self.source,
            ..style.clone()
        };
        match mark {
            Mark::Code(text) => {
                style.is_code = true;
                return self.put(text, &style);
            }
            Mark::Link { label, url } => {
                style.link = Some((*url).to_owned());
                return self.put(label.trim(), &style);
            }
            Mark::Bold(_) => style.is_bold = true,
            Mark::Italic(_) => style.is_italic = true,
        }
        let (Mark::Bold(text) | Mark::Italic(text) | Mark::Code(text) | Mark::Link { label: text, .. }) =
            mark;
        if depth < MAX_NESTING {
            self.inline(text, &style, depth + 1);
        } else {
            self.text(text, &style);
        }
    }

    fn text(&mut self, text: &str, style: &Style) {
        for (index, run) in text.split(is_gap).enumerate() {
            if index > 0 && self.between == Between::Nothing {
                self.between = Between::Gap;
            }
            for sentence in sentences(run) {
                self.put(sentence, style);
                if sentence.ends_with(STOPS) {
                    self.between = Between::Stop;
                }
            }
        }
    }

    /// A word of its own, or more of the one before if nothing stands between.
    fn put(&mut self, text: &str, style: &Style) {
        if text.is_empty() {
            return;
        }
        let span = Span {
            text: text.to_owned(),
            style: style.clone(),
        };
        let between = std::mem::replace(&mut self.between, Between::Nothing);
        let (glue, strength) = match (self.words.last_mut(), between) {
            (None, _) => (Glue::Nothing, Strength::Nothing),
            (Some(last), Between::Nothing) => return last.spans.push(span),
            (Some(_), Between::Stop) => (Glue::Nothing, Strength::Sentence),
            (Some(last), Between::Gap) if ends_sentence(last, text) => (Glue::Space, Strength::Sentence),
            (Some(_), Between::Gap) => (Glue::Space, Strength::Word),
            (Some(_), Between::LineEnd) if self.lines > 1 => (Glue::Lines(2), Strength::Paragraph),
            (Some(_), Between::LineEnd) => (Glue::Lines(1), Strength::Line),
        };
        self.lines = 0;
        self.words.push(Word {
            spans: vec![span],
            glue,
            strength,
        });
    }
}

/// The mark of a list or a heading as the vendor is shown it, the rest of the line, and whether it is a heading.
fn opening(line: &str, markup: Markup) -> (Option<String>, &str, bool) {
    let text = line.trim_start();
    let after = |mark: usize| {
        let rest = text[mark..].strip_prefix([' ', '\t'])?;
        (!rest.trim().is_empty()).then(|| rest.trim_start())
    };
    let hashes = text.len() - text.trim_start_matches('#').len();
    if let (1..=6, Some(rest)) = (hashes, after(hashes)) {
        let mark = (markup == Markup::Markdown).then(|| format!("{} ", &text[..hashes]));
        return (mark, rest, true);
    }
    let bullet = text
        .chars()
        .next()
        .filter(|first| matches!(first, '-' | '*' | '•'));
    if let Some(rest) = bullet.and_then(|bullet| after(bullet.len_utf8())) {
        let mark = match markup {
            Markup::Plain | Markup::TelegramHtml => "• ",
            Markup::WhatsApp | Markup::Markdown => "- ",
        };
        return (Some(mark.to_owned()), rest, false);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_numbered = (1..=4).contains(&digits) && text[digits..].starts_with(['.', ')']);
    match is_numbered.then(|| after(digits + 1)).flatten() {
        Some(rest) => (Some(format!("{} ", &text[..=digits])), rest, false),
        None => (None, line, false),
    }
}

/// Where a line may be broken: a space that is not there to keep a number and its unit together.
fn is_gap(letter: char) -> bool {
    letter.is_whitespace() && !matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

/// Ends of sentences that no space follows.
const STOPS: [char; 3] = ['。', '！', '？'];

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(STOPS)
}

fn ends_sentence(word: &Word, next: &str) -> bool {
    let text = word.spans.last().map_or("", |span| span.text.as_str());
    let bare = text.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»', '\u{a0}', '\u{202f}']);
    let goes_on = next.chars().next().is_some_and(char::is_lowercase);
    // `Dr. Who`, `J. Doe`, `1. First`: what is so short is no sentence
    let is_abbreviation = bare.ends_with('.') && bare.chars().count() <= 3;
    bare.ends_with(['.', '!', '?', '…', ':', ';']) && !goes_on && !is_abbreviation
}
