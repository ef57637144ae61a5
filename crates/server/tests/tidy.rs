//! Holds the repository to what its pages say: which crate may use which, where SQL stands, which tables, settings
//! and commands are explained. Reads files only; no database, no server.
//!
//! Each check collects everything it finds, so that one run shows all there is to mend.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Places outside of `store.rs` in which SQL may stand, each with its reason.
const SQL_ELSEWHERE: &[(&str, &str)] = &[
    (
        "crates/kernel/src/",
        "transactions, migrations, NOTIFY: the database is its subject",
    ),
    (
        "crates/queue/src/",
        "works the queue's own tables, in the queue's own schema",
    ),
    ("crates/testkit/src/", "makes and drops whole databases for tests"),
    (
        "crates/conversations/src/summary.rs",
        "one read and one write, of use to nothing else",
    ),
];

/// A file may be longer than [`LONGEST_FILE`] only if a program wrote it.
const GENERATED: &[&str] = &["web/shared/api/schema.d.ts"];
const LONGEST_FILE: usize = 600;

/// The pages whose links and commands are checked.
const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "migrations/README.md",
    "docs",
];

/// Where the operator's settings are declared, and how their environment variables begin.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("crates/server/src/config.rs", "Config", "RAPPORT_"),
    ("crates/server/src/config.rs", "ModelSettings", "RAPPORT_MODEL__"),
    ("crates/server/src/config.rs", "CrawlSettings", "RAPPORT_CRAWL__"),
    ("crates/server/src/config.rs", "SmtpSettings", "RAPPORT_SMTP__"),
    (
        "crates/channels/src/widget/limits.rs",
        "LimitSettings",
        "RAPPORT_LIMITS__",
    ),
];

type Crates = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_depend_on_each_other_as_the_table_in_architecture_md_says() {
    let documented: Crates = documented_crates().into_iter().collect();
    let found = crates_as_cargo_sees_them();
    let names = documented.keys().chain(found.keys()).collect::<BTreeSet<_>>();
    let differs = |name: &&&String| documented.get(**name) != found.get(**name);
    let list = |crates: &Crates, name: &String| match crates.get(name) {
        Some(names) => names.iter().cloned().collect::<Vec<_>>().join(", "),
        None => "(it is missing)".to_owned(),
    };
    mend(names.iter().filter(differs).map(|name| {
        let (page, manifest) = (list(&documented, name), list(&found, name));
        format!("`{name}` depends in ARCHITECTURE.md on: {page}; in its Cargo.toml on: {manifest}")
    }));
}

#[test]
fn a_crate_depends_only_on_crates_that_stand_above_it() {
    let mut above = BTreeSet::new();
    let mut findings = Vec::new();
    for (name, dependencies) in documented_crates() {
        for lower in dependencies.difference(&above) {
            findings.push(format!(
                "`{name}` depends on `{lower}`, which is not above it in ARCHITECTURE.md"
            ));
        }
        above.insert(name);
    }
    mend(findings);
}

#[test]
fn sql_stands_in_files_named_store_rs() {
    let signs = ["sqlx::query", "sqlx::raw_sql", "QueryBuilder::"];
    let holds_sql = |(_, text): &(String, String)| signs.iter().any(|sign| text.contains(sign));
    let is_elsewhere = |path: &String| !path.ends_with("/store.rs") && !path.contains("/tests/");
    let files = sources(&["crates", "bench"], &["rs"])
        .into_iter()
        .filter(holds_sql);
    let elsewhere: Vec<String> = files.map(|(path, _)| path).filter(is_elsewhere).collect();
    let is_allowed = |path: &&String| SQL_ELSEWHERE.iter().any(|(place, _)| path.starts_with(place));
    let forbidden = elsewhere.iter().filter(|path| !is_allowed(path));
    mend(forbidden.map(|path| format!("{path} holds SQL: move it into the store.rs beside it")));
    let is_file = |place: &&&str| place.ends_with(".rs");
    let places = SQL_ELSEWHERE.iter().map(|(place, _)| place);
    let unused = places
        .filter(is_file)
        .filter(|place| !elsewhere.iter().any(|path| path == *place));
    mend(unused.map(|place| format!("{place} holds no SQL any more: take it off the list in tidy.rs")));
}

