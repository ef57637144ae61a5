//! What can be said about a candidate in numbers that mean the same in every tenant's base.
//!
//! Cosines are read against the base ([`super::base`]), words are weighed by their idf, sizes are logarithms.
//! The confidence model is linear in these. Start at [`Reader::read`].

use serde::{Deserialize, Serialize};

use super::index::AskedWord;
use super::lexical::QueryTerm;
use super::phrases::Phrases;
use super::ranking::{Ranked, Ranking};
use super::shelf::Shelf;
use super::text;
use super::text::WordKind;
use super::yardstick::Yardstick;

/// All features of a candidate; dense ones are 0 when there is no vector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// Whether meaning was compared.
    pub has_vector: bool,
    /// Whether several phrasings were learned from.
    pub has_examples: bool,
    /// The cosine as it is, for the trace; not used by the model.
    pub cosine: f32,
    /// Cosine read against the base: 0 unrelated, 1 the same.
    pub lift: f32,
    /// The same for the middle of all phrasings of the answer.
    pub lift_centroid: f32,
    /// How near the base's entries lie to each other, low and middle quantile, as lift.
    pub neighbour_low: f32,
    pub neighbour_median: f32,
    /// Standard deviations above the mean cosine of this question with the base.
    pub z_dense: f32,
    /// Lead in lift over the best entry with another answer (negative when behind).
    pub margin_dense: f32,
    /// Log odds of the answer's share in a soft vote of all entries.
    pub vote: f32,
    /// What was learned from examples says, and its lead.
    pub learned: f32,
    pub margin_learned: f32,
    /// BM25 as a share of the question's idf, its z-score and lead.
    pub lexical: f32,
    pub z_lexical: f32,
    pub margin_lexical: f32,
    /// Share (by idf) of the question's content words that the entry holds.
    pub coverage: f32,
    /// Share (by idf) of the content words that no entry of the base holds.
    pub unknown: f32,
    /// 1 when the rarest known content word of the question is in the entry.
    pub rarest: f32,
    /// Share (by idf) of the entry's title that the question holds.
    pub title_coverage: f32,
    /// Share of the question's numbers that the entry lacks.
    pub numbers_missing: f32,
    /// Share of the question's names that the entry lacks.
    pub names_missing: f32,
    /// How much alike two questions are put of which each has a word that the other lacks: what is asked for is exchanged.
    pub exchanged: f32,
    /// Share (by idf) of the question's neighbouring words that stand together in the entry, and of its neighbouring
    /// content words that stand near each other there.
    pub phrase: f32,
    pub near: f32,
    /// Whether meaning and words each put this answer first.
    pub dense_first: f32,
    pub lexical_first: f32,
    /// The question is the entry's title, letter for letter but for case, accents and punctuation.
    pub exact: f32,
    /// ln(1 + content words), ln(entries).
    pub length: f32,
    pub size: f32,
    /// How far the model is trusted with this language.
    pub trust: f32,
}

/// Computes features for the candidates of one ranking.
pub struct Reader<'a> {
    shelf: &'a Shelf,
    yardstick: Yardstick<'a>,
    terms: &'a [QueryTerm],
    ranking: &'a Ranking,
    idf: Vec<f32>,
    phrases: Phrases,
    signature: u64,
    content_idf: f32,
    unknown: f32,
}

