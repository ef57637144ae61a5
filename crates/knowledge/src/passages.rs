//! Cuts a document into passages of 30 to 60 words, each carrying its title and headings.
//!
//! Small passages are found better than whole pages, and a passage without its title is often
//! meaningless ("It costs 5 €"). Cuts fall between sentences, list items and table rows; where, is chosen
//! for the whole section at once so that no tiny remainder is left. Nothing is dropped: every word of the
//! document is in some passage. No overlap, no database, same input same output. Start at [`split`].

mod blocks;
mod pack;
mod sentences;

use blocks::Section;
pub use blocks::read_out;
pub use sentences::{ends_sentence, sentences};

/// A piece of a document, ready to be embedded and indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Title and heading path, outermost first: `Returns › Exchanges › Shoes`.
    pub heading: String,
    /// The words of the document themselves, light Markdown kept.
    pub text: String,
    /// Counts from 0 through the document.
    pub position: usize,
    /// Passages under the same heading (or, in long text without headings, close together) share it.
    pub section: usize,
    /// The page on which it begins, where the document has pages.
    pub page: Option<u32>,
}

impl Passage {
    /// What the embedder should see.
    pub fn text_to_embed(&self) -> String {
        if self.heading.is_empty() {
            self.text.clone()
        } else {
            format!("{}\n{}", self.heading, self.text)
        }
    }
}

/// A document of more passages is no document; beyond that nothing is cut.
pub const MOST_PASSAGES: usize = 30_000;
/// Title and headings that a passage carries, in bytes: the title and the nearest headings that fit.
const LONGEST_PATH: usize = 300;

/// Splits Markdown or plain text. An empty document with a title gives one passage holding the title.
pub fn split(title: &str, text: &str) -> Vec<Passage> {
    split_pages(title, &[(None, text)])
}

/// The same for pages with their numbers. Headings hold beyond the end of a page; passages end there.
pub fn split_pages(title: &str, pages: &[(Option<u32>, &str)]) -> Vec<Passage> {
    let title = title.trim();
    let mut passages = Vec::new();
    for (number, section) in blocks::sections(title, pages).into_iter().enumerate() {
        if passages.len() > MOST_PASSAGES {
            break;
        }
        for text in pack::pack(&section.units) {
            passages.push(passage(title, &section, text, passages.len(), number));
        }
    }
    if passages.is_empty() && !title.is_empty() {
        passages.push(Passage {
            heading: String::new(),
            text: title.to_owned(),
            position: 0,
            section: 0,
            page: None,
        });
    }
    passages
}

fn passage(title: &str, section: &Section, text: String, position: usize, number: usize) -> Passage {
    let mut room = LONGEST_PATH.saturating_sub(title.len());
    let headings = section.path.iter().map(String::as_str).rev();
    let near = headings.enumerate().take_while(|(at, part)| {
        let fits = *at == 0 || part.len() <= room;
        room = room.saturating_sub(part.len());
        fits
    });
    let mut heading: Vec<&str> = near.map(|(_, part)| part).collect();
    heading.push(title);
    heading.reverse();
    heading.retain(|part| !part.is_empty());
    Passage {
        heading: heading.join(" › "),
        text,
        position,
        section: number,
        page: section.page,
    }
}

/// Length in words; two characters of a script without spaces count as one.
fn word_count(text: &str) -> usize {
    let mut counter = WordCounter::default();
    text.chars().for_each(|c| counter.add(c));
    counter.count()
}

/// Counts words as their characters come.
#[derive(Default)]
struct WordCounter {
    words: usize,
    unspaced: usize,
    is_inside: bool,
}

impl WordCounter {
    fn add(&mut self, c: char) {
        let is_unspaced = matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
        self.unspaced += usize::from(is_unspaced);
        let is_inside =
            c.is_alphanumeric() && !is_unspaced || self.is_inside && !c.is_whitespace() && !is_unspaced;
        self.words += usize::from(is_inside && !self.is_inside);
        self.is_inside = is_inside;
    }

    fn count(&self) -> usize {
        self.words + self.unspaced.div_ceil(2)
    }
}

#[cfg(test)]
mod tests;
