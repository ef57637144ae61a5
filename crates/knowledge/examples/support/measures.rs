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
