//! Headers, footers and page numbers: what stands apart at the top or the bottom of page after page.

use std::collections::HashMap;

use super::lines::Line;

const FEW_PAGES: usize = 3;
/// A chapter's title stands over the pages of that chapter only.
const SHARE: usize = 8;
const MOST_ROWS: usize = 2;
/// Of the usual way from line to line; what is nearer belongs to the text.
const APART: f32 = 1.25;

/// What makes a line the same as one on another page.
#[derive(PartialEq, Eq, Hash)]
enum Sign {
    /// The same text, but for its numbers, at the same height.
    Text(String, i32),
    /// A number that grows from page to page: how far it is from the count of pages.
    Count(i64),
}

pub fn remove(pages: &mut [Vec<Line>]) {
    if pages.len() < FEW_PAGES {
        return;
    }
    let mut seen: HashMap<Sign, usize> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        for sign in outer(page).iter().flat_map(|at| signs(&page[*at], index)) {
            *seen.entry(sign).or_default() += 1;
        }
    }
    let often = FEW_PAGES.max(pages.len() / SHARE);
    for (index, page) in pages.iter_mut().enumerate() {
        // an empty page between chapters has nothing that its header could stand apart from
        let is_bare = page.len() <= MOST_ROWS;
        let mut gone = if is_bare {
            (0..page.len()).collect()
        } else {
            outer(page)
        };
        let is_often = |sign: &Sign| seen.get(sign).is_some_and(|count| *count >= often);
        gone.retain(|at| signs(&page[*at], index).iter().any(is_often));
        let mut places = 0..;
        page.retain(|_| places.next().is_some_and(|at| !gone.contains(&at)));
    }
}

/// The places of the lines that stand apart at the top and at the bottom.
fn outer(page: &[Line]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..page.len()).collect();
    places.sort_by(|a, b| page[*a].y.total_cmp(&page[*b].y));
    let steps = |places: &[usize]| -> Vec<f32> {
        places
            .windows(2)
            .map(|two| (page[two[1]].y - page[two[0]].y).abs())
            .collect()
    };
    let mut usual = steps(&places);
    usual.retain(|step| *step > 1.0);
    usual.sort_by(f32::total_cmp);
    let apart = APART * usual.get(usual.len() / 2).copied().unwrap_or_default();
    let edge = |steps: &[f32]| {
        (0..steps.len().min(MOST_ROWS))
            .rev()
            .find(|at| steps[*at] > apart)
            .map_or(0, |at| at + 1)
    };
    let top = edge(&steps(&places));
    let mut outer = places[..top].to_vec();
    places.reverse();
    outer.extend(&places[..edge(&steps(&places))]);
    outer
}

fn signs(line: &Line, index: usize) -> Vec<Sign> {
    let text = line.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain: Vec<&str> = words
        .iter()
        .map(|word| if is_number(word) { "0" } else { word })
        .collect();
    let numbers = [words.first(), words.last()]
        .into_iter()
        .flatten()
        .filter_map(|word| word.parse::<i64>().ok());
    let index = i64::try_from(index).unwrap_or_default();
    let mut signs: Vec<Sign> = numbers.map(|number| Sign::Count(number - index)).collect();
    signs.push(Sign::Text(plain.join(" "), (line.y / 6.0).round() as i32));
    signs.dedup();
    signs
}

/// Roman ones too.
fn is_number(word: &str) -> bool {
    let is_roman = word.len() < 8 && word.bytes().all(|b| b"ivxlc".contains(&b));
    is_roman || word.bytes().any(|b| b.is_ascii_digit())
}
