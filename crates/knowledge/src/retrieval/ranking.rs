//! Scores and orders the entries of one shelf for one question.
//!
//! Dense and lexical scores are each turned into z-scores over the shelf and mixed; the weight of the dense
//! part falls where the embedding model does not understand the language. Start at [`Ranking::new`].

use std::collections::BTreeSet;

use super::index::EntryKind;
use super::lexical::QueryTerm;
use super::shelf::Shelf;
use super::tuning::Tuning;
use super::vectors::{ABSENT, QueryVector};
use super::yardstick::Yardstick;

/// How many of the best answers are weighed again by what was learned from examples.
const RESCORED: usize = 24;
/// Features compare with the best other answers, so more are ranked than asked for.
const RANKED_AT_LEAST: usize = 16;

/// One entry standing for its answer (Q&A pairs) or for itself (passages).
#[derive(Clone, Debug)]
pub struct Ranked {
    pub entry: u32,
    pub group: u32,
    pub score: f32,
    /// `None` without vectors.
    pub cosine: Option<f32>,
    pub centroid: Option<f32>,
    pub learned: Option<f32>,
    pub lexical: f32,
}

pub struct Ranking {
    /// Best first.
    pub ranked: Vec<Ranked>,
    /// Mean, deviation and best of the cosines over the shelf; `None` without vectors.
    pub dense: Option<Spread>,
    pub lexical: Spread,
    /// Of the words' part of the mixed score.
    words: Spread,
    /// What a BM25 score is compared with: the sum of the idf of all words asked.
    pub idf_total: f32,
    /// Best dense and lexical values of each group, for margins.
    pub best_dense: TopTwo,
    pub best_lexical: TopTwo,
    pub trust: f32,
    vote: Vote,
    cosines: Option<Vec<f32>>,
    lexical_scores: Vec<f32>,
}

impl Ranking {
    /// `yardstick` is the shelf's own unless it holds only a part.
    pub fn new(
        shelf: &Shelf,
        yardstick: &Yardstick<'_>,
        terms: &[QueryTerm],
        vector: Option<&QueryVector>,
        trust: f32,
        tuning: &Tuning,
        limit: usize,
    ) -> Ranking {
        let weights = term_weights(yardstick, terms, tuning);
        let idf_total = weights.iter().sum::<f32>().max(1e-3);
        let lexical = shelf.postings.scores(terms, &weights);
        let sections = shelf
            .sections
            .as_ref()
            .filter(|_| tuning.section_lexical > 0.0)
            .map(|sections| sections.scores(terms, &weights));
        let cosines = vector
            .filter(|v| shelf.vectors.fits(v))
            .map(|v| shelf.vectors.cosines(v));
        let centroids = vector
            .filter(|v| shelf.centroids.fits(v))
            .map(|v| shelf.centroids.cosines(v));
        let mut signals = Signals {
            shelf,
            lexical,
            sections,
            cosines,
            centroids,
            tuning,
            trust,
            usual: yardstick.usual,
        };
        let words = signals.words();
        let usual_words = signals.usual_words(&words);
        let mut scores = signals.scores(&words, &usual_words);
        signals.keep_best_twins(&mut scores);
        let ranked = signals.rank(&scores, limit.max(RANKED_AT_LEAST));
        let best_dense = signals
            .cosines
            .as_ref()
            .map_or_else(TopTwo::default, |c| TopTwo::of(c, &shelf.group_of));
        Ranking {
            ranked,
            vote: Vote::new(shelf, signals.cosines.as_ref(), best_dense.best),
            dense: signals
                .cosines
                .as_ref()
                .map(|cosines| signals.usual_cosines(cosines)),
            lexical: yardstick.usual.map_or_else(
                || Spread::of(signals.lexical.iter().map(|s| s / idf_total), LEXICAL_PRIOR),
                |usual| usual.lexical,
            ),
            words: usual_words,
            idf_total,
            best_dense,
            best_lexical: TopTwo::of(&signals.lexical, &shelf.group_of),
            trust,
            cosines: signals.cosines,
            lexical_scores: signals.lexical,
        }
    }

