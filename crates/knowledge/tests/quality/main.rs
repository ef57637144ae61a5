//! Floors under retrieval and confidence: a change that finds fewer answers, or promises more than it keeps, goes red.
//! Skipped, and said so, where the data or the local model is absent.

mod gaps;
#[path = "../../examples/support/mod.rs"]
mod support;

use knowledge::measures::{Judged, Judgement};
use knowledge::public_sets::{self, Embeddings};
use support::{shop, small_shops};

#[test]
fn questions_find_their_answers_as_often_as_they_did() {
    let Some((folder, mut embeddings)) = data_and_model() else {
        return;
    };
    let mut bases = public_sets::retrieval_bases(&folder, &mut embeddings).expect("the data sets");
    let harder = public_sets::harder_bases(&bases, &mut embeddings);
    bases.extend(harder.expect("the data sets"));
    // percent of questions whose answer comes first
    let floors = [
        ("BANKING77, 5 examples", 81.2),
        ("BANKING77, 10 examples", 87.0),
        ("SQuAD", 87.5),
        ("PIAF", 73.2),
        ("XQuAD en", 97.0),
        ("XQuAD de", 93.0),
        ("XQuAD es", 93.8),
        ("XQuAD zh", 93.2),
        ("XQuAD ar", 85.9),
        ("Bank scenarios", 50.0),
        ("BANKING77, 10 examples, mistyped", 79.0),
        ("SQuAD, mistyped", 86.8),
        ("PIAF, mistyped", 71.3),
        ("SQuAD and PIAF in one base, asked in en", 87.8),
        ("SQuAD and PIAF in one base, asked in fr", 74.1),
    ];
    for (name, floor) in floors {
        let base = bases.iter().find(|base| base.name == name).expect(name);
        let answered = public_sets::ours(base, Some(&embeddings));
        let first = 100.0 * public_sets::found(&base.questions, &answered).first;
        println!("{name}: {first:.1} % found first");
        assert!(
            first >= floor,
            "{name}: {first:.1} % found first, the floor is {floor} %"
        );
    }
}

#[test]
fn the_confidence_means_what_it_says_within_these_bounds() {
    let Some((folder, mut embeddings)) = data_and_model() else {
        return;
    };
    // name, largest calibration error, least share right of what is answered, least AUROC of known against unknown
    let bounds = [
        ("BANKING77 10 examples, 27 intents unknown", 0.16, 0.83, 0.86),
        ("BANKING77 5 examples, 27 intents unknown", 0.155, 0.81, 0.81),
        ("BANKING77 10 examples, strangers", 0.02, 0.95, 0.99),
        ("SQuAD, a fifth left out", 0.05, 0.905, 0.86),
        ("SQuAD, strangers", 0.045, 0.955, 0.965),
        ("PIAF, a fifth left out", 0.04, 0.91, 0.785),
        ("PIAF, strangers", 0.065, 0.945, 0.97),
    ];
    let bases = public_sets::confidence_bases(&folder, &mut embeddings).expect("the data sets");
    assert_eq!(bases.len(), bounds.len());
    for (base, (name, error, precision, auroc)) in bases.iter().zip(bounds) {
        assert_eq!(base.name, name);
        let answered = public_sets::ours(base, Some(&embeddings));
        let judgement = Judgement::of(&public_sets::judged(&base.questions, &answered));
        let gaps = judgement.auroc_gaps.expect("gaps and others").value;
        println!(
            "{name}: ECE {:.3}, {:.1} % of the answers right, AUROC of gaps {gaps:.3}",
            judgement.calibration_error,
            100.0 * judgement.at_default.precision.value
        );
        assert!(judgement.calibration_error <= error, "{name}: {judgement:?}");
        assert!(
            judgement.at_default.precision.value >= precision,
            "{name}: {judgement:?}"
        );
        assert!(gaps >= auroc, "{name}: {judgement:?}");
    }
}

#[test]
fn the_demonstration_shop_answers_catches_its_gaps_and_seldom_errs() {
    let Some(mut embeddings) = support::embeddings() else {
        println!("skipped: the local model is not there");
        return;
    };
    let shop = shop::ask(&mut embeddings);
    let figures = format!(
        "of {} {} found first, {} among five, {} answered rightly, {} wrongly, {} of {} gaps caught",
        shop.answerable,
        shop.right,
        shop.among_five,
        shop.answered_right,
        shop.answered_wrong,
        shop.caught,
        shop.gaps
    );
    println!("{figures}");
    assert!(shop.answered_right > 17, "{figures}");
    assert!(shop.answered_wrong <= 4, "{figures}");
    assert!(shop.caught * 10 >= shop.gaps * 9, "{figures}");
}

/// Another place, name, number, day or means of payment than the one that a pair is about is another question.
#[test]
fn small_shops_decline_what_they_say_only_of_something_else() {
    let Some(mut embeddings) = support::embeddings() else {
        println!("skipped: the local model is not there");
        return;
    };
    let shops = small_shops::read().untaught();
    let said = shops.ask(&mut embeddings);
    let judged: Vec<Judged> = said.iter().map(small_shops::Said::judged).collect();
    let at = Judgement::of(&judged).at_default;
    let figures = format!(
        "of {} questions {:.1} % answered, {:.1} % of it right; {:.1} % of the gaps caught",
        judged.len(),
        100.0 * at.answered.value,
        100.0 * at.precision.value,
        100.0 * at.caught.value
    );
    println!("{figures}");
    assert!(at.caught.value >= 0.87, "{figures}");
    assert!(at.precision.value >= 0.77, "{figures}");
    assert!(at.answered.value >= 0.27, "{figures}");
}

fn data_and_model() -> Option<(std::path::PathBuf, Embeddings)> {
    let both = support::data_folder().zip(support::embeddings());
    if both.is_none() {
        println!("skipped: the public data sets or the local model are not there");
    }
    both
}