/// Of two types with one name the document keeps the one that came last, without a word.
#[test]
fn every_type_in_the_api_has_a_name_of_its_own() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources(&["crates"], &["rs"]) {
        for name in schema_names(&text) {
            owners.entry(name).or_default().push(path.clone());
        }
    }
    assert!(owners.len() > 150, "only {} types were found", owners.len());
    let shared = owners.iter().filter(|(_, places)| places.len() > 1);
    mend(shared.map(|(name, places)| {
        let places = places.join(" and ");
        format!("`{name}` is in the API twice: {places}. Name one with #[schema(as = …)]")
    }));
}

#[test]
fn every_module_begins_by_saying_what_it_is() {
    // a file tests.rs is the end of the module beside it, moved out
    let modules = sources(&["crates", "bench"], &["rs"])
        .into_iter()
        .filter(|(path, _)| !path.ends_with("/tests.rs"));
    let silent = modules.filter(|(_, text)| !text.starts_with("//! "));
    mend(silent.map(|(path, _)| format!("{path} does not begin with `//!`: what is it, where to start?")));
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let places = ["crates", "web", "migrations", "scripts", "bench"];
    let files = sources(&places, &["rs", "ts", "svelte", "mjs", "css", "sql", "sh"]);
    let by_hand = files
        .iter()
        .filter(|(path, _)| !GENERATED.contains(&path.as_str()));
    let lengths = by_hand.map(|(path, text)| (path, text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > LONGEST_FILE);
    mend(long.map(|(path, lines)| format!("{path} has {lines} lines; {LONGEST_FILE} is the most")));
}

#[test]
fn every_table_is_explained_in_the_data_model() {
    let sql = sources(&["migrations"], &["sql"]);
    let tables: BTreeSet<&str> = sql.iter().flat_map(|(_, sql)| created_tables(sql)).collect();
    assert!(
        tables.len() > 20,
        "only {} tables were found in migrations/",
        tables.len()
    );
    let page = read("docs/data-model.md");
    let explained: BTreeSet<&str> = between(&page, "\n## The tables", "\n## ")
        .lines()
        .filter_map(name_of_row)
        .collect();
    let missing = tables.difference(&explained);
    mend(missing.map(|table| format!("docs/data-model.md does not explain the table `{table}`")));
    let invented = explained.difference(&tables);
    mend(invented.map(|table| format!("docs/data-model.md explains `{table}`, which no migration creates")));
}

#[test]
fn every_setting_of_the_operator_is_in_the_readme() {
    let readme = read("README.md");
    let mut findings = Vec::new();
    for (file, group, prefix) in SETTINGS {
        let code = read(file);
        let fields = between(&code, &format!("pub struct {group} {{"), "\n}").lines();
        let names = fields.filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next());
        let variables: Vec<_> = names
            .map(|name| format!("{prefix}{}", name.to_uppercase()))
            .collect();
        assert!(
            variables.len() > 2,
            "the fields of {group} were not found in {file}"
        );
        let missing = variables.iter().filter(|variable| !readme.contains(*variable));
        findings.extend(missing.map(|variable| format!("README.md does not explain {variable}")));
    }
    mend(findings);
}

/// What the server gives by code is told by the dashboard, in both its languages.
#[test]
fn every_reason_has_its_sentence() {
    let mut given = BTreeSet::new();
    for (path, text) in sources(&["crates"], &["rs"]) {
        if path.contains("/src/") && !path.ends_with("kernel/src/reason.rs") {
            given.extend(text.split("Reason::new(").skip(1).filter_map(code_of));
        }
    }
    let texts = read("web/dashboard/src/i18n/en/reasons.ts");
    let told: BTreeSet<_> = texts
        .split("'reason.")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('\'')?.0.to_owned()))
        .collect();
    mend(
        given
            .symmetric_difference(&told)
            .map(|code| format!("the reason `{code}` is given but not told, or told but not given")),
    );
}

