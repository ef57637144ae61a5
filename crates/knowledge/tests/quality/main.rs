//! Floors under retrieval and confidence: a change that finds fewer answers, or promises more than it keeps, goes red.
//! Skipped, and said so, where the data or the local model is absent.

#[path = "../../examples/support/mod.rs"]
mod support;

use knowledge::language::Language;
use llm::embedder::Precision;

use support::embeddings::Embeddings;
use support::{data, evaluate, measures};

#[test]
fn questions_find_their_answers_at_least_as_often_as_the_best_plain_mix() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), Embeddings::open(Precision::Int8))
    else {
        println!("skipped: the public data sets or the local model are not there");
        return;
    };
    let banking = data::banking(&folder);
    let five = evaluate::matching(&banking.five_shot, &banking.test, &mut embeddings);
    let ten = evaluate::matching(&banking.ten_shot, &banking.test, &mut embeddings);
    let squad = evaluate::reading(&data::squad(&folder), Language::ENGLISH, &mut embeddings).0;
    let piaf = evaluate::reading(&data::piaf(&folder), Language::FRENCH, &mut embeddings).0;
    for (name, found, floor) in [
        ("BANKING77, 5 examples", five.first, 80.4),
        ("BANKING77, 10 examples", ten.first, 85.5),
        ("SQuAD", squad.first, 84.8),
        ("PIAF", piaf.first, 69.3),
    ] {
        assert!(
            found >= floor,
            "{name}: {found:.1} % found first, the floor is {floor} %"
        );
    }
}

#[test]
fn the_confidence_means_what_it_says_within_these_bounds() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), Embeddings::open(Precision::Int8))
    else {
        println!("skipped: the public data sets or the local model are not there");
        return;
    };
    // name, largest calibration error, least share right of what is answered, least AUROC of known against unknown
    let bounds = [
        ("BANKING77 10 examples, 27 intents unknown", 0.17, 0.82, 0.85),
        ("BANKING77 5 examples, 27 intents unknown", 0.16, 0.80, 0.80),
        ("BANKING77 10 examples, strangers", 0.03, 0.94, 0.99),
        ("SQuAD, a fifth left out", 0.06, 0.90, 0.85),
        ("SQuAD, strangers", 0.05, 0.95, 0.95),
        ("PIAF, a fifth left out", 0.05, 0.90, 0.77),
        ("PIAF, strangers", 0.07, 0.94, 0.96),
    ];
    let judgements = evaluate::judgements(&folder, &mut embeddings);
    assert_eq!(judgements.len(), bounds.len());
    for (judgement, (name, error, precision, auroc)) in judgements.iter().zip(bounds) {
        assert_eq!(judgement.name, name);
        let summary = measures::summary(name, &judgement.judged);
        let known: Vec<(f64, bool)> = judgement
            .judged
            .iter()
            .map(|j| (j.probability, j.answerable))
            .collect();
        let at = measures::at_threshold(&judgement.judged, measures::THRESHOLD);
        assert!(
            measures::calibration_error(&judgement.judged) <= error,
            "{summary}"
        );
        assert!(at.precision >= precision, "{summary}");
        assert!(measures::auroc(&known) >= auroc, "{summary}");
    }
}

#[test]
fn the_demonstration_shop_answers_catches_its_gaps_and_seldom_errs() {
    let Some(mut embeddings) = Embeddings::open(Precision::Int8) else {
        println!("skipped: the local model is not there");
        return;
    };
    let shop = evaluate::demo_shop(&mut embeddings);
    let figures = format!(
        "{} answered rightly, {} wrongly, {} of {} gaps caught",
        shop.answered_right, shop.answered_wrong, shop.caught, shop.gaps
    );
    assert!(shop.answered_right > 17, "{figures}");
    assert!(shop.answered_wrong <= 4, "{figures}");
    assert!(shop.caught * 10 >= shop.gaps * 9, "{figures}");
}
