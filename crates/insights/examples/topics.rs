//! Finds topics in public questions, for `bench/topics`: vectors and topics of each set as files for the comparison.
//! Arguments: the folder of the data sets, the folder of the model, a folder for what it finds.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use insights::topics::clustering::{Home, Point, sort};
use insights::topics::words::{vector, words};
use knowledge::language::detect;
use knowledge::public_sets::{Embeddings, Labelled, banking};
use serde_json::json;

/// Questions with their true intents.
struct Set {
    name: String,
    questions: Vec<Labelled>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [data, model, into] = arguments.as_slice() else {
        return Err("usage: topics DATA MODEL INTO".into());
    };
    fs::create_dir_all(into)?;
    let test = banking(data)?.test;
    let mut embeddings = Embeddings::open(model, Some(into))?;
    let texts: Vec<String> = test.iter().map(|question| question.text.clone()).collect();
    embeddings.prepare(texts.iter().map(String::as_str))?;
    for set in sets(&test) {
        write(&set, &embeddings, into)?;
    }
    stream(&test, &embeddings, into)
}

/// A generator of numbers that are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// All at once; and ten days of 100 questions about 12 things, ten of 1,000 about 30 (fewer where there are not so many).
fn sets(test: &[Labelled]) -> Vec<Set> {
    let mut chance = Chance(7);
    let mut sets = vec![Set {
        name: "all".into(),
        questions: test.to_vec(),
    }];
    for (size, about) in [(100, 12), (1_000, 30)] {
        for day in 0..10 {
            sets.push(Set {
                name: format!("day-{size}-{day}"),
                questions: a_day(test, size, about, &mut chance),
            });
        }
    }
    sets
}

fn a_day(test: &[Labelled], size: usize, about: usize, chance: &mut Chance) -> Vec<Labelled> {
    let mut by_intent: BTreeMap<&str, Vec<&Labelled>> = BTreeMap::new();
    for question in test {
        by_intent.entry(&question.category).or_default().push(question);
    }
    let mut intents: Vec<&str> = by_intent.keys().copied().collect();
    chance.shuffle(&mut intents);
    let chosen = intents.into_iter().take(about);
    let mut questions: Vec<Labelled> = chosen
        .flat_map(|intent| by_intent[intent].iter().map(|q| (*q).clone()))
        .collect();
    chance.shuffle(&mut questions);
    questions.truncate(size);
    questions
}

fn points(questions: &[Labelled], embeddings: &Embeddings, first: usize) -> Vec<Point> {
    let numbered = questions.iter().enumerate();
    numbered
        .map(|(place, question)| {
            let words = words(&question.text, detect(&question.text));
            Point {
                vector: vector(embeddings.get(&question.text), &words),
                person: (first + place) as u64,
            }
        })
        .collect()
}

fn write(set: &Set, embeddings: &Embeddings, into: &Path) -> Result<(), Box<dyn Error>> {
    let points = points(&set.questions, embeddings, 0);
    let start = Instant::now();
    let homes = sort(&points, &[]);
    let seconds = start.elapsed().as_secs_f64();
    let found: Vec<i64> = homes.iter().map(number).collect();
    finish(&set.name, &set.questions, embeddings, &found, seconds, into)
}

fn number(home: &Option<Home>) -> i64 {
    match home {
        Some(Home::Known(place)) => *place as i64,
        Some(Home::New(place)) => *place as i64,
        None => -1,
    }
}

/// Thirty days of about 100 questions, one after another, beside the topics of the days before: one id, one thing?
fn stream(test: &[Labelled], embeddings: &Embeddings, into: &Path) -> Result<(), Box<dyn Error>> {
    let mut questions = test.to_vec();
    Chance(11).shuffle(&mut questions);
    let all = points(&questions, embeddings, 0);
    let mut found: Vec<i64> = vec![-1; all.len()];
    let start = Instant::now();
    let mut topics = 0;
    let days = 30;
    for day in 0..days {
        let (from, to) = (day * all.len() / days, (day + 1) * all.len() / days);
        // what belonged nowhere takes part again
        let at: Vec<usize> = (0..to)
            .filter(|place| *place >= from || found[*place] < 0)
            .collect();
        let known: Vec<Vec<f32>> = (0..topics).map(|topic| mean(&all, &found, topic)).collect();
        let today: Vec<Point> = at
            .iter()
            .map(|place| Point {
                vector: all[*place].vector.clone(),
                person: all[*place].person,
            })
            .collect();
        for (place, home) in at.iter().zip(sort(&today, &known)) {
            found[*place] = match home {
                Some(Home::Known(topic)) => topic as i64,
                Some(Home::New(new)) => {
                    topics = topics.max(known.len() + new + 1);
                    (known.len() + new) as i64
                }
                None => -1,
            };
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    finish("stream", &questions, embeddings, &found, seconds, into)
}

fn mean(all: &[Point], found: &[i64], topic: usize) -> Vec<f32> {
    let members = all.iter().zip(found).filter(|(_, home)| **home == topic as i64);
    let mut mean = vec![0.0; all.first().map_or(0, |point| point.vector.len())];
    let mut count = 0.0;
    for (point, _) in members {
        count += 1.0;
        for (sum, x) in mean.iter_mut().zip(&point.vector) {
            *sum += x;
        }
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    mean
}

fn finish(
    name: &str,
    questions: &[Labelled],
    embeddings: &Embeddings,
    found: &[i64],
    seconds: f64,
    into: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    for question in questions {
        let meaning = embeddings
            .get(&question.text)
            .ok_or("a question without a vector")?;
        meaning.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    }
    fs::write(into.join(format!("{name}.f32")), bytes)?;
    let intents: Vec<&str> = questions
        .iter()
        .map(|question| question.category.as_str())
        .collect();
    let set = json!({"name": name, "intents": intents, "found": found, "seconds": seconds});
    fs::write(into.join(format!("{name}.json")), set.to_string())?;
    Ok(())
}