/// The first argument, as a literal or as the name of a constant whose value is its own name in small letters.
fn code_of(arguments: &str) -> Option<String> {
    let first = arguments.split(',').next()?.trim();
    Some(first.trim_matches('"').to_lowercase())
}

/// Every metric is explained, and drawn by the dashboard; and nothing is that the server does not tell.
#[test]
fn every_metric_is_explained_and_drawn() {
    let mut told = BTreeSet::new();
    for (path, text) in sources(&["crates"], &["rs"]) {
        let calls = ["counter!(", "gauge!(", "histogram!("];
        let calls = calls.iter().flat_map(|call| text.split(call).skip(1));
        if path.contains("/src/") {
            told.extend(calls.filter_map(metric_of));
        }
    }
    assert!(told.len() > 15, "only {} metrics were found", told.len());
    let page = read("docs/operations.md");
    let table = between(&page, "\n| metric |", "\n\n").to_owned();
    let cells = table.lines().filter_map(|row| row.split('|').nth(1));
    let explained: BTreeSet<_> = cells.flat_map(metrics_in).collect();
    let drawn: BTreeSet<_> = metrics_in(&read("deploy/grafana.json")).collect();
    let alerts = read("deploy/alerts.yml");
    let watched = metrics_in(&alerts).filter(|name| !told.contains(name));
    mend(watched.map(|name| format!("deploy/alerts.yml waits for `{name}`, which the server does not tell")));
    let places = [("docs/operations.md", explained), ("deploy/grafana.json", drawn)];
    mend(places.iter().flat_map(|(place, names)| {
        let differ = told.symmetric_difference(names);
        differ.map(move |name| format!("`{name}` is told by the server or named in {place}, but not both"))
    }));
}

/// The first argument, if it names a metric of ours.
fn metric_of(arguments: &str) -> Option<String> {
    let name = arguments.trim_start().strip_prefix('"')?.split('"').next()?;
    name.starts_with("rapport_").then(|| name.to_owned())
}

/// Those that a text names.
fn metrics_in(text: &str) -> impl Iterator<Item = String> {
    let starts = text.match_indices("rapport_").map(|(at, _)| &text[at..]);
    starts.map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
        rest[..end.unwrap_or(rest.len())].to_owned()
    })
}

#[test]
fn every_make_target_that_a_page_names_exists() {
    let makefile = read("Makefile");
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    let mut findings = Vec::new();
    for (path, text) in sources(PAGES, &["md"]) {
        let commands = text
            .split("`make ")
            .skip(1)
            .filter_map(|rest| rest.split(['`', ' ']).next());
        let missing = commands.filter(|target| !targets.contains(target));
        findings
            .extend(missing.map(|target| format!("{path} names `make {target}`; there is no such target")));
    }
    mend(findings);
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut findings = Vec::new();
    for (path, text) in sources(PAGES, &["md"]) {
        let page = root().join(&path);
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let ours = links.filter(|link| !link.is_empty() && !link.contains("://") && !link.contains('…'));
        let dead = ours.filter(|link| !page.parent().is_some_and(|folder| folder.join(link).exists()));
        findings.extend(dead.map(|link| format!("{path} links to {link}, which does not exist")));
    }
    mend(findings);
}

#[test]
fn the_banned_calls_stay_banned_with_a_reason() {
    let (clippy, manifest) = (read("clippy.toml"), read("Cargo.toml"));
    let is_banned = |call: &&str| {
        let mut lines = clippy
            .lines()
            .filter(|line| line.contains(&format!("\"{call}\"")));
        lines.any(|line| line.contains("reason = "))
    };
    let calls = ["chrono::Utc::now", "reqwest::Client::new", "uuid::Uuid::new_v4"];
    let free = calls.iter().filter(|call| !is_banned(call));
    mend(free.map(|call| format!("clippy.toml does not ban {call} with a reason")));
    let is_enforced = manifest.contains("disallowed_methods = \"deny\"");
    assert!(
        is_enforced,
        "Cargo.toml does not deny clippy's disallowed_methods"
    );
}

