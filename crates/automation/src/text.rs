//! How words of visitors are compared with words that a tenant has written down: without accents, in lower case.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use conversations::search::words_in_order;
use kernel::Result;
use kernel::error::invalid;
use regex::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Memory for one pattern. Matching takes time in proportion to the text, whatever the pattern.
const LARGEST_PATTERN: usize = 256 * 1024;
/// What of a text is looked at, in characters: what vendors take in one message.
const LONGEST_TEXT: usize = 4_000;
/// So many patterns stay built, of all tenants.
const MOST_BUILT: usize = 200;

/// Plain letters in lower case.
pub fn fold(text: &str) -> String {
    without_marks(text).to_lowercase()
}

fn without_marks(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Whether the whole text is this, whatever stands between its words.
pub fn is_same(text: &str, wanted: &str) -> bool {
    let wanted_words = words_in_order(wanted);
    fold(text.trim()) == fold(wanted.trim())
        || (!wanted_words.is_empty() && words_in_order(text) == wanted_words)
}

/// Whether these words stand in the text, whole and one behind the other.
pub fn has_words(text: &str, wanted: &str) -> bool {
    let wanted = words_in_order(wanted);
    let words = words_in_order(text);
    !wanted.is_empty() && words.windows(wanted.len()).any(|some| some == wanted)
}

/// A pattern that somebody wrote, for texts that [`fold`] has made plain.
///
/// # Errors
/// 422 if it is none, is too large, or matches whatever is written.
pub fn pattern(text: &str) -> Result<Regex> {
    let built = RegexBuilder::new(&without_marks(text))
        .case_insensitive(true)
        .size_limit(LARGEST_PATTERN)
        .dfa_size_limit(LARGEST_PATTERN)
        .nest_limit(20)
        .build();
    let pattern = built.map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().trim().to_owned();
        invalid(
            "bad_pattern",
            format!("This pattern cannot be used ({last}). Look at its brackets, or make it shorter."),
        )
    })?;
    if pattern.is_match("") {
        return Err(invalid(
            "bad_pattern",
            "This pattern matches every message. Name at least one letter that must be there.",
        ));
    }
    Ok(pattern)
}

/// Whether a stored pattern stands in a text. It is built once, as long as it is not crowded out by others.
pub fn matches(text: &str, stored: &str) -> bool {
    let plain: String = fold(text.chars().take(LONGEST_TEXT).collect::<String>().as_str());
    built(stored).is_some_and(|pattern| pattern.is_match(&plain))
}

/// None for what is no pattern any more.
fn built(stored: &str) -> Option<Arc<Regex>> {
    static BUILT: LazyLock<Mutex<HashMap<String, Option<Arc<Regex>>>>> = LazyLock::new(Mutex::default);
    let known = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(stored) {
        return found.clone();
    }
    let fresh = pattern(stored).ok().map(Arc::new);
    let mut known = known();
    if known.len() >= MOST_BUILT {
        known.clear();
    }
    known.insert(stored.to_owned(), fresh.clone());
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_matter() {
        assert!(is_same("  Arrête ! ", "ARRETE"));
        assert!(is_same("Ⅳ", "iv"));
        assert!(is_same("👍", " 👍"));
        assert!(!is_same("stop it", "stop"));
        assert!(has_words("Je veux un Conseiller, vite", "un conseiller"));
        assert!(!has_words("un bon conseiller", "un conseiller"));
        assert!(!has_words("unstoppable", "stop"));
        assert!(has_words("我要人工客服", "人工"));
    }

    #[test]
    fn a_pattern_reads_plain_text_and_must_ask_for_something() {
        assert!(
            pattern("commandé +\\d+")
                .unwrap()
                .is_match(&fold("ma COMMANDE  12"))
        );
        assert!(pattern("^STOP\\b").unwrap().is_match(&fold("stop now")));
        for bad in ["(", ".*", "a{1000}{1000}{1000}", "x|"] {
            assert_eq!(pattern(bad).unwrap_err().code, "bad_pattern", "{bad}");
        }
    }

    #[test]
    fn a_pattern_is_built_once_and_looks_at_so_much_of_a_text() {
        assert!(matches("ma COMMANDE 12", "commande \\d+") && !matches("ma commande", "commande \\d+"));
        let first = built("built once").unwrap();
        assert!(Arc::ptr_eq(&first, &built("built once").unwrap()));
        assert!(built("(").is_none() && !matches("(", "("));
        for number in 0..=MOST_BUILT {
            built(&format!("crowd {number}")).unwrap();
        }
        assert!(!Arc::ptr_eq(&first, &built("built once").unwrap()));
        let late = format!("{}end", "x".repeat(LONGEST_TEXT));
        assert!(!matches(&late, "end"));
    }
}
