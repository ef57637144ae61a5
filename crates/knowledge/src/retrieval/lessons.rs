//! Learns an [`Adapter`] from questions of which is known what answers them.
//!
//! For each question the right entries shall come before the nearest others: the mean surprise (cross entropy over the
//! cosines) is made small, step by step down its slope. What a question reads stands fixed (the main directions of the
//! questions), what is added is learned from nothing on, and no chance is in the way to it. How far to go is tried on a
//! part of the questions first: as far as questions that took no part still gain. Start at [`Lessons::of`].

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::adapter::{Adapter, add, dot};
use super::index::Index;
use super::vectors::{ABSENT, QueryVector};

/// A question, and what people have said of entries as its answer.
#[derive(Clone, Debug)]
pub struct Lesson {
    pub vector: Vec<f32>,
    /// Entries that answer it, as far as is known.
    pub right: HashSet<Uuid>,
    /// Entries that do not.
    pub wrong: HashSet<Uuid>,
}

/// The nearest entries that a question is told apart from.
const NEAREST: usize = 64;
/// Others, evenly from the whole base, so that the way out of one corner does not lead into another.
const OTHERS: usize = 32;
/// Entries of one answer that are learned from.
const MOST_WANTED: usize = 16;
/// How steep the surprise is in the cosine.
const STEEPNESS: f32 = 20.0;
/// Directions that an adapter reads at most.
const MOST_DIRECTIONS: usize = 128;
const MOST_STEPS: usize = 200;
/// The questions that took no part are asked after so many steps, and the way ends when they have gained nothing in
/// [`PATIENCE`] of them.
const STRIDE: usize = 5;
const PATIENCE: usize = 30;
/// What is not a hundredth better is not worth the way.
const WORTH_IT: f64 = 0.99;
/// Every so many questions take no part while the number of steps is sought.
const HELD: usize = 5;
const MOMENTUM: f32 = 0.9;
/// Fewer questions teach nothing.
const FEWEST: usize = 10;

/// Questions with the entries that they are to find, and those that they are to leave.
pub struct Lessons {
    dimensions: usize,
    /// The vectors of all entries that take part.
    entries: Vec<Box<[f32]>>,
    /// Of each lesson; `None` where there is nothing to learn.
    exercises: Vec<Option<Exercise>>,
}

struct Exercise {
    vector: Vec<f32>,
    /// Numbers of entries, and whether each may come first.
    choices: Vec<(usize, bool)>,
}

impl Lessons {
    /// Each lesson with the entries of this index that it is about.
    pub fn of(index: &Index, lessons: &[Lesson]) -> Lessons {
        let mut numbers = HashMap::new();
        let mut entries = Vec::new();
        let mut choose = |place: Place| -> usize {
            *numbers.entry(place).or_insert_with(|| {
                entries.push(index.direction(place));
                entries.len() - 1
            })
        };
        let exercises = lessons
            .iter()
            .map(|lesson| {
                let choices = index.choices(lesson)?;
                Some(Exercise {
                    vector: unit(&lesson.vector)?,
                    choices: choices
                        .into_iter()
                        .map(|(place, is_wanted)| (choose(place), is_wanted))
                        .collect(),
                })
            })
            .collect();
        Lessons {
            dimensions: lessons.first().map_or(0, |lesson| lesson.vector.len()),
            entries,
            exercises,
        }
    }

    /// Learns from these lessons. `None`: there is nothing that questions that took no part would gain from.
    pub fn learn(&self, from: &[usize]) -> Option<Adapter> {
        let exercises: Vec<&Exercise> = from
            .iter()
            .filter_map(|at| self.exercises.get(*at)?.as_ref())
            .collect();
        if exercises.len() < FEWEST {
            return None;
        }
        let (held, taught): (Vec<_>, Vec<_>) =
            exercises.iter().enumerate().partition(|(at, _)| at % HELD == 0);
        let steps = self.steps(&only(taught), &only(held));
        if steps == 0 {
            return None;
        }
        let mut pupil = Pupil::new(self, &exercises);
        (0..steps).for_each(|_| pupil.step());
        Some(pupil.adapter())
    }