    /// The best by the mixed score, and the `count` best by meaning and by words: whoever a candidate is compared with.
    pub fn leading(&self, count: usize) -> BTreeSet<u32> {
        let best = |scores: &[f32]| {
            let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
            let by_score = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]);
            if count < rows.len() {
                rows.select_nth_unstable_by(count, by_score);
                rows.truncate(count);
            }
            rows
        };
        let mut leading: BTreeSet<u32> = self.ranked.iter().map(|ranked| ranked.entry).collect();
        leading.extend(best(&self.lexical_scores));
        leading.extend(self.cosines.as_deref().map(best).into_iter().flatten());
        leading
    }

    /// The candidate's group's share of all closeness to the question: near 1 when nothing else is close,
    /// near 0 when much is. A soft vote of all entries, steep in lift.
    pub fn vote(&self, shelf: &Shelf, group: u32) -> f32 {
        let Some(cosines) = &self.cosines else { return 0.0 };
        let members = shelf.members[group as usize].iter();
        let own = self.vote.weigh(members.map(|entry| cosines[*entry as usize]));
        own / self.vote.total.max(1e-9)
    }
}

/// Weighs each cosine by its distance from the best one.
struct Vote {
    steepness: f32,
    best: f32,
    total: f32,
}

/// An entry whose lift is 0.1 below the best has a quarter of its weight.
const VOTE_STEEPNESS: f32 = 15.0;

impl Vote {
    fn new(shelf: &Shelf, cosines: Option<&Vec<f32>>, best: f32) -> Vote {
        let mut vote = Vote {
            steepness: VOTE_STEEPNESS / (1.0 - shelf.base.mean).max(0.05),
            best,
            total: 0.0,
        };
        vote.total = cosines.map_or(0.0, |cosines| vote.weigh(cosines.iter().copied()));
        vote
    }

    fn weigh(&self, cosines: impl Iterator<Item = f32>) -> f32 {
        let negligible = self.best - 10.0 / self.steepness;
        let close = cosines.filter(|cosine| *cosine > negligible);
        close
            .map(|cosine| (self.steepness * (cosine - self.best)).exp())
            .sum()
    }
}

fn term_weights(yardstick: &Yardstick<'_>, terms: &[QueryTerm], tuning: &Tuning) -> Vec<f32> {
    let weight = |term: &QueryTerm| {
        let idf = yardstick.idf(term);
        match (term.is_function_word, term.is_guess && !term.terms.is_empty()) {
            (true, _) => idf * tuning.function_word_weight,
            (_, true) => idf * tuning.guess_weight,
            _ => idf,
        }
    };
    terms.iter().map(weight).collect()
}

struct Signals<'a> {
    shelf: &'a Shelf,
    lexical: Vec<f32>,
    sections: Option<Vec<f32>>,
    cosines: Option<Vec<f32>>,
    centroids: Option<Vec<f32>>,
    tuning: &'a Tuning,
    trust: f32,
    usual: Option<&'a Ranking>,
}

