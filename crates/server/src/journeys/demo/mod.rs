//! The demonstration: Fennel & Oak, a furniture shop in Ghent, with its knowledge, some conversations and its sales.

mod sales;
mod team;

use std::path::Path;

use access::tenants::Operator;
use access::users::NewUser;
use channels::WidgetSettings;
use kernel::error::{Result, internal};
use kernel::secrets;
use knowledge::documents::{self, NewDocument};
use knowledge::qa_pairs;
use knowledge::qa_pairs::csv::Mapping;
use knowledge::qa_pairs::importing::{self, Existing};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::tenant;
use crate::embedded::{DEMO_KNOWLEDGE, text};
use crate::wiring::{Domains, write_secret};

/// How to get into the demonstration. Kept in the data folder, for the next start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoAccess {
    pub channel_key: String,
    pub api_key: String,
    pub email: String,
    pub password: String,
}

const SLUG: &str = "fennel-oak";
const FILE: &str = "demo.json";

/// The demonstration of this data folder, made on first use, with clients, deals and orders if it `has_sales`. `progress` is
/// told what is being done.
pub async fn ensure(
    domains: &Domains,
    data_dir: &Path,
    has_sales: bool,
    progress: impl Fn(&str),
) -> Result<DemoAccess> {
    let file = data_dir.join(FILE);
    let known = std::fs::read_to_string(&file)
        .ok()
        .and_then(|text| serde_json::from_str::<DemoAccess>(&text).ok());
    let existing = Operator::find(&domains.access.db, SLUG).await?;
    match (known, existing) {
        (Some(known), Some(_)) => return Ok(known),
        // an interrupted first start, or another folder's database: begin anew
        (_, Some(operator)) => remove(domains, operator).await?,
        (_, None) => {}
    }
    progress("creating the demonstration shop");
    let access = create(domains, has_sales, &progress).await?;
    let _ = std::fs::remove_file(&file);
    write_secret(&file, &serde_json::to_string(&access)?).map_err(internal)?;
    Ok(access)
}

async fn remove(domains: &Domains, operator: Operator) -> Result<()> {
    let mut tx = domains.access.db.tenant(&operator).await?;
    access::tenants::store::delete(&mut tx).await?;
    tx.commit().await
}

async fn create(domains: &Domains, has_sales: bool, progress: &impl Fn(&str)) -> Result<DemoAccess> {
    let password = secrets::random_name("");
    // accounts are shared by all tenants: a demonstration must not take somebody's address
    let suffix: String = secrets::random_name("").chars().take(6).collect();
    let email = format!("demo-{suffix}@fennel-oak.example");
    let user = NewUser::prepare(&email, "Demo owner", &password).await?;
    let mut made = tenant::begin(
        domains,
        "Fennel & Oak",
        Some(SLUG),
        Some(&email),
        "en",
        settings()?,
    )
    .await?;
    made.with_owner(&user).await?;
    let api_key = made.with_api_key("Demonstration").await?;
    let (channel_key, channel_id) = (made.channel.channel_key.clone(), made.channel.id);
    made.tx.commit().await?;
    let operator = Operator::find(&domains.access.db, SLUG)
        .await?
        .ok_or_else(|| internal("the new tenant is not there"))?;
    learn(domains, &operator, progress).await?;
    progress("adding a few conversations");
    let mut people = team::converse(domains, &operator, channel_id, &suffix).await?;
    if has_sales {
        progress("entering clients, deals and orders");
        people.insert("owner".into(), user.id.to_string());
        sales::enter(domains, &api_key, people).await?;
    }
    Ok(DemoAccess {
        channel_key,
        api_key,
        email,
        password,
    })
}

fn settings() -> Result<WidgetSettings> {
    WidgetSettings::default().patched(&json!({
        "welcome_message": "Hello! I am the assistant of **Fennel & Oak**. Ask me about delivery, returns, care or our furniture. Je réponds aussi en français.",
        "suggested_messages": ["Do you ship to Belgium?", "What is your return policy?", "Livrez-vous en France ?"],
        "primary_color": "#2f5d50",
        "bubble_color": "#2f5d50",
    }))
}

async fn learn(domains: &Domains, operator: &Operator, progress: &impl Fn(&str)) -> Result<()> {
    for name in ["qa.fr.csv", "qa.en.csv"] {
        let Some(csv) = text(DEMO_KNOWLEDGE, name) else {
            continue;
        };
        let language = name.split('.').nth(1).map(str::to_owned);
        let mut rows = qa_pairs::csv::read(csv.as_bytes(), &Mapping::default())?.rows;
        rows.iter_mut()
            .for_each(|row| row.pair.language = language.clone());
        let all = rows.len();
        let planned = importing::plan(&domains.knowledge, operator, rows, Existing::Add).await?;
        importing::import(&domains.knowledge, operator, planned, |done| {
            progress(&format!("learning questions and answers: {done} of {all}"))
        })
        .await?;
    }
    for file in DEMO_KNOWLEDGE
        .iter()
        .filter(|file| file.path.starts_with("documents/"))
    {
        let document = parse_document(std::str::from_utf8(file.raw).map_err(internal)?);
        progress(&format!("learning the document “{}”", document.title));
        documents::create(&domains.knowledge, operator, document).await?;
    }
    Ok(())
}

/// Splits the front matter (`title:`, `url:`, `language:`) from the text.
fn parse_document(text: &str) -> NewDocument {
    let body = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    let (head, body) = body.unwrap_or(("", text));
    let field = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().trim_matches('"').to_owned())
            .filter(|value| !value.is_empty())
    };
    NewDocument {
        title: field("title").unwrap_or_default(),
        text: body.to_owned(),
        url: field("url"),
        language: field("language"),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_document;

    #[test]
    fn a_document_carries_its_title_and_address_in_front() {
        let document = parse_document(
            "---\ntitle: \"Care guide\"\nurl: https://a.example/care\nlanguage: en\n---\n# Care\nWipe.",
        );
        assert_eq!(document.title, "Care guide");
        assert_eq!(document.url.as_deref(), Some("https://a.example/care"));
        assert_eq!(document.text, "# Care\nWipe.");
    }
}