    /// After how many steps those who take no part are surprised least.
    fn steps(&self, taught: &[&Exercise], held: &[&Exercise]) -> usize {
        let mut pupil = Pupil::new(self, taught);
        let (mut best, mut least) = (0, pupil.surprise(held));
        for step in 1..=MOST_STEPS {
            pupil.step();
            if step % STRIDE != 0 {
                continue;
            }
            let surprise = pupil.surprise(held);
            if surprise < least * WORTH_IT {
                (best, least) = (step, surprise);
            } else if step - best >= PATIENCE {
                break;
            }
        }
        best
    }
}

fn only<'a>(numbered: Vec<(usize, &&'a Exercise)>) -> Vec<&'a Exercise> {
    numbered.into_iter().map(|(_, exercise)| *exercise).collect()
}

/// An adapter while it is learned.
struct Pupil<'a> {
    lessons: &'a Lessons,
    exercises: Vec<&'a Exercise>,
    /// One row a direction; they are at right angles and of length 1.
    read: Vec<Vec<f32>>,
    write: Vec<Vec<f32>>,
    momentum: Vec<Vec<f32>>,
    /// What each exercise's question says in each direction.
    readings: Vec<Vec<f32>>,
    stride: f32,
}

impl<'a> Pupil<'a> {
    fn new(lessons: &'a Lessons, exercises: &[&'a Exercise]) -> Pupil<'a> {
        let questions: Vec<&[f32]> = exercises.iter().map(|one| one.vector.as_slice()).collect();
        let read = main_directions(&questions, lessons.dimensions);
        let readings: Vec<Vec<f32>> = questions
            .iter()
            .map(|question| reading(&read, question))
            .collect();
        let nothing = vec![vec![0.0; lessons.dimensions]; read.len()];
        // the slope changes no faster than this, so a step of its inverse never goes uphill
        let curvature = 0.5 * STEEPNESS * STEEPNESS * largest_share(&readings);
        Pupil {
            lessons,
            exercises: exercises.to_vec(),
            write: nothing.clone(),
            momentum: nothing,
            read,
            readings,
            stride: 1.0 / curvature.max(1e-3),
        }
    }

    /// The question as it is compared, of length 1, and the length that it had before.
    fn moved(&self, question: &[f32], reading: &[f32]) -> (Vec<f32>, f32) {
        let mut moved = question.to_vec();
        for (share, write) in reading.iter().zip(&self.write) {
            add(&mut moved, *share, write);
        }
        let length = dot(&moved, &moved).sqrt().max(1e-6);
        moved.iter_mut().for_each(|x| *x /= length);
        (moved, length)
    }

    /// How much each choice is taken, and how much all that may be.
    fn taken(&self, exercise: &Exercise, moved: &[f32]) -> (Vec<f32>, f32) {
        let score = |choice: &(usize, bool)| STEEPNESS * dot(&self.lessons.entries[choice.0], moved);
        let mut taken: Vec<f32> = exercise.choices.iter().map(score).collect();
        let highest = taken.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        taken
            .iter_mut()
            .for_each(|score| *score = (*score - highest).exp());
        let all: f32 = taken.iter().sum();
        taken.iter_mut().for_each(|share| *share /= all);
        let wanted = exercise.choices.iter().zip(&taken);
        let wanted: f32 = wanted
            .filter(|((_, is_wanted), _)| *is_wanted)
            .map(|(_, share)| share)
            .sum();
        (taken, wanted.max(1e-12))
    }

    fn surprise(&self, of: &[&Exercise]) -> f64 {
        let surprise = |exercise: &&Exercise| {
            let (moved, _) = self.moved(&exercise.vector, &reading(&self.read, &exercise.vector));
            -f64::from(self.taken(exercise, &moved).1.ln())
        };
        of.iter().map(surprise).sum::<f64>() / of.len().max(1) as f64
    }

    fn step(&mut self) {
        let mut slope = vec![vec![0.0; self.lessons.dimensions]; self.read.len()];
        for (exercise, reading) in self.exercises.iter().zip(&self.readings) {
            let pull = self.pull(exercise, reading);
            for (share, slope) in reading.iter().zip(&mut slope) {
                add(slope, share * STEEPNESS / self.exercises.len() as f32, &pull);
            }
        }
        for (slope, (momentum, write)) in slope.iter().zip(self.momentum.iter_mut().zip(&mut self.write)) {
            momentum.iter_mut().for_each(|x| *x *= MOMENTUM);
            add(momentum, -self.stride, slope);
            add(write, 1.0, momentum);
        }
    }

    /// Where the question is to move away from: what it takes, less what it should.
    fn pull(&self, exercise: &Exercise, reading: &[f32]) -> Vec<f32> {
        let (moved, length) = self.moved(&exercise.vector, reading);
        let (taken, wanted) = self.taken(exercise, &moved);
        let mut pull = vec![0.0; self.lessons.dimensions];
        for ((entry, is_wanted), share) in exercise.choices.iter().zip(taken) {
            let excess = share - if *is_wanted { share / wanted } else { 0.0 };
            if excess.abs() > 1e-6 {
                add(&mut pull, excess, &self.lessons.entries[*entry]);
            }
        }
        // growing longer in its own direction changes nothing
        let along = dot(&pull, &moved);
        add(&mut pull, -along, &moved);
        pull.iter_mut().for_each(|x| *x /= length);
        pull
    }

    fn adapter(self) -> Adapter {
        Adapter::new(self.lessons.dimensions, self.read.concat(), self.write.concat())
    }
}

