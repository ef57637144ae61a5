//! Which words of a text are written as names: of places, people, brands, products.
//!
//! A question with another name is another question, however near its meaning lies: who asks about Spain is not answered
//! by what holds for France. Capitals tell, where they are not merely the beginning of a sentence. Start at [`names`].

use super::text;
use crate::language::{self, Language};

/// The folded words of `text` that are written as names, repetitions included.
pub fn names(text: &str, language: Language) -> Vec<String> {
    let written: Vec<Written> = written(text);
    let has_titles = is_in_title_case(&written, language);
    let is_shouted = written
        .iter()
        .all(|word| word.is_in_capitals() || !word.is_capitalised());
    let is_name = |word: &&Written| match () {
        () if is_shouted && written.len() > 2 => false,
        () if word.has_capital_within() => true,
        () => word.is_capitalised() && !word.is_first && !has_titles && !nouns_are_capitalised(language),
    };
    let folded = written
        .iter()
        .filter(is_name)
        .flat_map(|word| text::words(word.raw));
    let telling = folded.filter(|word| !language::is_function_word(&word.text, language));
    telling.map(|word| word.text).collect()
}

/// A word as it stands in the text.
struct Written<'a> {
    raw: &'a str,
    /// At the beginning of a sentence, a line or a quotation.
    is_first: bool,
}

impl Written<'_> {
    /// Without an elided article: `Espagne` of `d'Espagne`.
    fn core(&self) -> &str {
        let parts = self.raw.split(['\'', '’']);
        parts.max_by_key(|part| part.len()).unwrap_or(self.raw)
    }

    fn is_capitalised(&self) -> bool {
        self.core().chars().next().is_some_and(char::is_uppercase)
    }

    fn is_in_capitals(&self) -> bool {
        let mut letters = self.core().chars().filter(|c| c.is_alphabetic());
        letters.all(char::is_uppercase)
    }

    /// `PayPal`, `iPhone`, `USB`.
    fn has_capital_within(&self) -> bool {
        self.core().chars().skip(1).any(char::is_uppercase)
    }
}

fn written(text: &str) -> Vec<Written<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let mut words = Vec::new();
    let mut is_first = true;
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        is_first |= rest[..start].contains([
            '.', '!', '?', '…', ':', '\n', '"', '“', '«', '•', '¿', '¡', '(', '*', '#',
        ]);
        let length = rest[start..].find(|c| !is_part(c)).unwrap_or(rest.len() - start);
        let raw = &rest[start..start + length];
        words.push(Written { raw, is_first });
        is_first = false;
        rest = &rest[start + length..];
    }
    words
}

/// "How Do I Reset My Password?": capitals tell nothing.
fn is_in_title_case(words: &[Written<'_>], language: Language) -> bool {
    let within = words.iter().filter(|word| !word.is_first);
    let telling = within.filter(|word| {
        let folded = text::fold(word.core());
        word.core().starts_with(char::is_alphabetic)
            && (folded == "i" || !language::is_function_word(&folded, language))
    });
    let (capitals, small): (Vec<&Written>, Vec<&Written>) = telling.partition(|word| word.is_capitalised());
    capitals.len() > 2 && capitals.len() > 3 * small.len() && words.len() > 4
}

fn nouns_are_capitalised(language: Language) -> bool {
    matches!(language.code(), "de" | "lb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        names(text, language::detect(text)).join(" ")
    }

    #[test]
    fn names_are_capitalised_within_a_sentence() {
        assert_eq!(of("Do you ship to Spain?"), "spain");
        assert_eq!(of("Hello. Where is it? I am in New York"), "new york");
        assert_eq!(
            of("Est-ce que vous livrez jusqu'en Belgique ou d’Espagne ?"),
            "belgique espagne"
        );
        assert_eq!(of("Delivery is free"), "");
    }

    #[test]
    fn brands_are_names_wherever_they_stand() {
        assert_eq!(of("PayPal accepted? and the iPhone 15"), "paypal iphone");
    }

    #[test]
    fn capitals_that_tell_nothing_make_no_names() {
        assert_eq!(of("How Do I Reset My Password Quickly?"), "");
        assert_eq!(of("WHERE IS MY ORDER"), "");
        assert_eq!(of("Wann kommt mein Paket mit der Lampe?"), "");
    }
}
