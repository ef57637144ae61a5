//! The schemas that the tests use, beside the specifications that they were written down from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// They lie beside the repository, or where `RAPPORT_SHARED` says; without them the comparison is left out.
fn specifications() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("RAPPORT_SHARED")
        .map_or_else(beside, PathBuf::from)
        .join("seeds")
}

/// `table.column` of all `create table` of an SQL text.
fn of_sql(sql: &str) -> BTreeSet<String> {
    let lower = sql.to_lowercase();
    let mut found = BTreeSet::new();
    for part in lower.split("create table ").skip(1) {
        let Some((name, rest)) = part.split_once('(') else {
            continue;
        };
        let name = name.trim().trim_start_matches("public.").to_owned();
        for column in columns(rest) {
            found.insert(format!("{name}.{column}"));
        }
    }
    found
}

/// The first word of each part between commas that stand in no brackets, up to the bracket that closes.
fn columns(body: &str) -> Vec<String> {
    let plain: String = body
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let (mut depth, mut part, mut parts, mut is_quoted) = (0, String::new(), Vec::new(), false);
    for c in plain.chars() {
        if c == '\'' {
            is_quoted = !is_quoted;
        }
        match c {
            _ if is_quoted => {}
            '(' => {
                depth += 1;
                part.push(' ');
            }
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => parts.push(std::mem::take(&mut part)),
            c if depth == 0 => part.push(c),
            _ => {}
        }
    }
    parts.push(part);
    let first = |part: &String| part.split_whitespace().next().map(str::to_owned);
    let words = parts.iter().filter_map(first);
    words
        .filter(|word| !["unique", "primary", "foreign", "constraint", "check"].contains(&word.as_str()))
        .collect()
}

/// The same of headings `### 1. table` with tables of columns below.
fn of_page(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in page.split("\n### ").skip(1) {
        let heading = part.lines().next().unwrap_or_default();
        let Some((number, name)) = heading.split_once(". ") else {
            continue;
        };
        if number.parse::<u32>().is_err() {
            continue;
        }
        let rows = part
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        for column in rows.filter(|column| *column != "Column") {
            found.insert(format!("{name}.{}", column.trim().trim_matches('`')));
        }
    }
    found
}

#[test]
fn the_schemas_are_those_of_the_specifications() {
    let read = |file: &str| std::fs::read_to_string(specifications().join(file)).ok();
    let pages = [
        ("s0-chat-widget-platform.md", include_str!("schemas/s0.sql"), true),
        (
            "s1-netia-crisp-tidio-chatbot.md",
            include_str!("schemas/s1.sql"),
            true,
        ),
        (
            "s2-omnichannel-rag-support.md",
            include_str!("schemas/s2.sql"),
            true,
        ),
        ("s3-clara-qa-chatbot.md", include_str!("schemas/s3.sql"), true),
        ("s4-chat-dashboard-crm.md", include_str!("schemas/s4.sql"), false),
    ];
    for (file, ours, is_sql) in pages {
        let Some(page) = read(file) else {
            println!("skipped: {} is not there", specifications().join(file).display());
            continue;
        };
        let theirs = if is_sql { of_sql(&page) } else { of_page(&page) };
        let mut ours = of_sql(ours);
        ours.retain(|column| !column.starts_with("auth."));
        assert!(theirs.len() > 20, "{file}: only {theirs:?}");
        assert_eq!(ours, theirs, "{file}");
    }
}
