//! Simulated FAQs about named things: pairs made of reading sets, where the question next to a stored one names something
//! else and has no answer.
//!
//! BANKING77 has no names, and so nothing in it teaches that another name is another question. A stored question is
//! asked again in other words where the set has such, and as visitors shorten and mistype it. What is near is asked of
//! the same paragraph and answered by another sentence, or by none.

use knowledge::language::{self, Language};
use knowledge::public_sets::{Embeddings, Paragraph, Question, Reading, id_of};
use knowledge::retrieval::{Entry, EntryKind, text};
use unicode_segmentation::UnicodeSegmentation;
use uuid::Uuid;

use super::random::Random;
use super::simulate::{ASKED, Tenant, traffic};

const SIZES: [usize; 6] = [8, 12, 16, 25, 50, 100];
/// What is reworded by rule is easier than what people put in other words, so each FAQ counts as a part of a tenant.
const COUNTS_AS: f64 = 0.3;

/// A stored question with the sentence that answers it.
#[derive(Clone)]
struct Pair<'a> {
    question: &'a Question,
    answer: String,
    id: Uuid,
}

pub fn tenants(
    reading: &Reading,
    language: Language,
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for (number, size) in SIZES.into_iter().enumerate() {
        for seed in 0..4 {
            let mut random = Random::new(3_000 + 10 * number as u64 + seed);
            tenants.push(tenant(
                reading,
                language,
                strangers,
                size,
                &mut random,
                embeddings,
            ));
        }
    }
    tenants
}

fn tenant(
    reading: &Reading,
    language: Language,
    strangers: &[String],
    size: usize,
    random: &mut Random,
    embeddings: &mut Embeddings,
) -> Tenant {
    let paragraphs = random.sample(&reading.paragraphs, reading.paragraphs.len());
    let made = paragraphs
        .iter()
        .filter_map(|paragraph| pair(reading, paragraph, random));
    let pairs: Vec<Pair> = made.take(size).collect();
    let mut again: Vec<(String, Uuid)> = Vec::new();
    let mut near: Vec<String> = Vec::new();
    for pair in &pairs {
        again.extend(reworded(&pair.question.question, language, random).map(|text| (text, pair.id)));
        for other in of_paragraph(reading, &pair.question.passage_id) {
            match others_answer(pair, other) {
                Some(true) => again.push((as_typed(&other.question, random), pair.id)),
                Some(false) => near.push(as_typed(&other.question, random)),
                None => {}
            }
        }
    }
    let mut asked = traffic(
        random.sample(&again, ASKED),
        random.sample(&near, ASKED / 4),
        random.sample(strangers, ASKED / 6),
    );
    asked.iter_mut().for_each(|one| one.weight *= COUNTS_AS);
    Tenant {
        dataset: format!("{} as FAQ", reading.name),
        name: format!("{} FAQ {size}", reading.name),
        kind: EntryKind::QaPair,
        entries: entries(&pairs, language, embeddings),
        asked,
    }
}

/// One answerable question of a paragraph.
fn pair<'a>(reading: &'a Reading, paragraph: &Paragraph, random: &mut Random) -> Option<Pair<'a>> {
    let answerable: Vec<(&Question, String)> = of_paragraph(reading, &paragraph.id)
        .filter(|question| !question.is_impossible)
        .filter_map(|question| Some((question, sentence(&paragraph.text, question.answers.first()?)?)))
        .collect();
    let (question, answer) = random.sample(&answerable, 1).pop()?;
    let id = id_of("faq", &question.question);
    Some(Pair { question, answer, id })
}

fn of_paragraph<'a, 'i>(
    reading: &'a Reading,
    id: &'i str,
) -> impl Iterator<Item = &'a Question> + use<'a, 'i> {
    reading
        .questions
        .iter()
        .filter(move |question| question.passage_id == id)
}

fn sentence(text: &str, answer: &str) -> Option<String> {
    let holds = |sentence: &&str| sentence.contains(answer);
    text.unicode_sentences()
        .find(holds)
        .map(|sentence| sentence.trim().to_owned())
}

/// Whether a pair answers another question of its paragraph; not known where its sentence holds the answer to it too.
fn others_answer(pair: &Pair, other: &Question) -> Option<bool> {
    if other.question == pair.question.question {
        return None;
    }
    if other.is_impossible {
        return Some(false);
    }
    let same = other
        .answers
        .iter()
        .any(|answer| pair.question.answers.contains(answer));
    let is_near = text::fold(&pair.answer).contains(&text::fold(other.answers.first()?));
    match (same, is_near) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

fn entries(pairs: &[Pair], language: Language, embeddings: &mut Embeddings) -> Vec<Entry> {
    let titles = || pairs.iter().map(|pair| pair.question.question.as_str());
    embeddings.prepare(titles()).expect("vectors");
    let entry = |pair: &Pair| Entry {
        id: pair.id,
        kind: EntryKind::QaPair,
        title: pair.question.question.clone(),
        text: pair.answer.clone(),
        group: pair.id,
        language,
        vector: embeddings.get(&pair.question.question).map(Into::into),
    };
    pairs.iter().map(entry).collect()
}

/// A stored question as visitors type it: in small letters, without the small words, with a slip.
fn reworded(question: &str, language: Language, random: &mut Random) -> impl Iterator<Item = String> + use<> {
    let small = question.trim_end_matches(['?', ' ']).to_lowercase();
    let words: Vec<&str> = small.split_whitespace().collect();
    let is_telling = |word: &&&str| !language::is_function_word(&text::fold(word), language);
    let telling: Vec<&str> = words.iter().filter(is_telling).copied().collect();
    let short = random.sample(&telling, telling.len()).join(" ");
    let fewer = match telling.len() > 3 {
        true => telling[..telling.len() - 1].join(" "),
        false => String::new(),
    };
    let slipped = slip(&words, random);
    [small.clone(), short, fewer, slipped]
        .into_iter()
        .filter(move |text| !text.is_empty())
}

/// Two letters of the longest word change places.
fn slip(words: &[&str], random: &mut Random) -> String {
    let longest = words
        .iter()
        .max_by_key(|word| word.chars().count())
        .copied()
        .unwrap_or_default();
    let mut letters: Vec<char> = longest.chars().collect();
    if letters.len() > 5 {
        let at = 1 + random.below(letters.len() - 3);
        letters.swap(at, at + 1);
    }
    let wrong: String = letters.into_iter().collect();
    let typed = words
        .iter()
        .map(|word| if *word == longest { wrong.as_str() } else { word });
    typed.collect::<Vec<_>>().join(" ")
}

/// Half of the visitors use no capitals.
fn as_typed(question: &str, random: &mut Random) -> String {
    match random.below(2) {
        0 => question.trim_end_matches(['?', ' ']).to_lowercase(),
        _ => question.to_owned(),
    }
}
