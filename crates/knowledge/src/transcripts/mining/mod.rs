//! From chats to what is asked and how people answer it, without any model: turns are put together, questions found among
//! them, each with the answer of a person that follows ([`exchanges`]); those that ask the same become one proposal
//! ([`clustering`]).

pub mod asking;
mod cleaning;
pub mod clustering;
pub mod masking;
mod phrases;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use cleaning::{Name, capitalised, sentences, substance};
use masking::{Own, mask};

use super::read::{Chat, Side};
use crate::retrieval::text::fold;

/// A question that somebody of the business answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The chat that it comes from, by its place.
    pub chat: usize,
    pub question: String,
    pub answer: String,
    /// The question or answer holds data of a person, masked here.
    pub has_personal_data: bool,
    /// The answer tells about one person's case.
    pub is_specific: bool,
}

/// The longest answer that is proposed.
const LONGEST_ANSWER: usize = 4_000;
/// Comparing all with all would take too long for more. Resolved conversations come with the newest first.
pub const MOST_EXCHANGES: usize = 5_000;
/// Those who speak first; in a group of hundreds names tell little.
const MOST_NAMES: usize = 50;
/// How many turns of the business an answer may be away: after "one moment", or after asking back.
const REACH: usize = 3;

/// What was asked and answered, the first [`MOST_EXCHANGES`]. The sides of all who speak are settled.
pub fn exchanges(chats: &[Chat]) -> Vec<Exchange> {
    let of_business = chats.iter().enumerate().flat_map(|(place, chat)| {
        let said = chat
            .messages
            .iter()
            .filter(|said| said.side == Some(Side::Business));
        said.map(move |said| (place, said.text.as_str()))
    });
    let own = Own::learn(of_business);
    chats
        .iter()
        .enumerate()
        .flat_map(|(place, chat)| in_chat(place, chat, &own))
        .take(MOST_EXCHANGES)
        .collect()
}

struct Turn {
    side: Side,
    text: String,
}

fn in_chat(place: usize, chat: &Chat, own: &Own) -> Vec<Exchange> {
    let names = names(chat);
    let turns = turns(chat);
    let mut found: Vec<Exchange> = Vec::new();
    for (at, turn) in turns.iter().enumerate() {
        if found.len() >= MOST_EXCHANGES {
            break;
        }
        if turn.side != Side::Customer {
            continue;
        }
        let Some(question) = asking::question(&turn.text, &names) else {
            continue;
        };
        let Some(answer) = answer_after(turns.get(at + 1..).unwrap_or_default(), &names) else {
            continue;
        };
        // asked once more before the answer came
        if found.last().is_some_and(|last| last.question == question) {
            continue;
        }
        let (question, is_personal_question) = mask(&question, own);
        let (answer, is_personal_answer) = mask(&without_names(&answer, &names), own);
        found.push(Exchange {
            chat: place,
            is_specific: is_specific(&answer),
            has_personal_data: is_personal_question || is_personal_answer,
            question,
            answer,
        });
    }
    found
}

/// Who speaks in the chat, as long as it is a name and not a role.
fn names(chat: &Chat) -> Vec<Name> {
    let mut seen: HashSet<&str> = HashSet::new();
    chat.messages
        .iter()
        .map(|said| said.speaker.as_str())
        .filter(|name| name.chars().count() > 1 && name.chars().any(char::is_alphabetic))
        .filter(|name| seen.insert(name))
        .take(MOST_NAMES)
        .map(Name::of)
        .collect()
}

/// Several messages in a row by one side are one turn. Bots are passed over.
fn turns(chat: &Chat) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for said in &chat.messages {
        let Some(side) = said.side.filter(|side| *side != Side::Bot) else {
            continue;
        };
        match turns.last_mut().filter(|last| last.side == side) {
            Some(last) => {
                last.text.push('\n');
                last.text.push_str(&said.text);
            }
            None => turns.push(Turn {
                side,
                text: said.text.clone(),
            }),
        }
    }
    turns
}

fn answer_after(turns: &[Turn], names: &[Name]) -> Option<String> {
    let mut reach = 0;
    for turn in turns {
        match turn.side {
            Side::Business => {
                let text = substance(&turn.text, names);
                if is_answer(&text) {
                    return Some(capitalised(&text));
                }
                reach += 1;
                if reach >= REACH {
                    return None;
                }
            }
            // something else is asked: what follows answers that
            Side::Customer if asking::question(&turn.text, names).is_some() => return None,
            Side::Customer | Side::Bot => {}
        }
    }
    None
}

/// Enough to tell somebody, and not only a question back.
fn is_answer(text: &str) -> bool {
    let all = sentences(text);
    let told: Vec<&str> = all
        .into_iter()
        .filter(|sentence| !sentence.ends_with('?'))
        .collect();
    let words: usize = told
        .iter()
        .map(|sentence| sentence.split_whitespace().count())
        .sum();
    words >= 3 && text.chars().count() <= LONGEST_ANSWER && !asks_for_more(&fold(text))
}

/// "Could you send me your order number?" put as a request.
fn asks_for_more(folded: &str) -> bool {
    let begins = [
        "please send me your",
        "please give me your",
        "please tell me your",
        "please provide your",
        "please share your",
        "could you",
        "can you",
        "may i have",
        "i need your",
        "i'll need your",
        "i would need your",
        "send me your",
        "pouvez-vous",
        "pourriez-vous",
        "merci de m'indiquer",
        "merci de me communiquer",
        "il me faut votre",
        "indiquez-moi",
        "envoyez-moi votre",
        "donnez-moi votre",
    ];
    begins.iter().any(|phrase| folded.starts_with(phrase)) && folded.split_whitespace().count() <= 20
}

fn is_specific(answer: &str) -> bool {
    let folded = fold(answer);
    phrases::SPECIFIC.iter().any(|phrase| {
        let mut from = 0;
        while let Some(at) = folded.get(from..).and_then(|rest| rest.find(phrase)) {
            let begin = from + at;
            let end = begin + phrase.len();
            let is_free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            if is_free(folded.get(..begin).and_then(|text| text.chars().next_back()))
                && is_free(folded.get(end..).and_then(|text| text.chars().next()))
            {
                return true;
            }
            from = end;
        }
        false
    })
}

/// "…, Anna." at the end of a sentence addresses one person.
fn without_names(answer: &str, names: &[Name]) -> String {
    let mut text = answer.to_owned();
    for name in names.iter().map(|name| name.written.as_str()) {
        let first = name.split_whitespace().next().unwrap_or_default();
        for name in [name, first] {
            if name.chars().count() > 2 && text.contains(name) {
                for (with, without) in [
                    (format!(", {name}."), "."),
                    (format!(", {name}!"), "!"),
                    (format!(", {name},"), ","),
                ] {
                    text = text.replace(&with, without);
                }
            }
        }
    }
    text
}