impl Signals<'_> {
    /// Of passages that say the same the best one alone is seen from here on.
    fn keep_best_twins(&mut self, scores: &mut [f32]) {
        for twins in &self.shelf.twins {
            let first = twins[0];
            let best = twins.iter().fold(first, |best, row| {
                let is_better = scores[*row as usize] > scores[best as usize];
                if is_better { *row } else { best }
            });
            for row in twins.iter().filter(|row| **row != best).map(|row| *row as usize) {
                scores[row] = f32::NEG_INFINITY;
                self.lexical[row] = 0.0;
                if let Some(cosines) = &mut self.cosines {
                    cosines[row] = ABSENT;
                }
            }
        }
    }

    fn rank(&self, scores: &[f32], wanted: usize) -> Vec<Ranked> {
        let mut units: Vec<(f32, u32)> = match self.shelf.kind {
            EntryKind::QaPair => self.best_of_each_group(scores),
            EntryKind::Passage => scores
                .iter()
                .zip(0..)
                .map(|(score, entry)| (*score, entry))
                .filter(|(score, _)| *score > f32::NEG_INFINITY)
                .collect(),
        };
        let wanted = wanted.max(RESCORED).min(units.len());
        if wanted < units.len() {
            units.select_nth_unstable_by(wanted, |a, b| b.0.total_cmp(&a.0));
            units.truncate(wanted);
        }
        units.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut ranked: Vec<Ranked> = units
            .into_iter()
            .map(|(score, entry)| self.ranked(score, entry))
            .collect();
        self.rescore(&mut ranked);
        ranked
    }

    /// What each entry's words are worth.
    fn words(&self) -> Vec<f32> {
        match self.shelf.kind {
            EntryKind::QaPair => self.lexical.clone(),
            EntryKind::Passage => self.with_sections(),
        }
    }

    fn usual_words(&self, words: &[f32]) -> Spread {
        self.usual.map_or_else(
            || Spread::of(words.iter().copied(), (0.0, 0.05)),
            |usual| usual.words,
        )
    }

    fn usual_cosines(&self, cosines: &[f32]) -> Spread {
        let known = self.usual.and_then(|usual| usual.dense);
        let present = || cosines.iter().copied().filter(|c| *c != ABSENT);
        known.unwrap_or_else(|| Spread::of(present(), DENSE_PRIOR))
    }

    /// The mix of z-scores for every entry.
    fn scores(&self, lexical: &[f32], lexical_z: &Spread) -> Vec<f32> {
        let dense = match self.shelf.kind {
            EntryKind::QaPair => self.dense_with_centroids(),
            EntryKind::Passage => self.cosines.clone(),
        };
        let Some(dense) = dense else {
            return lexical.iter().map(|score| lexical_z.z(*score)).collect();
        };
        let dense_z = self.usual_cosines(&dense);
        let weight = self.dense_weight();
        let z = |score: f32| if score == ABSENT { 0.0 } else { dense_z.z(score) };
        dense
            .iter()
            .zip(lexical)
            .map(|(d, l)| weight * z(*d) + (1.0 - weight) * lexical_z.z(*l))
            .collect()
    }

    fn dense_weight(&self) -> f32 {
        let full = match self.shelf.kind {
            EntryKind::QaPair => self.tuning.dense_weight_qa,
            EntryKind::Passage => self.tuning.dense_weight_passage,
        };
        full * self.trust / (full * self.trust + 1.0 - full)
    }

    /// Half the nearest phrasing, half the middle of all phrasings of the answer.
    fn dense_with_centroids(&self) -> Option<Vec<f32>> {
        let mut dense = self.cosines.clone()?;
        for (entry, cosine) in dense
            .iter_mut()
            .enumerate()
            .filter(|(_, cosine)| **cosine != ABSENT)
        {
            if let Some(centroid) = self.centroid(self.shelf.group_of[entry]) {
                *cosine = (*cosine + centroid) / 2.0;
            }
        }
        Some(dense)
    }

    /// Part of a passage's words is what its whole section says.
    fn with_sections(&self) -> Vec<f32> {
        let Some(sections) = &self.sections else {
            return self.lexical.clone();
        };
        let share = self.tuning.section_lexical;
        let own = self.lexical.iter().zip(&self.shelf.group_of);
        own.map(|(score, group)| (1.0 - share) * score + share * sections[*group as usize])
            .collect()
    }

    fn best_of_each_group(&self, scores: &[f32]) -> Vec<(f32, u32)> {
        let mut best = vec![(f32::NEG_INFINITY, 0_u32); self.shelf.members.len()];
        for (entry, score) in scores.iter().enumerate() {
            let slot = &mut best[self.shelf.group_of[entry] as usize];
            if *score > slot.0 {
                *slot = (*score, entry as u32);
            }
        }
        best
    }

    fn ranked(&self, score: f32, entry: u32) -> Ranked {
        let group = self.shelf.group_of[entry as usize];
        let cosine = self
            .cosines
            .as_ref()
            .map(|c| c[entry as usize])
            .filter(|c| *c != ABSENT);
        Ranked {
            entry,
            group,
            score,
            cosine,
            centroid: self.centroid(group),
            learned: None,
            lexical: self.lexical[entry as usize],
        }
    }

    fn centroid(&self, group: u32) -> Option<f32> {
        let row = self.shelf.centroid_of[group as usize]?;
        self.centroids
            .as_ref()
            .map(|cosines| cosines[row as usize])
            .filter(|c| *c != ABSENT)
    }

    fn rescore(&self, ranked: &mut [Ranked]) {
        let (Some(examples), Some(cosines)) = (&self.shelf.examples, &self.cosines) else {
            return;
        };
        let similarities = examples.similarities(cosines);
        let most = self.lexical.iter().fold(1e-6_f32, |most, score| most.max(*score));
        for (place, candidate) in ranked.iter_mut().enumerate() {
            let learned = examples.score(&similarities, candidate.group);
            candidate.learned = Some(learned);
            if !examples.is_complete {
                continue;
            }
            let lexical = self.group_lexical(candidate.group) / most;
            let behind = if place < RESCORED { 0.0 } else { 10.0 };
            candidate.score = learned + self.tuning.example_lexical * lexical - behind;
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    }

    fn group_lexical(&self, group: u32) -> f32 {
        self.shelf.members[group as usize]
            .iter()
            .map(|entry| self.lexical[*entry as usize])
            .fold(0.0, f32::max)
    }
}

