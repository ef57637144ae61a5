//! Search over everything that was said and noted.
//!
//! Each conversation is known by its plain words (lower case, without accents). A search finds the conversations that
//! hold all words of the query, its last word as a beginning, through equality and order on a B-tree: PostgreSQL uses no
//! full-text index under row security. Which message it was is found by reading the newest ones.

pub mod api;
pub mod store;

use std::collections::BTreeSet;

use access::tenants::Operator;
use kernel::Result;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::Context;

/// A longer word is known by its beginning.
const LONGEST_WORD: usize = 40;

/// Where a word stands in a text.
struct Found {
    /// Bytes of the original text.
    start: usize,
    end: usize,
    word: String,
}

/// The words of a text, plain and in lower case, without repetition.
pub fn words(text: &str) -> Vec<String> {
    let words: BTreeSet<String> = split(text).into_iter().map(|found| found.word).collect();
    words.into_iter().collect()
}

/// The same as they stand, with repetitions.
pub fn words_in_order(text: &str) -> Vec<String> {
    split(text).into_iter().map(|found| found.word).collect()
}

/// Cuts at everything that is neither letter nor digit. Scripts without spaces are cut character by character.
fn split(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if stands_alone(c) {
            push(&mut all, text, start.take(), at);
            push(&mut all, text, Some(at), end);
        } else if c.is_alphanumeric() || (start.is_some() && is_combining_mark(c)) {
            start = start.or(Some(at));
        } else {
            push(&mut all, text, start.take(), at);
        }
    }
    push(&mut all, text, start, text.len());
    all
}

fn push(all: &mut Vec<Found>, text: &str, start: Option<usize>, end: usize) {
    let Some(start) = start else { return };
    let plain = text[start..end].nfkd().filter(|c| !is_combining_mark(*c));
    let word: String = plain
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .take(LONGEST_WORD)
        .collect();
    if !word.is_empty() {
        all.push(Found { start, end, word });
    }
}

/// Han, Hiragana, Katakana, Thai: written without spaces.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}' | '\u{e00}'..='\u{e7f}')
        && c.is_alphanumeric()
}

/// Makes conversations findable that were stored before there was a search: once, when the server starts.
pub async fn catch_up(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        loop {
            let mut tx = ctx.db.tenant(&operator).await?;
            let mut has_grown = false;
            for (conversation, text) in store::list_unknown(&mut tx).await? {
                has_grown |= !words(&text).is_empty();
                store::add(&mut tx, conversation, &text).await?;
            }
            tx.commit().await?;
            if !has_grown {
                break;
            }
        }
    }
    Ok(())
}

/// What is looked for: whole words, and the beginning of the last one.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    whole: Vec<String>,
    beginning: Option<String>,
}

/// More words narrow nothing any further.
const MOST_WORDS: usize = 12;

impl Query {
    /// None if there is no word in it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut found = split(text);
        found.truncate(MOST_WORDS);
        let last = found.pop()?;
        let mut whole: Vec<String> = found.into_iter().map(|found| found.word).collect();
        // what is followed by a space, and a character that is a word by itself, is typed to its end
        let is_open = last.end == text.len() && !text.chars().next_back().is_some_and(stands_alone);
        let beginning = if is_open {
            Some(last.word)
        } else {
            whole.push(last.word);
            None
        };
        whole.sort();
        whole.dedup();
        Some(Self { whole, beginning })
    }

    /// From, and the first that is no longer in it, in the order of plain bytes.
    pub fn range(&self) -> Option<(String, String)> {
        let from = self.beginning.clone()?;
        let to = format!("{from}{}", char::MAX);
        Some((from, to))
    }

    pub fn whole(&self) -> &[String] {
        &self.whole
    }

    fn is_hit(&self, word: &str) -> bool {
        self.whole.iter().any(|whole| whole == word)
            || self
                .beginning
                .as_ref()
                .is_some_and(|beginning| word.starts_with(beginning.as_str()))
    }

    /// How many of the query's words the text holds.
    pub fn score(&self, text: &str) -> usize {
        let found = split(text);
        let has = |test: &dyn Fn(&str) -> bool| found.iter().any(|found| test(&found.word));
        let whole = self
            .whole
            .iter()
            .filter(|word| has(&|found| found == *word))
            .count();
        let beginning = self
            .beginning
            .as_ref()
            .is_some_and(|beginning| has(&|found| found.starts_with(beginning.as_str())));
        whole + usize::from(beginning)
    }

    /// A piece of the text around the first hit, hits between « and ».
    pub fn snippet(&self, text: &str) -> String {
        const BEFORE: usize = 40;
        const LENGTH: usize = 160;
        let hits: Vec<Found> = split(text)
            .into_iter()
            .filter(|found| self.is_hit(&found.word))
            .collect();
        let first = hits.first().map_or(0, |hit| hit.start);
        let start = text[..first]
            .char_indices()
            .rev()
            .take(BEFORE)
            .last()
            .map_or(first, |(at, _)| at);
        let end = text[start..]
            .char_indices()
            .nth(LENGTH)
            .map_or(text.len(), |(at, _)| start + at);
        let mut snippet = String::from(if start > 0 { "…" } else { "" });
        let mut at = start;
        for hit in hits.iter().filter(|hit| hit.start >= start && hit.end <= end) {
            snippet.push_str(&text[at..hit.start]);
            snippet.push('«');
            snippet.push_str(&text[hit.start..hit.end]);
            snippet.push('»');
            at = hit.end;
        }
        snippet.push_str(&text[at..end]);
        if end < text.len() {
            snippet.push('…');
        }
        snippet.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain_and_in_lower_case() {
        for (text, wanted) in [
            (
                "Où est ma TABLE, l’été ?",
                &["est", "ete", "l", "ma", "ou", "table"][..],
            ),
            ("order ORD-1234, order", &["1234", "ord", "order"]),
            ("me@example.com", &["com", "example", "me"]),
            ("Straße İstanbul ﬁn", &["fin", "istanbul", "straße"]),
            ("退货 ok", &["ok", "货", "退"]),
            ("e\u{301}te\u{301}", &["ete"]),
            ("…  ", &[]),
        ] {
            assert_eq!(words(text), wanted, "{text}");
        }
        assert_eq!(words(&"x".repeat(500))[0].len(), LONGEST_WORD);
    }

    #[test]
    fn the_last_word_is_a_beginning_unless_it_is_finished() {
        let query = Query::parse("Été retou").unwrap();
        assert_eq!(query.whole(), ["ete"]);
        assert_eq!(query.range().unwrap().0, "retou");
        assert!(Query::parse("retour ").unwrap().range().is_none());
        assert!(Query::parse("退").unwrap().range().is_none());
        assert_eq!(Query::parse(" ?! "), None);
    }

    #[test]
    fn hits_are_marked_in_the_original_words() {
        let query = Query::parse("creme reto").unwrap();
        assert_eq!(
            query.snippet("Crème brûlée: retours et retards"),
            "«Crème» brûlée: «retours» et retards"
        );
        assert_eq!(
            (query.score("retour"), query.score("la crème, en retour")),
            (1, 2)
        );
        let long = format!("{} crème {}", "word ".repeat(100), "word ".repeat(100));
        let snippet = query.snippet(&long);
        assert!(snippet.starts_with('…') && snippet.ends_with('…') && snippet.contains("«crème»"));
        assert!(snippet.chars().count() < 180, "{snippet}");
    }
}