impl<'a> Reader<'a> {
    pub fn new(
        shelf: &'a Shelf,
        yardstick: Yardstick<'a>,
        query: &str,
        terms: &'a [QueryTerm],
        ranking: &'a Ranking,
    ) -> Reader<'a> {
        let idf: Vec<f32> = terms.iter().map(|term| yardstick.idf(term)).collect();
        let sum = |keep: &dyn Fn(&QueryTerm) -> bool| -> f32 {
            terms
                .iter()
                .zip(&idf)
                .filter(|(term, _)| !term.is_function_word && keep(term))
                .map(|(_, idf)| idf)
                .sum()
        };
        let content_idf = sum(&|_| true);
        let unknown = sum(&|term| !yardstick.knows(term)) / content_idf.max(1e-3);
        let signature = text::signature(&text::words(query));
        Reader {
            shelf,
            yardstick,
            terms,
            ranking,
            phrases: Phrases::new(terms, &idf),
            idf,
            signature,
            content_idf,
            unknown,
        }
    }

    pub fn read(&self, ranked: &Ranked) -> Features {
        let entry = &self.shelf.entries[ranked.entry as usize];
        let holds = |term: &QueryTerm| {
            term.terms
                .iter()
                .any(|id| entry.terms.binary_search_by_key(id, |(term, _)| *term).is_ok())
        };
        let mut features = Features {
            coverage: self.coverage(&holds),
            unknown: self.unknown,
            rarest: self.rarest(&holds),
            title_coverage: self.title_coverage(&entry.title_terms),
            numbers_missing: self.numbers_missing(&holds),
            names_missing: self.names_missing(&holds),
            exchanged: self.exchanged(&entry.asked, &holds),
            exact: f32::from(u8::from(entry.title_signature == self.signature)),
            length: (1.0 + self.terms.iter().filter(|term| !term.is_function_word).count() as f32).ln(),
            size: (self.yardstick.entries() as f32).ln(),
            trust: self.ranking.trust,
            ..Features::default()
        };
        let phrases = self.phrases.read(&entry.sequence);
        (features.phrase, features.near) = (phrases.together, phrases.near);
        self.read_lexical(ranked, &mut features);
        self.read_dense(ranked, &mut features);
        features
    }

    fn read_lexical(&self, ranked: &Ranked, features: &mut Features) {
        let share = |score: f32| score / self.ranking.idf_total;
        let top = &self.ranking.best_lexical;
        features.lexical = share(ranked.lexical);
        features.z_lexical = self.ranking.lexical.z(features.lexical);
        features.margin_lexical = features.lexical - top.outside(ranked.group).map_or(0.0, share);
        features.lexical_first = f32::from(u8::from(top.group == ranked.group && top.best > 0.0));
    }

    fn read_dense(&self, ranked: &Ranked, features: &mut Features) {
        let (Some(cosine), Some(spread)) = (ranked.cosine, &self.ranking.dense) else {
            return;
        };
        let base = self
            .shelf
            .base_for(self.shelf.entries[ranked.entry as usize].language);
        let top = &self.ranking.best_dense;
        features.has_vector = true;
        features.cosine = cosine;
        features.lift = base.lift(cosine);
        features.lift_centroid = base.lift(ranked.centroid.unwrap_or(cosine));
        features.neighbour_low = base.lift(base.neighbour_low);
        features.neighbour_median = base.lift(base.neighbour_median);
        features.z_dense = spread.z(cosine);
        let other = top.outside(ranked.group).unwrap_or(spread.mean.min(cosine));
        features.margin_dense = features.lift - base.lift(other);
        let vote = self.ranking.vote(self.shelf, ranked.group).clamp(0.002, 0.998);
        features.vote = (vote / (1.0 - vote)).ln();
        features.dense_first = f32::from(u8::from(top.group == ranked.group));
        if let Some(learned) = ranked.learned {
            features.has_examples = true;
            features.learned = learned;
            features.margin_learned = learned - self.best_learned_outside(ranked.group);
        }
    }

    fn best_learned_outside(&self, group: u32) -> f32 {
        let others = self.ranking.ranked.iter().filter(|other| other.group != group);
        others.filter_map(|other| other.learned).fold(0.0, f32::max)
    }

    fn coverage(&self, holds: &dyn Fn(&QueryTerm) -> bool) -> f32 {
        let found = self
            .content()
            .filter(|(term, _)| holds(term))
            .map(|(_, idf)| idf)
            .sum::<f32>();
        found / self.content_idf.max(1e-3)
    }

    fn rarest(&self, holds: &dyn Fn(&QueryTerm) -> bool) -> f32 {
        let known = self.content().filter(|(term, _)| self.yardstick.knows(term));
        let rarest = known.max_by(|a, b| a.1.total_cmp(&b.1));
        rarest.map_or(0.0, |(term, _)| f32::from(u8::from(holds(term))))
    }

    fn title_coverage(&self, title: &[u32]) -> f32 {
        let idf = |term: &u32| self.yardstick.idf_of_term(*term);
        let asked = |term: &&u32| self.terms.iter().any(|asked| asked.terms.contains(term));
        let total: f32 = title.iter().map(idf).sum();
        title.iter().filter(asked).map(idf).sum::<f32>() / total.max(1e-3)
    }

    fn numbers_missing(&self, holds: &dyn Fn(&QueryTerm) -> bool) -> f32 {
        let numbers: Vec<&QueryTerm> = self
            .terms
            .iter()
            .filter(|term| term.kind == WordKind::Number)
            .collect();
        numbers.iter().filter(|term| !holds(term)).count() as f32 / numbers.len().max(1) as f32
    }

    fn names_missing(&self, holds: &dyn Fn(&QueryTerm) -> bool) -> f32 {
        let is_known_name =
            |term: &&QueryTerm| !term.is_guess && term.terms.iter().any(|id| self.shelf.names.contains(id));
        let names: Vec<&QueryTerm> = self
            .terms
            .iter()
            .filter(|term| term.is_name || is_known_name(term))
            .collect();
        names.iter().filter(|term| !holds(term)).count() as f32 / names.len().max(1) as f32
    }

    /// What is told apart must be as telling as what is shared: who asks to "deliver in Belgium" instead of to "ship to
    /// Belgium" has exchanged nothing.
    fn exchanged(&self, stored: &[AskedWord], holds: &dyn Fn(&QueryTerm) -> bool) -> f32 {
        let is_asked = |word: &AskedWord| self.terms.iter().any(|term| term.terms.contains(&word.term));
        let is_stored = |term: &QueryTerm| stored.iter().any(|word| term.terms.contains(&word.term));
        let is_told_apart = |term: &QueryTerm| !holds(term) && (term.is_name || !self.yardstick.knows(term));
        let asked_more = self
            .content()
            .filter(|(term, _)| is_told_apart(term))
            .map(|(_, idf)| idf);
        let shared = self
            .content()
            .filter(|(term, _)| is_stored(term))
            .map(|(_, idf)| idf);
        let stored_more = stored
            .iter()
            .filter(|word| !word.is_function_word && !is_asked(word));
        let stored_more = stored_more.map(|word| self.yardstick.idf_of_term(word.term));
        let (Some(asked_more), Some(stored_more)) =
            (asked_more.reduce(f32::max), stored_more.reduce(f32::max))
        else {
            return 0.0;
        };
        match asked_more.min(stored_more) >= shared.fold(0.0, f32::max) {
            true => alike(self.terms, stored),
            false => 0.0,
        }
    }

    fn content(&self) -> impl Iterator<Item = (&QueryTerm, f32)> {
        self.terms
            .iter()
            .zip(self.idf.iter().copied())
            .filter(|(term, _)| !term.is_function_word)
    }
}

/// How much of two questions is the same words in the same order: twice their number over all words.
fn alike(asked: &[QueryTerm], stored: &[AskedWord]) -> f32 {
    let mut above = vec![0_usize; stored.len() + 1];
    for term in asked {
        let mut row = vec![0; stored.len() + 1];
        for (at, word) in stored.iter().enumerate() {
            row[at + 1] = match term.terms.contains(&word.term) {
                true => above[at] + 1,
                false => row[at].max(above[at + 1]),
            };
        }
        above = row;
    }
    2.0 * above[stored.len()] as f32 / (asked.len() + stored.len()).max(1) as f32
}
