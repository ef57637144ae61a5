//! Calibrated probability (placeholder until fitted).
use super::features::Features;
use super::index::EntryKind;

pub fn probability(_kind: EntryKind, features: &Features) -> f32 {
    let x = 8.0 * (features.lift - features.neighbour_median) + 3.0 * features.coverage;
    1.0 / (1.0 + (-x).exp())
}
