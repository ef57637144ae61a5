//! Prints how well questions find their answers, and how honest the confidence is.
//!
//! `cargo run --release -p knowledge --example quality`, or `make quality`. Needs the public data sets and the local
//! model; without them it says so. The figures are explained in docs/answer-quality.md.

#[path = "../support/mod.rs"]
mod support;

use knowledge::language::{self, Language};
use llm::embedder::Precision;

use support::data;
use support::embeddings::Embeddings;
use support::evaluate::{self, Found};
use support::measures;

fn main() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), Embeddings::open(Precision::Int8))
    else {
        println!("nothing measured: the public data sets or the local model are not there");
        return;
    };
    println!(
        "## Short questions (BANKING77 test)\n\n| base | first | among five | MRR@10 |\n|---|---|---|---|"
    );
    let banking = data::banking(&folder);
    for (name, base) in [
        ("5 examples", &banking.five_shot),
        ("10 examples", &banking.ten_shot),
        ("full", &banking.train),
    ] {
        row(name, evaluate::matching(base, &banking.test, &mut embeddings));
    }

    println!("\n## Passages\n\n| set | first | among five | MRR@10 |\n|---|---|---|---|");
    let mut sets = vec![
        (data::squad(&folder), Language::ENGLISH),
        (data::piaf(&folder), Language::FRENCH),
    ];
    sets.extend(
        ["en", "de", "es", "zh", "ar"].map(|code| (data::xquad(&folder, code), Language::from_code(code))),
    );
    for (set, language) in &sets {
        let (with_vectors, words_alone) = evaluate::reading(set, *language, &mut embeddings);
        row(&set.name, with_vectors);
        row(&format!("{}, words alone", set.name), words_alone);
    }

    println!("\n## Confidence\n");
    for judgement in evaluate::judgements(&folder, &mut embeddings) {
        println!("{}", measures::summary(&judgement.name, &judgement.judged));
        let (quantile, fixed) = (judgement.quantile_rule, judgement.fixed_rule);
        println!(
            "    by cosine: AUROC gap {:.3}; own quantile refused {:.1} % caught {:.1} % balanced {:.1} %; fixed 0.78 refused {:.1} % caught {:.1} % balanced {:.1} %",
            judgement.gap_auroc_of_cosine,
            100.0 * quantile.refused,
            100.0 * quantile.caught,
            100.0 * quantile.balanced(),
            100.0 * fixed.refused,
            100.0 * fixed.caught,
            100.0 * fixed.balanced(),
        );
    }

    let shop = evaluate::demo_shop(&mut embeddings);
    println!(
        "\n## The demo shop\n\n{} questions with an answer: {} found first, {} among five; at {} {} answered rightly, {} wrongly. {} of {} gaps caught.",
        shop.answerable,
        shop.right,
        shop.among_five,
        measures::THRESHOLD,
        shop.answered_right,
        shop.answered_wrong,
        shop.caught,
        shop.gaps
    );

    println!("\n## Language detection\n\n| questions | right | unknown | wrong |\n|---|---|---|---|");
    for (set, language) in &sets {
        let questions: Vec<&str> = set
            .questions
            .iter()
            .map(|question| question.question.as_str())
            .collect();
        detection(&set.name, &questions, *language);
        let starts: Vec<String> = questions
            .iter()
            .map(|question| first_words(question, 4))
            .collect();
        detection(
            &format!("{}, first 4 words", set.name),
            &starts.iter().map(String::as_str).collect::<Vec<_>>(),
            *language,
        );
    }
}

fn row(name: &str, found: Found) {
    println!(
        "| {name} | {:.1} | {:.1} | {:.3} |",
        found.first, found.five, found.mrr
    );
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

fn detection(name: &str, texts: &[&str], language: Language) {
    let found: Vec<Language> = texts.iter().map(|text| language::detect(text)).collect();
    let share = |count: usize| 100.0 * count as f64 / texts.len() as f64;
    let right = found.iter().filter(|found| **found == language).count();
    let unknown = found.iter().filter(|found| found.is_unknown()).count();
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} |",
        share(right),
        share(unknown),
        share(texts.len() - right - unknown)
    );
}
