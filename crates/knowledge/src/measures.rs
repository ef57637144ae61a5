//! Figures that say how good an answer machine is: calibration, telling right from wrong, and what a threshold costs.
//!
//! Pure arithmetic over judged questions, with intervals, because a share without its count misleads. Used alike for
//! the public sets and for a tenant's own questions. Start at [`Judged`] and [`Judgement::of`].

use serde::Serialize;

/// One judged question: how sure the machine was, and whether its best candidate was right.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    pub probability: f64,
    pub right: bool,
    /// The base holds an answer (a gap otherwise).
    pub answerable: bool,
    /// How many questions it stands for; 1 where nothing is weighed.
    pub weight: f64,
}

/// The default of `confidence_threshold`.
pub const THRESHOLD: f64 = 0.78;

/// Half a width of the normal distribution that holds 95 %.
const Z: f64 = 1.959_964;

/// Everything at once, for tables and JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    pub questions: usize,
    /// See [`calibration_error`].
    pub calibration_error: f64,
    /// Chance that a right answer was surer than a wrong one; `None` where all are right or all wrong.
    pub auroc_right: Option<Estimate>,
    /// Chance that a question with an answer was surer than a gap.
    pub auroc_gaps: Option<Estimate>,
    pub reliability: Vec<Bin>,
    /// At the default threshold.
    pub at_default: AtThreshold,
    /// At the lowest threshold that keeps 95 % right; `None` where no threshold does.
    pub at_promise: Option<AtThreshold>,
}

impl Judgement {
    pub fn of(judged: &[Judged]) -> Judgement {
        let scored = |label: fn(&Judged) -> bool| -> Vec<(f64, bool)> {
            judged.iter().map(|j| (j.probability, label(j))).collect()
        };
        Judgement {
            questions: judged.len(),
            calibration_error: calibration_error(judged),
            auroc_right: auroc(&scored(|j| j.right)),
            auroc_gaps: auroc(&scored(|j| j.answerable)),
            reliability: reliability(judged),
            at_default: at_threshold(judged, THRESHOLD),
            at_promise: coverage_at_precision(judged, 0.95),
        }
    }
}

/// A figure with the interval that holds the true one in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// A share of `count` questions with its Wilson interval; 0 of nothing is 0, and may be anything.
pub fn share(value: f64, count: f64) -> Estimate {
    if count <= 0.0 {
        return Estimate {
            value: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let z2 = Z * Z / count;
    let middle = (value + z2 / 2.0) / (1.0 + z2);
    let half = Z * (value * (1.0 - value) / count + z2 / (4.0 * count)).sqrt() / (1.0 + z2);
    Estimate {
        value,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    }
}

/// Share of the questions in `of` for which `that` holds, by weight. Unequal weights count as fewer questions.
pub fn share_of(judged: &[Judged], of: impl Fn(&Judged) -> bool, that: impl Fn(&Judged) -> bool) -> Estimate {
    let (mut all, mut squares, mut part) = (0.0, 0.0, 0.0);
    for judged in judged.iter().filter(|j| of(j)) {
        all += judged.weight;
        squares += judged.weight * judged.weight;
        part += if that(judged) { judged.weight } else { 0.0 };
    }
    let effective = if squares > 0.0 { all * all / squares } else { 0.0 };
    share(if all > 0.0 { part / all } else { 0.0 }, effective)
}

/// Chance that a positive has the higher number, with the interval of Hanley and McNeil (1982). `None` where one
/// of the two sorts is missing.
pub fn auroc(scored: &[(f64, bool)]) -> Option<Estimate> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut positives, mut at) = (0.0, 0.0, 0);
    while at < sorted.len() {
        let ties = sorted[at..]
            .iter()
            .take_while(|other| other.0 == sorted[at].0)
            .count();
        let rank = at as f64 + (ties as f64 + 1.0) / 2.0;
        let right = sorted[at..at + ties].iter().filter(|(_, right)| *right).count() as f64;
        rank_sum += rank * right;
        positives += right;
        at += ties;
    }
    let negatives = sorted.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let value = (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives);
    let (q1, q2) = (value / (2.0 - value), 2.0 * value * value / (1.0 + value));
    let square = value * value;
    let variance = (value - square + (positives - 1.0) * (q1 - square) + (negatives - 1.0) * (q2 - square))
        / (positives * negatives);
    let half = Z * variance.max(0.0).sqrt();
    Some(Estimate {
        value,
        low: (value - half).max(0.0),
        high: (value + half).min(1.0),
    })
}

/// One point of a reliability curve.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bin {
    /// Share of all questions.
    pub share: f64,
    /// Mean probability: what was promised.
    pub promised: f64,
    /// Share that was right: what was kept.
    pub right: Estimate,
}

/// Bins of equal width in a reliability curve.
const BINS: usize = 10;

/// Ten bins of equal width from 0 to 1, empty ones included.
pub fn reliability(judged: &[Judged]) -> Vec<Bin> {
    let total: f64 = judged.iter().map(|j| j.weight).sum();
    let bin_of = |j: &Judged| ((j.probability * BINS as f64) as usize).min(BINS - 1);
    let bin = |number: usize| {
        let own = judged.iter().filter(|j| bin_of(j) == number);
        let (weight, promised) = own.fold((0.0, 0.0), |(weight, promised), j| {
            (weight + j.weight, promised + j.weight * j.probability)
        });
        Bin {
            share: weight / total.max(1e-9),
            promised: promised / weight.max(1e-9),
            right: share_of(judged, |j| bin_of(j) == number, |j| j.right),
        }
    };
    (0..BINS).map(bin).collect()
}

