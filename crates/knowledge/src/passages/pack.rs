//! Chooses where to cut a section: the cheapest sequence of cuts by dynamic programming.

use super::blocks::Unit;

/// Words a passage should have, and the length that is best.
const SHORTEST: f32 = 30.0;
const LONGEST: f32 = 60.0;
const BEST: f32 = 40.0;
/// No passage is considered beyond this many words (unless one unit alone is longer).
const CONSIDERED: usize = 110;

/// The texts of the passages, in order.
pub fn pack(units: &[Unit]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut start = 0;
    for end in cuts(units) {
        texts.push(join(&units[start..end]));
        start = end;
    }
    texts
}

/// The ends of the passages. `cheapest[end]` is the least cost of packing the first `end` units.
fn cuts(units: &[Unit]) -> Vec<usize> {
    let mut cheapest = vec![f32::INFINITY; units.len() + 1];
    let mut came_from = vec![0; units.len() + 1];
    cheapest[0] = 0.0;
    for start in 0..units.len() {
        let mut words = 0;
        for end in start + 1..=units.len() {
            words += units[end - 1].words;
            let is_apart = units[start].stands_alone || units[end - 1].stands_alone;
            if (words > CONSIDERED || is_apart) && end > start + 1 {
                break;
            }
            let cost = cheapest[start] + length_cost(words) + tear_cost(units, start);
            if cost < cheapest[end] {
                (cheapest[end], came_from[end]) = (cost, start);
            }
        }
    }
    let mut ends = Vec::new();
    let mut end = units.len();
    while end > 0 {
        ends.push(end);
        end = came_from[end];
    }
    ends.reverse();
    ends
}

fn length_cost(words: usize) -> f32 {
    let words = words as f32;
    let short = ((SHORTEST - words) / SHORTEST).max(0.0);
    let long = ((words - LONGEST) / SHORTEST).max(0.0);
    let off = (words - BEST) / BEST;
    short * short * 2.0 + long * long * 2.0 + off * off * 0.1
}

fn tear_cost(units: &[Unit], start: usize) -> f32 {
    if start == 0 { 0.0 } else { units[start].tear }
}

fn join(units: &[Unit]) -> String {
    let mut text = String::new();
    for (i, unit) in units.iter().enumerate() {
        match (i, &unit.table_head) {
            (0, Some(head)) => text.push_str(&format!("{head}\n")),
            (0, None) => {}
            _ => text.push_str(unit.glue),
        }
        text.push_str(&unit.text);
    }
    text
}