/// Fails with all findings, if there are any.
#[track_caller]
fn mend(findings: impl IntoIterator<Item = String>) {
    let findings: Vec<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The crates of ARCHITECTURE.md in their order, each with what it depends on.
fn documented_crates() -> Vec<(String, BTreeSet<String>)> {
    let page = read("ARCHITECTURE.md");
    let table = between(&page, "\n| crate |", "\n\n");
    let crates = table.lines().filter_map(|row| {
        let dependencies = row.trim_end_matches('|').rsplit('|').next()?;
        let quoted = dependencies.split('`').skip(1).step_by(2);
        Some((name_of_row(row)?.to_owned(), quoted.map(str::to_owned).collect()))
    });
    crates.collect()
}

/// The same from the manifests. What only tests need does not count.
fn crates_as_cargo_sees_them() -> Crates {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    cargo.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version=1",
        "--manifest-path",
    ]);
    let output = cargo.arg(root().join("Cargo.toml")).output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let crates = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|package| {
            let all = package["dependencies"].as_array().into_iter().flatten();
            let ours = all.filter(|dependency| dependency["path"].is_string() && dependency["kind"] != "dev");
            (name(package), ours.map(name).collect())
        });
    crates.collect()
}

/// What the types that derive `ToSchema` are called in the description of the API.
fn schema_names(text: &str) -> Vec<String> {
    let declarations = text.split("#[derive(").skip(1);
    let described = declarations.filter(|rest| between(rest, "", ")]").contains("ToSchema"));
    let names = described.filter_map(|rest| {
        let is_type = |line: &&str| line.contains("struct ") || line.contains("enum ");
        let line = rest.lines().find(is_type)?;
        let attributes = rest.split_once(line).map_or("", |(before, _)| before);
        let renamed = attributes.split_once("schema(as = ").map(|(_, name)| name);
        let plain = line.split_once("struct ").or_else(|| line.split_once("enum "));
        let name = renamed.or(plain.map(|(_, name)| name))?;
        name.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
    });
    names.map(str::to_owned).collect()
}

fn created_tables(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines()
        .filter_map(|line| line.strip_prefix("create table ")?.split([' ', '(']).next())
}

/// The name in backticks with which a row of a table begins.
fn name_of_row(line: &str) -> Option<&str> {
    line.strip_prefix("| `")?.split('`').next()
}

/// What stands between two marks; nothing if the first is missing.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or(rest, |(inside, _)| inside)
}

/// Path and text of all files with these endings, below these places.
fn sources(places: &[&str], endings: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut files = Vec::new();
    places
        .iter()
        .for_each(|place| collect(&root.join(place), &mut files));
    files.sort();
    let has_ending = |file: &&PathBuf| {
        file.extension()
            .is_some_and(|end| endings.iter().any(|wanted| end == *wanted))
    };
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(&root).ok()?.to_str()?.to_owned();
        Some((path, fs::read_to_string(file).ok()?))
    };
    files.iter().filter(has_ending).filter_map(read).collect()
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    let is_foreign = ["node_modules", "dist", "target"]
        .iter()
        .any(|name| place.ends_with(name));
    if place.is_file() {
        files.push(place.to_owned());
    } else if !is_foreign {
        let entries = fs::read_dir(place).into_iter().flatten().flatten();
        entries.for_each(|entry| collect(&entry.path(), files));
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Asked at run time, so that the built test can look at another copy of the tree.
fn root() -> PathBuf {
    let crate_dir = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder of the crate");
    Path::new(&crate_dir).join("../..")
}
