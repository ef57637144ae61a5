//! Figures that say how good an answer machine is.

/// One judged question: how sure the machine was, and whether its best candidate was right.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    pub probability: f64,
    pub right: bool,
    /// The base holds an answer (a gap otherwise).
    pub answerable: bool,
    pub weight: f64,
}

/// Chance that a right one has the higher number.
pub fn auroc(scored: &[(f64, bool)]) -> f64 {
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
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

/// One point of a reliability curve.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    pub weight: f64,
    pub mean_probability: f64,
    pub right: f64,
}

/// Ten bins of equal width.
pub fn reliability(judged: &[Judged]) -> Vec<Bin> {
    let mut bins = vec![
        Bin {
            weight: 0.0,
            mean_probability: 0.0,
            right: 0.0
        };
        10
    ];
    for judged in judged {
        let bin = &mut bins[((judged.probability * 10.0) as usize).min(9)];
        bin.weight += judged.weight;
        bin.mean_probability += judged.weight * judged.probability;
        bin.right += judged.weight * f64::from(u8::from(judged.right));
    }
    for bin in &mut bins {
        bin.mean_probability /= bin.weight.max(1e-9);
        bin.right /= bin.weight.max(1e-9);
    }
    bins
}

/// Expected calibration error: mean distance between promise and truth over the bins.
pub fn calibration_error(judged: &[Judged]) -> f64 {
    let bins = reliability(judged);
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    bins.iter()
        .map(|bin| bin.weight * (bin.mean_probability - bin.right).abs())
        .sum::<f64>()
        / total.max(1e-9)
}

/// What the tenant's threshold does to the traffic.
#[derive(Clone, Copy, Debug)]
pub struct AtThreshold {
    /// Share of answerable questions that are refused.
    pub refused: f64,
    /// Share of gaps that are refused.
    pub caught: f64,
    /// Share of all questions that are answered, and of those the share answered rightly.
    pub answered: f64,
    pub precision: f64,
}

impl AtThreshold {
    pub fn balanced(&self) -> f64 {
        (1.0 - self.refused + self.caught) / 2.0
    }
}

pub fn at_threshold(judged: &[Judged], threshold: f64) -> AtThreshold {
    let share = |of: &dyn Fn(&Judged) -> bool, that: &dyn Fn(&Judged) -> bool| {
        let all: f64 = judged.iter().filter(|j| of(j)).map(|j| j.weight).sum();
        judged
            .iter()
            .filter(|j| of(j) && that(j))
            .map(|j| j.weight)
            .sum::<f64>()
            / all.max(1e-9)
    };
    let refused = |j: &Judged| j.probability < threshold;
    AtThreshold {
        refused: share(&|j| j.answerable, &refused),
        caught: share(&|j| !j.answerable, &refused),
        answered: share(&|_| true, &|j| !refused(j)),
        precision: share(&|j| !refused(j), &|j| j.right),
    }
}

/// The default of `confidence_threshold`.
pub const THRESHOLD: f64 = 0.78;

/// Right among the best candidates, chance to tell right from wrong, and so on, in one line.
pub fn summary(name: &str, judged: &[Judged]) -> String {
    let scored: Vec<(f64, bool)> = judged.iter().map(|j| (j.probability, j.right)).collect();
    let gaps: Vec<(f64, bool)> = judged.iter().map(|j| (j.probability, j.answerable)).collect();
    let at = at_threshold(judged, THRESHOLD);
    format!(
        "{name:40} ECE {:.3}  AUROC right {:.3} gap {:.3}  at {THRESHOLD}: refused {:4.1} % caught {:4.1} % balanced {:4.1} %  answered {:4.1} % of it right {:4.1} %",
        calibration_error(judged),
        auroc(&scored),
        auroc(&gaps),
        100.0 * at.refused,
        100.0 * at.caught,
        100.0 * at.balanced(),
        100.0 * at.answered,
        100.0 * at.precision
    )
}
