//! The figures as a table that people read.

use std::fmt::Write as _;

use crate::model::WithModel;
use crate::processes::{self, Cpu, Memory};
use crate::visitors::{Form, Seen, percentile};

/// One run without a model.
pub struct Run {
    pub visitors: usize,
    pub form: Form,
    pub seen: Seen,
    pub cpu: Cpu,
}

pub struct Figures {
    pub cold_seconds: f64,
    pub cold_demo_seconds: f64,
    pub warm_seconds: f64,
    pub idle: Memory,
    pub loaded: Memory,
    pub runs: Vec<Run>,
    pub with_model: WithModel,
    pub widget: [usize; 3],
    /// Asked, and read from the file.
    pub questions: (usize, usize),
}

pub fn table(figures: &Figures) -> String {
    let mut out = String::from(
        "# Figures\n\nMade by `make bench`. What is measured, and how, is in [README.md](README.md).\n\n",
    );
    let _ = writeln!(
        out,
        "Machine: {}. PostgreSQL, server and visitors share it.",
        processes::machine()
    );
    let _ = writeln!(
        out,
        "Questions: {} of {} that the bot is sure of.\n",
        figures.questions.0, figures.questions.1
    );
    answers(&mut out, &figures.runs);
    with_model(&mut out, &figures.with_model);
    rest(&mut out, figures);
    out
}

fn answers(out: &mut String, runs: &[Run]) {
    out.push_str("## Answers without a model\n\n");
    out.push_str("| Visitors | Read as | Answers/s | p50 ms | p99 ms | CPU ms an answer: server | PostgreSQL | visitors |\n");
    out.push_str("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for Run {
        visitors,
        form,
        seen,
        cpu,
    } in runs
    {
        let each = |seconds: f64| seconds * 1000.0 / seen.answers.max(1) as f64;
        let _ = writeln!(
            out,
            "| {visitors} | {} | {:.0} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} |",
            if *form == Form::Json { "JSON" } else { "stream" },
            seen.per_second(),
            percentile(&seen.whole, 0.5),
            percentile(&seen.whole, 0.99),
            each(cpu.server),
            each(cpu.database),
            each(cpu.load),
        );
    }
}

fn with_model(out: &mut String, measured: &WithModel) {
    let (whole, first) = (&measured.seen.whole, &measured.seen.first);
    out.push_str("\n## Answers with a model that takes no time, one visitor\n\n");
    out.push_str("| | p50 ms | p99 ms |\n| --- | ---: | ---: |\n");
    let _ = writeln!(
        out,
        "| first sentence shown | {:.1} | {:.1} |",
        percentile(first, 0.5),
        percentile(first, 0.99)
    );
    let _ = writeln!(
        out,
        "| whole answer, stored | {:.1} | {:.1} |",
        percentile(whole, 0.5),
        percentile(whole, 0.99)
    );
    let _ = writeln!(out, "| the model asked directly | {:.1} | |", measured.direct_ms);
    let _ = writeln!(
        out,
        "| **overhead of the product** | **{:.1}** | |",
        percentile(whole, 0.5) - measured.direct_ms
    );
}

fn rest(out: &mut String, figures: &Figures) {
    let (idle, loaded) = (figures.idle, figures.loaded);
    let [brotli, gzip, plain] = figures.widget;
    out.push_str("\n## Memory, start, size\n\n| | |\n| --- | ---: |\n");
    let _ = writeln!(
        out,
        "| server at rest, embedding model loaded | {:.0} MB |",
        idle.now
    );
    let _ = writeln!(out, "| server after all runs | {:.0} MB |", loaded.now);
    let _ = writeln!(out, "| highest | {:.0} MB |", loaded.highest);
    let _ = writeln!(
        out,
        "| second start until ready | {:.2} s |",
        figures.warm_seconds
    );
    let _ = writeln!(
        out,
        "| first start until ready, empty server | {:.1} s |",
        figures.cold_seconds
    );
    let _ = writeln!(
        out,
        "| first start until ready, demonstration learnt | {:.1} s |",
        figures.cold_demo_seconds
    );
    let _ = writeln!(
        out,
        "| widget: Brotli, gzip, plain | {brotli}, {gzip}, {plain} bytes |"
    );
}
