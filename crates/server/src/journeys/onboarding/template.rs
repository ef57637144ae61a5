//! A first set of questions and answers for a shop, with blanks in square brackets.
//!
//! What still has a blank is kept, but inactive: the bot must not say "[amount]" to a visitor.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query};
use knowledge::qa_pairs::csv::Mapping;
use knowledge::qa_pairs::{self, NewQaPair, Source};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::wiring::Domains;

const SHOP: [(&str, &str); 2] = [
    ("en", include_str!("shop.en.csv")),
    ("fr", include_str!("shop.fr.csv")),
];
/// A set that is larger is an import.
const MOST: usize = 50;

pub fn routes() -> OpenApiRouter<Domains> {
    OpenApiRouter::new().routes(routes!(get_onboarding_template, use_onboarding_template))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct TemplateQuery {
    /// `en` or `fr`; English for every other language.
    language: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OnboardingTemplate)]
struct Template {
    language: String,
    items: Vec<TemplateItem>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
struct TemplateItem {
    question: String,
    /// With blanks in square brackets: `[amount]`.
    answer: String,
    category: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsedTemplate {
    /// Answered from at once.
    active: usize,
    /// Kept, and inactive until their blanks are filled.
    with_blanks: usize,
}

/// Read the questions and answers that a shop begins with.
#[utoipa::path(get, path = "/onboarding/template", operation_id = "get_onboarding_template", tag = "onboarding",
    params(TemplateQuery), responses((status = 200, body = Template)))]
async fn get_onboarding_template(
    member: Member,
    Query(query): Query<TemplateQuery>,
) -> Result<Json<Template>> {
    member.require(Permission::ReadKnowledge)?;
    let wanted = query.language.unwrap_or_default();
    let found = SHOP.iter().find(|(language, _)| wanted.starts_with(language));
    let (language, csv) = found.unwrap_or(&SHOP[0]);
    let items = qa_pairs::csv::read(csv.as_bytes(), &Mapping::default())?
        .rows
        .into_iter()
        .map(|row| TemplateItem {
            question: row.pair.question,
            answer: row.pair.answer,
            category: row.pair.category.unwrap_or_default(),
        });
    Ok(Json(Template {
        language: (*language).to_owned(),
        items: items.collect(),
    }))
}

/// Begin with these questions and answers, filled in. What has blanks left is kept inactive.
#[utoipa::path(post, path = "/onboarding/template", operation_id = "use_onboarding_template", tag = "onboarding",
    request_body = Template, responses((status = 201, body = UsedTemplate), (status = 422, body = Problem)))]
async fn use_onboarding_template(
    State(domains): State<Domains>,
    member: Member,
    Json(template): Json<Template>,
) -> Result<(StatusCode, Json<UsedTemplate>)> {
    member.require(Permission::EditKnowledge)?;
    if template.items.is_empty() || template.items.len() > MOST {
        return Err(invalid("bad_template", "A template has 1 to 50 questions."));
    }
    let language = template.language;
    let pairs: Vec<NewQaPair> = template
        .items
        .into_iter()
        .map(|item| NewQaPair {
            is_active: Some(!has_blank(&item.answer)),
            question: item.question,
            answer: item.answer,
            category: Some(item.category),
            language: Some(language.clone()),
            phrasings: Vec::new(),
        })
        .collect();
    let ctx = &domains.knowledge;
    let mut batch = qa_pairs::prepare(ctx, &member, pairs).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    qa_pairs::insert(&mut tx, &mut batch, Source::Template).await?;
    let with_blanks = batch.pairs.iter().filter(|pair| !pair.is_active).count();
    tx.commit().await?;
    let active = batch.pairs.len() - with_blanks;
    Ok((StatusCode::CREATED, Json(UsedTemplate { active, with_blanks })))
}

/// `[amount]` is a blank, `[delivery](https://…)` is a link.
fn has_blank(answer: &str) -> bool {
    let mut rest = answer;
    while let Some((_, after)) = rest.split_once('[') {
        let Some((_, after)) = after.split_once(']') else {
            return false;
        };
        if !after.starts_with('(') {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads_well_and_both_languages_ask_the_same() {
        let sets = SHOP.map(|(_, csv)| qa_pairs::csv::read(csv.as_bytes(), &Mapping::default()).unwrap());
        for set in &sets {
            assert!(set.errors.is_empty() && (12..=15).contains(&set.rows.len()));
            let blanks = set.rows.iter().filter(|row| has_blank(&row.pair.answer)).count();
            assert!(set.rows.len() - blanks >= 2, "some can be used as they are");
        }
        let [english, french] = sets;
        let pairs = english.rows.iter().zip(&french.rows);
        for (en, fr) in pairs {
            assert_eq!(
                has_blank(&en.pair.answer),
                has_blank(&fr.pair.answer),
                "{}",
                en.pair.question
            );
        }
    }

    #[test]
    fn a_link_is_no_blank() {
        assert!(has_blank("It costs [amount]."));
        assert!(has_blank("See [delivery](https://x.example) within [2] days."));
        assert!(!has_blank("See [delivery](https://x.example)."));
        assert!(!has_blank("Nothing [open"));
    }
}
