//! A text that still grows, cut into sentences as soon as each is whole: with the citations that follow it, and lines and
//! list items on their own. Nothing of the text is lost between them.

use knowledge::passages;

/// Takes pieces, gives sentences.
#[derive(Debug, Default)]
pub struct Sentences {
    waiting: String,
    /// Before this place no sentence ends, whatever comes.
    looked_to: usize,
}

/// A sentence that is longer, in bytes, is cut between two words: nobody writes such ones.
const LONGEST: usize = 2_000;

impl Sentences {
    pub fn push(&mut self, piece: &str) {
        self.waiting.push_str(piece);
    }

    /// The next sentence that no further piece can change.
    pub fn whole(&mut self) -> Option<String> {
        match end_of_first(&self.waiting, self.looked_to, false) {
            Ok(end) => Some(self.cut(end)),
            Err(looked_to) => {
                self.looked_to = looked_to;
                let is_too_long = self.waiting.len() > LONGEST;
                is_too_long.then(|| self.cut(between_words(&self.waiting)))
            }
        }
    }

    /// The next of what is left, when no further piece comes.
    pub fn rest(&mut self) -> Option<String> {
        let end = end_of_first(&self.waiting, self.looked_to, true).unwrap_or(self.waiting.len());
        (end > 0).then(|| self.cut(end))
    }

    fn cut(&mut self, end: usize) -> String {
        self.looked_to = 0;
        let after = self.waiting.split_off(end);
        std::mem::replace(&mut self.waiting, after)
    }
}

fn between_words(text: &str) -> usize {
    let longest = text.floor_char_boundary(LONGEST);
    let within = text.get(..longest).unwrap_or_default();
    within.rfind(' ').map_or(longest, |space| space + 1)
}

/// Where the first sentence ends, citations and white space behind it included. An error: it is not known yet, and before
/// which place none ends.
fn end_of_first(text: &str, looked_to: usize, is_finished: bool) -> Result<usize, usize> {
    let begins = text.len() - text.trim_start().len();
    let mut from = begins.max(looked_to);
    while let Some((found, sign)) = text
        .get(from..)
        .unwrap_or_default()
        .char_indices()
        .find(|(_, c)| is_end(*c))
    {
        let at = from + found;
        if sign == '\n' {
            return next_word(text, at, is_finished).ok_or(at);
        }
        match end_behind(text, begins, at + sign.len_utf8(), is_finished) {
            End::Here(end) => return Ok(end),
            End::Unknown => return Err(at),
            End::Not { go_on } => from = go_on,
        }
    }
    Err(text.len())
}

fn is_end(c: char) -> bool {
    matches!(c, '\n' | '.' | '!' | '?' | '…') || is_end_without_space(c)
}

fn is_end_without_space(c: char) -> bool {
    matches!(c, '。' | '！' | '？')
}

enum End {
    Here(usize),
    /// Where the next one may be.
    Not {
        go_on: usize,
    },
    /// It depends on what comes.
    Unknown,
}

/// What stands behind a full stop decides whether it was one.
fn end_behind(text: &str, begins: usize, behind: usize, is_finished: bool) -> End {
    let body = text.get(begins..behind).unwrap_or_default();
    if is_list_mark(body) || !passages::ends_sentence(body) {
        return End::Not { go_on: behind };
    }
    let rest = text.get(behind..).unwrap_or_default();
    let closed = behind + rest.len() - rest.trim_start_matches(is_closing).len();
    let rest = text.get(closed..).unwrap_or_default();
    let Some(next) = rest.chars().next() else {
        return if is_finished {
            End::Here(text.len())
        } else {
            End::Unknown
        };
    };
    let goes_on = !next.is_whitespace() && next != '[' && !body.ends_with(is_end_without_space);
    if goes_on {
        return End::Not { go_on: closed };
    }
    match behind_citations(text, closed, is_finished) {
        Some(end) => End::Here(end),
        None => End::Unknown,
    }
}

fn is_closing(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '”' | '’' | '»' | ')' | '*' | '_')
}

/// `1.` at the beginning of a line.
fn is_list_mark(body: &str) -> bool {
    let number = body.strip_suffix('.').unwrap_or_default();
    (1..=2).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit())
}

/// Behind all citations on this line, and what separates them from the next word.
fn behind_citations(text: &str, mut at: usize, is_finished: bool) -> Option<usize> {
    loop {
        let rest = text.get(at..)?;
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let next = text.get(at + spaces..)?;
        if !next.starts_with('[') {
            return next_word(text, at, is_finished);
        }
        let Some(length) = next.find(']') else {
            return is_finished.then_some(text.len());
        };
        if !super::marks::is_citation(next.get(1..length).unwrap_or_default()) {
            return next_word(text, at, is_finished);
        }
        let behind = next.get(length + 1..)?;
        at += spaces + length + 1 + behind.len() - behind.trim_start_matches(['.', '!', '?']).len();
    }
}

fn next_word(text: &str, at: usize, is_finished: bool) -> Option<usize> {
    let rest = text.get(at..)?;
    match rest.find(|c: char| !c.is_whitespace()) {
        Some(found) => Some(at + found),
        None => is_finished.then_some(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if it came letter by letter.
    fn cut(text: &str) -> Vec<String> {
        let mut sentences = Sentences::default();
        let mut found = Vec::new();
        for letter in text.chars() {
            sentences.push(&letter.to_string());
            found.extend(std::iter::from_fn(|| sentences.whole()));
        }
        found.extend(std::iter::from_fn(|| sentences.rest()));
        assert_eq!(found.concat(), text, "nothing is lost");
        found
    }

    #[test]
    fn a_citation_belongs_to_the_sentence_before_it() {
        assert_eq!(
            cut("We ship [1]. It takes 2.5 days. [2][3] Is that fine?"),
            ["We ship [1]. ", "It takes 2.5 days. [2][3] ", "Is that fine?"]
        );
        assert_eq!(
            cut("Ja, z.B. am Montag [1].[2] Gern!"),
            ["Ja, z.B. am Montag [1].[2] ", "Gern!"]
        );
    }

    #[test]
    fn lines_and_list_items_stand_on_their_own() {
        assert_eq!(
            cut("We have:\n\n1. **Tea.** It is hot [1]\n2. Milk [2]\n"),
            ["We have:\n\n", "1. **Tea.** ", "It is hot [1]\n", "2. Milk [2]\n"]
        );
    }

    #[test]
    fn what_never_ends_is_cut_and_costs_no_more_than_its_length() {
        for text in [
            ".".repeat(20_000) + "a",
            "[".repeat(20_000),
            "word ".repeat(4_000),
            "a.b".repeat(7_000),
        ] {
            let found = cut(&text);
            assert!(
                found.iter().all(|sentence| sentence.len() <= LONGEST + 10),
                "{}",
                found.len()
            );
        }
    }

    #[test]
    fn addresses_and_scripts_without_spaces() {
        assert_eq!(
            cut("See https://shop.example/a.html [here](https://shop.example) now."),
            ["See https://shop.example/a.html [here](https://shop.example) now."]
        );
        assert_eq!(
            cut("我们配送。需要两天[1]。谢谢"),
            ["我们配送。", "需要两天[1]。", "谢谢"]
        );
    }
}