fn reading(read: &[Vec<f32>], question: &[f32]) -> Vec<f32> {
    read.iter().map(|direction| dot(direction, question)).collect()
}

/// The directions in which the questions differ most: the farthest question, then the farthest from what is there, and
/// so on; turned a few times towards where most of them lie.
fn main_directions(questions: &[&[f32]], dimensions: usize) -> Vec<Vec<f32>> {
    let most = MOST_DIRECTIONS.min(dimensions).min(questions.len());
    let mut left: Vec<Vec<f32>> = questions.iter().map(|question| question.to_vec()).collect();
    let mut directions: Vec<Vec<f32>> = Vec::new();
    while directions.len() < most {
        let lengths = left.iter().map(|rest| dot(rest, rest));
        let farthest = lengths.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((at, square)) = farthest.filter(|(_, square)| *square > 1e-6) else {
            break;
        };
        let direction: Vec<f32> = left[at].iter().map(|x| x / square.sqrt()).collect();
        for rest in &mut left {
            let share = dot(rest, &direction);
            add(rest, -share, &direction);
        }
        directions.push(direction);
    }
    for _ in 0..3 {
        let turned = directions.iter().map(|direction| turn(questions, direction));
        directions = at_right_angles(turned.collect());
    }
    directions
}

fn turn(questions: &[&[f32]], direction: &[f32]) -> Vec<f32> {
    let mut turned = vec![0.0; direction.len()];
    for question in questions {
        add(&mut turned, dot(question, direction), question);
    }
    turned
}

/// Without what others hold already; directions of which nothing is left go.
fn at_right_angles(rows: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let mut kept: Vec<Vec<f32>> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let before = dot(&row, &row).sqrt();
        // twice: the first time leaves rounding errors of the size of what is taken away
        for _ in 0..2 {
            for other in &kept {
                let share = dot(&row, other);
                add(&mut row, -share, other);
            }
        }
        let length = dot(&row, &row).sqrt();
        if length > before * 1e-4 && length > 1e-9 {
            row.iter_mut().for_each(|x| *x /= length);
            kept.push(row);
        }
    }
    kept
}

