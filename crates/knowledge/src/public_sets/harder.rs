//! The same sets as people ask them: in a hurry, and of a base in two languages.

use kernel::error::Result;
use sha2::{Digest, Sha256};

use super::bases::{Asked, Base};
use super::embeddings::Embeddings;

/// Every so many questions of a set are asked once more.
const STEP: usize = 3;

/// Of the bases on which finding is measured: sets with a slip of the finger in every question, and the English and French passages in one base.
pub fn harder_bases(bases: &[Base], embeddings: &mut Embeddings) -> Result<Vec<Base>> {
    let named = |name: &str| bases.iter().find(|base| base.name == name);
    let mut harder = Vec::new();
    for name in ["BANKING77, 10 examples", "SQuAD", "PIAF"] {
        let Some(base) = named(name) else { continue };
        harder.push(mistyped(base).with_vectors(embeddings)?);
    }
    if let (Some(english), Some(french)) = (named("SQuAD"), named("PIAF")) {
        harder.extend([joined(english, french, english), joined(english, french, french)]);
    }
    Ok(harder)
}

fn mistyped(base: &Base) -> Base {
    let asked = |asked: &Asked| Asked {
        text: slip(&asked.text),
        answers: asked.answers.clone(),
    };
    Base {
        name: format!("{}, mistyped", base.name),
        language: base.language,
        kind: base.kind,
        entries: base.entries.clone(),
        questions: base.questions.iter().step_by(STEP).map(asked).collect(),
    }
}

/// The passages of both, with the questions of one.
fn joined(one: &Base, other: &Base, asking: &Base) -> Base {
    Base {
        name: format!(
            "{} and {} in one base, asked in {}",
            one.name,
            other.name,
            asking.language.code()
        ),
        language: asking.language,
        kind: one.kind,
        entries: one.entries.iter().chain(&other.entries).cloned().collect(),
        questions: asking.questions.iter().step_by(STEP).cloned().collect(),
    }
}

/// One slip of the finger, in a word of at least five letters: two letters change places, one is left out, written
/// twice, or another one. Always the same one for the same question; none where no word is long enough.
fn slip(question: &str) -> String {
    let digest = Sha256::digest(question.as_bytes());
    let [kind, which, place, letter] = [digest[0], digest[1], digest[2], digest[3]].map(usize::from);
    let words: Vec<&str> = question.split(' ').collect();
    let is_long = |word: &&str| word.chars().count() >= 5 && word.chars().all(char::is_alphabetic);
    let long: Vec<usize> = (0..words.len()).filter(|at| is_long(&words[*at])).collect();
    if long.is_empty() {
        return question.to_owned();
    }
    let chosen = long[which % long.len()];
    let mut letters: Vec<char> = words[chosen].chars().collect();
    // people seldom miss the first letter
    let at = 1 + place % (letters.len() - 2);
    match kind % 4 {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = char::from(b'a' + (letter % 26) as u8),
    }
    let slipped: String = letters.into_iter().collect();
    let spelt = words.iter().enumerate();
    let spelt = spelt.map(|(at, word)| if at == chosen { slipped.as_str() } else { word });
    spelt.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::slip;

    #[test]
    fn a_slip_changes_one_long_word_and_always_in_the_same_way() {
        for question in ["When was the museum founded?", "Où est la cathédrale de Reims ?"] {
            let slipped = slip(question);
            assert_eq!(slipped, slip(question));
            let differing = question
                .split(' ')
                .zip(slipped.split(' '))
                .filter(|(a, b)| a != b);
            assert!(differing.count() <= 1, "{slipped}");
        }
        assert_ne!(
            slip("When was the museum founded?"),
            "When was the museum founded?"
        );
        assert_eq!(slip("Is it far?"), "Is it far?");
    }
}