/// Expected calibration error: mean distance between promise and truth over the bins of [`reliability`].
pub fn calibration_error(judged: &[Judged]) -> f64 {
    let distance = |bin: &Bin| bin.share * (bin.promised - bin.right.value).abs();
    reliability(judged).iter().map(distance).sum()
}

/// What a threshold does to the traffic.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AtThreshold {
    pub threshold: f64,
    /// Share of answerable questions that are refused.
    pub refused: Estimate,
    /// Share of gaps that are refused. The rest is the false-answer rate.
    pub caught: Estimate,
    /// Coverage: share of all questions that are answered, and of those the share answered rightly.
    pub answered: Estimate,
    pub precision: Estimate,
}

impl AtThreshold {
    pub fn balanced(&self) -> f64 {
        (1.0 - self.refused.value + self.caught.value) / 2.0
    }

    /// Share of the gaps that get an answer all the same.
    pub fn false_answers(&self) -> f64 {
        1.0 - self.caught.value
    }
}

pub fn at_threshold(judged: &[Judged], threshold: f64) -> AtThreshold {
    let refused = |j: &Judged| j.probability < threshold;
    AtThreshold {
        threshold,
        refused: share_of(judged, |j| j.answerable, refused),
        caught: share_of(judged, |j| !j.answerable, refused),
        answered: share_of(judged, |_| true, |j| !refused(j)),
        precision: share_of(judged, |j| !refused(j), |j| j.right),
    }
}

/// The lowest threshold above which at least `precision` of the answers are right: what the promise costs in
/// coverage. `None` where even the surest answers break it.
pub fn coverage_at_precision(judged: &[Judged], precision: f64) -> Option<AtThreshold> {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let (mut answered, mut right, mut threshold) = (0.0, 0.0, None);
    for (at, judged) in sorted.iter().enumerate() {
        answered += judged.weight;
        right += if judged.right { judged.weight } else { 0.0 };
        let is_cut = sorted
            .get(at + 1)
            .is_none_or(|next| next.probability < judged.probability);
        if is_cut && right >= precision * answered {
            threshold = Some(judged.probability);
        }
    }
    threshold.map(|threshold| at_threshold(judged, threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(probability: f64, right: bool) -> Judged {
        Judged {
            probability,
            right,
            answerable: right,
            weight: 1.0,
        }
    }

    #[test]
    fn the_chance_to_tell_apart_counts_ties_half() {
        let value = |scored: &[(f64, bool)]| auroc(scored).map(|auroc| auroc.value);
        assert_eq!(value(&[(0.1, false), (0.9, true)]), Some(1.0));
        assert_eq!(value(&[(0.5, false), (0.5, true)]), Some(0.5));
        assert_eq!(value(&[(0.9, false), (0.1, true)]), Some(0.0));
        assert_eq!(value(&[(0.9, true)]), None);
    }

    #[test]
    fn an_honest_machine_has_no_calibration_error() {
        let honest: Vec<Judged> = (0..100).map(|at| judged(0.75, at % 4 != 0)).collect();
        assert!(calibration_error(&honest) < 1e-9);
        let boastful: Vec<Judged> = (0..100).map(|at| judged(0.95, at % 4 != 0)).collect();
        assert!((calibration_error(&boastful) - 0.2).abs() < 1e-9);
    }

    #[test]
    fn the_promise_is_kept_at_the_lowest_threshold_that_keeps_it() {
        let mut all: Vec<Judged> = (0..20).map(|_| judged(0.9, true)).collect();
        all.extend([judged(0.8, false), judged(0.7, true), judged(0.4, false)]);
        let cut = coverage_at_precision(&all, 0.95).unwrap();
        assert_eq!(cut.threshold, 0.7, "21 of 22 are 95.5 %");
        assert_eq!(cut.answered.value, 22.0 / 23.0);
        assert!(coverage_at_precision(&[judged(0.9, false)], 0.95).is_none());
    }

    #[test]
    fn equal_probabilities_are_never_cut_apart() {
        let all = [judged(0.9, true), judged(0.9, false)];
        assert!(coverage_at_precision(&all, 0.95).is_none());
        assert_eq!(coverage_at_precision(&all, 0.5).unwrap().answered.value, 1.0);
    }

    #[test]
    fn few_questions_give_wide_intervals() {
        let (few, many) = (share(0.9, 10.0), share(0.9, 1_000.0));
        assert!(few.high - few.low > 0.3 && many.high - many.low < 0.04);
        assert!((few.low - 0.596).abs() < 1e-3, "Wilson's interval of 9 in 10");
        assert_eq!(share(0.0, 0.0).high, 1.0);
    }

    #[test]
    fn a_threshold_refuses_gaps_and_answerable_questions_apart() {
        let all = [
            judged(0.9, true),
            judged(0.5, true),
            judged(0.6, false),
            judged(0.8, false),
        ];
        let at = at_threshold(&all, 0.78);
        assert_eq!((at.refused.value, at.caught.value), (0.5, 0.5));
        assert_eq!((at.answered.value, at.precision.value), (0.5, 0.5));
    }
}