/// Prior mean is not used, only a prior deviation, so that three entries do not make a wild z-score.
pub const DENSE_PRIOR: (f32, f32) = (0.0, 0.12);
pub const LEXICAL_PRIOR: (f32, f32) = (0.0, 0.1);
/// Weight of the prior deviation in entries.
const PRIOR_ENTRIES: f32 = 4.0;

/// Mean and deviation of a score over the shelf.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    pub mean: f32,
    pub deviation: f32,
}

impl Spread {
    pub fn of(values: impl Iterator<Item = f32>, prior: (f32, f32)) -> Spread {
        let (mut n, mut sum, mut squares) = (0.0_f32, 0.0_f32, 0.0_f32);
        for value in values {
            n += 1.0;
            sum += value;
            squares += value * value;
        }
        let mean = sum / n.max(1.0);
        let spread = (squares - n * mean * mean).max(0.0);
        let variance = (spread + PRIOR_ENTRIES * prior.1 * prior.1) / (n + PRIOR_ENTRIES);
        Spread {
            mean,
            deviation: variance.sqrt().max(1e-6),
        }
    }

    pub fn z(&self, value: f32) -> f32 {
        (value - self.mean) / self.deviation
    }
}

/// The best value, whose group it is, and the best value of any other group.
#[derive(Clone, Copy, Debug)]
pub struct TopTwo {
    pub group: u32,
    pub best: f32,
    pub second: f32,
}

impl Default for TopTwo {
    fn default() -> Self {
        TopTwo {
            group: u32::MAX,
            best: ABSENT,
            second: ABSENT,
        }
    }
}

impl TopTwo {
    fn of(values: &[f32], group_of: &[u32]) -> TopTwo {
        let mut top = TopTwo::default();
        for (value, group) in values.iter().zip(group_of) {
            if *group == top.group {
                top.best = top.best.max(*value);
            } else if *value > top.best {
                top = TopTwo {
                    group: *group,
                    best: *value,
                    second: top.best,
                };
            } else if *value > top.second {
                top.second = *value;
            }
        }
        top
    }

    /// The best value outside `group`.
    pub fn outside(&self, group: u32) -> Option<f32> {
        let value = if group == self.group {
            self.second
        } else {
            self.best
        };
        (value != ABSENT).then_some(value)
    }
}
