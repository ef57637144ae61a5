//! Does a customer's turn ask something, and what exactly?

use super::cleaning::{Name, capitalised, is_courtesy, sentences, without_greeting};
use super::phrases::{ASKING, WANTING};
use crate::language;
use crate::retrieval::text::{self, fold};

/// The longest question that is taken: more is a story.
const LONGEST: usize = 400;

/// The question of a turn. None: it greets, thanks, tells or answers.
pub fn question(turn: &str, names: &[Name]) -> Option<String> {
    let bare: Vec<&str> = turn
        .lines()
        .map(|line| without_greeting(line.trim(), names))
        .collect();
    let all: Vec<&str> = bare
        .iter()
        .flat_map(|line| sentences(line))
        .map(|sentence| without_greeting(sentence, names))
        .filter(|sentence| !sentence.is_empty() && !is_courtesy(sentence) && !is_attention(sentence))
        .collect();
    let asked: Vec<&str> = all.iter().copied().filter(|sentence| asks(sentence)).collect();
    let of_asked = asked.join(" ");
    let question = match asked.is_empty() {
        true => return None,
        // "Is that possible?" means nothing without what was said before
        false if leans(&of_asked) => all.join(" "),
        false => of_asked,
    };
    let question = without_lead(question.trim());
    let is_one = content_words(&question) >= 2 && question.chars().count() <= LONGEST;
    (is_one && !leans(&question)).then(|| capitalised(&question))
}

/// Whether it asks something, by a question mark or by how it begins.
pub fn asks(sentence: &str) -> bool {
    if sentence.contains(['?', '？', '؟']) {
        return true;
    }
    let folded = fold(sentence);
    let first = folded
        .split(|c: char| c.is_whitespace() || c == ',')
        .next()
        .unwrap_or_default();
    let words = folded.split_whitespace().count();
    // "Is it so" is asked in haste, "May 5 would be good" is not
    let begins = ASKING.contains(&first)
        && (3..=25).contains(&words)
        && !matches!(
            first,
            "may"
                | "have"
                | "any"
                | "que"
                | "qui"
                | "is"
                | "was"
                | "will"
                | "were"
                | "has"
                | "when"
                | "ou"
                | "y"
                | "am"
                | "quand"
                | "what"
        );
    let asks_before_anything = matches!(first, "is" | "what" | "when" | "quand" | "any")
        && !sentence.trim_end().ends_with(['.', '!'])
        && words >= 3;
    begins && !sentence.trim_end().ends_with('.')
        || asks_before_anything
        || WANTING.iter().any(|phrase| folded.contains(phrase))
}

/// Is anybody there?
fn is_attention(sentence: &str) -> bool {
    let folded = fold(sentence);
    let bare = folded.trim_matches(|c: char| !c.is_alphanumeric());
    [
        "are you there",
        "anyone there",
        "anybody there",
        "is anyone",
        "is anybody",
        "someone there",
        "vous etes la",
        "etes-vous la",
        "il y a quelqu'un",
        "y a quelqu'un",
        "quelqu'un",
        "are you a bot",
        "are you human",
        "am i talking",
        "can you help me",
        "could you help me",
        "can you help",
        "can i ask",
        "can i ask you something",
        "pouvez-vous m'aider",
        "vous pouvez m'aider",
        "pourriez-vous m'aider",
        "je peux vous poser une question",
        "puis-je vous poser une question",
        "are you still there",
        "hello",
        "allo",
    ]
    .iter()
    .any(|phrase| {
        bare == *phrase
            || bare.starts_with(phrase) && bare.split_whitespace().count() <= phrase.split(' ').count() + 2
    })
}

/// Whether a question can only be understood by what was said before.
fn leans(question: &str) -> bool {
    let folded = fold(question);
    let begins = [
        "and ",
        "et ",
        "what about ",
        "how about ",
        "or ",
        "ou ",
        "so ",
        "but ",
        "mais ",
        "donc ",
    ]
    .iter()
    .any(|word| folded.starts_with(word));
    content_words(question) < if begins { 4 } else { 2 }
}

/// Words that carry meaning, numbers too.
pub fn content_words(text: &str) -> usize {
    let words = text::words(text);
    words
        .iter()
        .filter(|word| word.text.chars().count() > 1 && !is_filler(&word.text))
        .count()
}

fn is_filler(word: &str) -> bool {
    const MORE: &[&str] = &[
        "please", "possible", "true", "really", "sure", "exactly", "right", "ok", "yes", "no", "thanks",
        "hello", "know", "like", "want", "need", "question", "help", "it", "that", "this", "there", "vrai",
        "vraiment", "merci", "oui", "non", "savoir", "voudrais", "aimerais", "besoin", "ca", "cela", "svp",
        "plait", "tell", "get", "got", "let", "one", "correct",
    ];
    MORE.contains(&word)
        || language::is_function_word(word, language::Language::ENGLISH)
        || language::is_function_word(word, language::Language::FRENCH)
}

/// "Hello, I was wondering, do you …": without the run-up.
fn without_lead(question: &str) -> String {
    let mut rest = question;
    for _ in 0..3 {
        let folded = fold(rest);
        let lead = [
            "and also",
            "also",
            "and",
            "so",
            "well",
            "okay",
            "ok",
            "yes",
            "no",
            "great",
            "perfect",
            "thanks",
            "thank you",
            "sorry",
            "actually",
            "oh",
            "um",
            "but",
            "please",
            "another thing",
            "et",
            "alors",
            "donc",
            "oui",
            "non",
            "d'accord",
            "merci",
            "super",
            "parfait",
            "pardon",
            "excusez-moi",
            "excuse me",
            "dites",
            "mais",
            "par contre",
            "sinon",
            "du coup",
        ]
        .iter()
        .filter(|lead| {
            folded
                .strip_prefix(**lead)
                .is_some_and(|rest| rest.starts_with([' ', ',', '.', '!']))
        })
        .max_by_key(|lead| lead.len());
        let Some(lead) = lead else { break };
        let words = lead.split(' ').count();
        let mut left = rest;
        for _ in 0..words {
            left = left.trim_start();
            left = left
                .split_once(|c: char| c.is_whitespace())
                .map_or("", |(_, left)| left);
        }
        if content_words(left) < 2 {
            break;
        }
        rest = left.trim_start();
    }
    rest.to_owned()
}
