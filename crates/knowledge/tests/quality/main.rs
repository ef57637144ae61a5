//! Floors under retrieval: a change that finds fewer answers on the public sets goes red. Skipped, and said so, where
//! the data or the local model is absent.

#[path = "../../examples/support/mod.rs"]
mod support;

use knowledge::language::Language;
use llm::embedder::Precision;

use support::embeddings::Embeddings;
use support::{data, evaluate};

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