/// The share of all readings that lies in the one direction that holds most (the largest eigenvalue of their mean square).
fn largest_share(readings: &[Vec<f32>]) -> f32 {
    let count = readings.first().map_or(0, Vec::len);
    let mut direction = vec![1.0 / (count.max(1) as f32).sqrt(); count];
    let mut share = 0.0;
    for _ in 0..20 {
        let mut next = vec![0.0; count];
        for reading in readings {
            add(
                &mut next,
                dot(reading, &direction) / readings.len() as f32,
                reading,
            );
        }
        share = dot(&next, &next).sqrt();
        if share <= 1e-9 {
            return 1.0;
        }
        direction = next.into_iter().map(|x| x / share).collect();
    }
    // the last bit of the way to it
    share * 1.1
}

fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = dot(vector, vector).sqrt();
    (length > 0.0 && length.is_finite()).then(|| vector.iter().map(|x| x / length).collect())
}

/// An entry: whether it is a passage, and its row.
type Place = (bool, usize);

impl Index {
    fn direction(&self, (is_passage, row): Place) -> Box<[f32]> {
        let shelf = if is_passage {
            &self.passages
        } else {
            &self.qa_pairs
        };
        shelf.vectors.direction(row)
    }

    /// What a question chooses among: right and wrong entries, its nearest ones, and some others. `None` where nothing right
    /// or nothing else is held: then there is nothing to learn.
    fn choices(&self, lesson: &Lesson) -> Option<Vec<(Place, bool)>> {
        let query = QueryVector::new(&lesson.vector)?;
        let mut near: Vec<(Place, f32)> = Vec::new();
        for (is_passage, shelf) in [(false, &self.qa_pairs), (true, &self.passages)] {
            let cosines = shelf.vectors.cosines(&query).into_iter().enumerate();
            near.extend(cosines.map(|(row, cosine)| ((is_passage, row), cosine)));
        }
        near.retain(|(_, cosine)| *cosine != ABSENT);
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let step = near.len().div_ceil(OTHERS).max(1);
        let right = self.groups_of(&lesson.right);
        let (mut wanted, mut choices) = (0, Vec::new());
        for (rank, (place, _)) in near.into_iter().enumerate() {
            let (id, group) = self.names_of(place);
            let is_right = lesson.right.contains(&id) || right.contains(&group);
            let is_wrong = lesson.wrong.contains(&id);
            // where only the wrong answer is known, any other is better
            let is_wanted = if lesson.right.is_empty() {
                !is_wrong
            } else {
                is_right
            };
            let is_example = is_right && wanted < MOST_WANTED;
            if is_example || is_wrong || (!is_right && (rank < NEAREST || rank % step == 0)) {
                wanted += usize::from(is_right);
                choices.push((place, is_wanted));
            }
        }
        let is_choice =
            choices.iter().any(|(_, wanted)| *wanted) && choices.iter().any(|(_, wanted)| !wanted);
        is_choice.then_some(choices)
    }

    fn names_of(&self, (is_passage, row): Place) -> (Uuid, Uuid) {
        let shelf = if is_passage {
            &self.passages
        } else {
            &self.qa_pairs
        };
        (shelf.entries[row].id, shelf.entries[row].group)
    }

    /// The answers that these Q&A pairs have.
    pub fn groups_of(&self, ids: &HashSet<Uuid>) -> HashSet<Uuid> {
        if ids.is_empty() {
            return HashSet::new();
        }
        let entries = self.qa_pairs.entries.iter();
        let named = entries.filter(|entry| ids.contains(&entry.id));
        named.map(|entry| entry.group).collect()
    }

    /// Tells id and text of each entry; of a pair with several phrasings, once for each.
    pub fn for_each_entry(&self, mut tell: impl FnMut(Uuid, &str)) {
        let entries = self.qa_pairs.entries.iter().chain(&self.passages.entries);
        entries.for_each(|entry| tell(entry.id, &entry.text));
    }
}
