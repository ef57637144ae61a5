//! The account itself: whether it works, where its events go, its files and its templates.

use kernel::Reason;
use serde_json::{Value, json};

use crate::form::{Account, CheckError, Checked};
use crate::http::Http;
use crate::inbound::{Fetched, Media};
use crate::meta::graph::{FILE_GONE, Graph, permissions};
use crate::meta::json::Json;
use crate::outbound::Template;

const PERMISSIONS: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];
/// Pages of a hundred templates each.
const TEMPLATE_PAGES: usize = 10;

/// # Errors
/// See [`crate::Connector::check`].
pub async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    const FIELDS: &str = "display_phone_number,verified_name,quality_rating,name_status";
    let graph = Graph::new(account);
    let call = graph.get(&[account.value("phone_number_id")], &[("fields", FIELDS)]);
    let body = graph.ask(http, call).await?;
    let number = Json(&body);
    let token = graph.debug_token(http).await?;
    let names = ["/display_phone_number", "/verified_name"].map(|path| number.text(path));
    let mut warnings = warnings(number);
    if !has_number(http, account).await? {
        let reason = Reason::new(
            "whatsapp_other_account",
            "The number is not one of the WhatsApp Business account {account}: templates would be another account's.",
        );
        warnings.push(reason.with("account", account.value("waba_id")));
    }
    Ok(Checked {
        display_name: names.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        account_id: None,
        permissions: permissions(token.as_ref(), &PERMISSIONS),
        token_expires_at: token.and_then(|token| token.expires_at),
        warnings,
    })
}

fn warnings(number: Json<'_>) -> Vec<Reason> {
    let quality = match number.word("/quality_rating").as_str() {
        "RED" => Some(Reason::new(
            "whatsapp_low_quality",
            "WhatsApp rates the number's quality as low: people block or report it.",
        )),
        _ => None,
    };
    let name = match number.word("/name_status").as_str() {
        "DECLINED" | "EXPIRED" | "NONE" => Some(Reason::new(
            "whatsapp_name_not_approved",
            "WhatsApp has not approved the display name: see WhatsApp Manager → Phone numbers.",
        )),
        _ => None,
    };
    quality.into_iter().chain(name).collect()
}

/// The numbers of the account, by their ids.
async fn numbers(http: &Http, account: &Account) -> Result<Vec<String>, CheckError> {
    let graph = Graph::new(account);
    let call = graph.get(
        &[account.value("waba_id"), "phone_numbers"],
        &[("fields", "id"), ("limit", "100")],
    );
    let body = graph.ask(http, call).await?;
    Ok(Json(&body)
        .list("/data")
        .filter_map(|number| number.text("/id"))
        .collect())
}

async fn has_number(http: &Http, account: &Account) -> Result<bool, CheckError> {
    let numbers = numbers(http, account).await?;
    Ok(numbers.iter().any(|id| id == account.value("phone_number_id")))
}

/// Subscribes the app to the account, and sends the number's events to its own address, so that several numbers of one
/// account can each have theirs.
///
/// # Errors
/// See [`crate::Connector::subscribe`].
pub async fn subscribe(http: &Http, account: &Account) -> Result<(), CheckError> {
    let graph = Graph::new(account);
    let call = graph.post(&[account.value("waba_id"), "subscribed_apps"], &[]);
    let address = json!({
        "override_callback_uri": account.webhook_url,
        "verify_token": account.verify_token,
    });
    if account.webhook_url.is_empty() {
        return graph.ask(http, call.json(json!({}))).await.map(drop);
    }
    graph.ask(http, call.json(address.clone())).await?;
    configure(http, account, address).await
}

async fn configure(http: &Http, account: &Account, address: Value) -> Result<(), CheckError> {
    let graph = Graph::new(account);
    let call = graph.post(&[account.value("phone_number_id")], &[]);
    let body = json!({"webhook_configuration": address});
    graph.ask(http, call.json(body)).await.map(drop)
}

/// Takes the number's address back, and the subscription where no other number of the account needs it.
///
/// # Errors
/// Nobody minds.
pub async fn unsubscribe(http: &Http, account: &Account) -> Result<(), CheckError> {
    configure(http, account, json!({"override_callback_uri": ""})).await?;
    let numbers = numbers(http, account).await?;
    if numbers != [account.value("phone_number_id")] {
        return Ok(());
    }
    let graph = Graph::new(account);
    let call = graph.delete(&[account.value("waba_id"), "subscribed_apps"]);
    graph.ask(http, call).await.map(drop)
}

/// The address of a file lives for five minutes: it is asked for, and once more if it has run out.
///
/// # Errors
/// See [`crate::Connector::fetch`].
pub async fn fetch(
    http: &Http,
    account: &Account,
    media: &Media,
    largest: usize,
) -> Result<Fetched, CheckError> {
    let graph = Graph::new(account);
    let mut outcome = Err(CheckError::lasting(Reason::new(
        "file_withheld",
        "The vendor does not hand out this file.",
    )));
    for _ in 0..2 {
        let query = [("phone_number_id", account.value("phone_number_id"))];
        let body = graph.ask(http, graph.get(&[&media.source], &query)).await?;
        let file = Json(&body);
        if file
            .integer("/file_size")
            .is_some_and(|size| size > i64::try_from(largest).unwrap_or(i64::MAX))
        {
            return Err(CheckError::too_large());
        }
        let Some(url) = file.text("/url") else {
            break;
        };
        outcome = graph.fetch(http, &url, true, largest).await;
        match &outcome {
            Err(error) if error.reason.code == FILE_GONE => {}
            _ => break,
        }
    }
    outcome.map(|fetched| Fetched {
        file_name: media.file_name.clone(),
        ..fetched
    })
}

/// Those that can be sent with the texts of their body alone.
///
/// # Errors
/// See [`crate::Connector::templates`].
pub async fn templates(http: &Http, account: &Account) -> Result<Vec<Template>, CheckError> {
    const FIELDS: &str = "name,language,category,status,parameter_format,components";
    let graph = Graph::new(account);
    let node = [account.value("waba_id"), "message_templates"];
    let (mut templates, mut after) = (Vec::new(), None::<String>);
    for _ in 0..TEMPLATE_PAGES {
        let mut query = vec![("status", "APPROVED"), ("fields", FIELDS), ("limit", "100")];
        if let Some(after) = &after {
            query.push(("after", after));
        }
        let body = graph.ask(http, graph.get(&node, &query)).await?;
        let page = Json(&body);
        templates.extend(page.list("/data").filter_map(template));
        after = page.text("/paging/next").and(page.text("/paging/cursors/after"));
        if after.is_none() {
            break;
        }
    }
    Ok(templates)
}

fn template(template: Json<'_>) -> Option<Template> {
    let parts: Vec<Json<'_>> = template.list("/components").collect();
    let is = |part: &Json<'_>, kind: &str| part.word("/type").eq_ignore_ascii_case(kind);
    let body = parts.iter().find(|part| is(part, "body"))?.word("/text");
    let needs_more = |part: &Json<'_>| {
        let is_file = part.text("/format").is_some_and(|format| format != "TEXT");
        !is(part, "body") && (is_file || part.0.to_string().contains("{{"))
    };
    let parameters = parameters(&body)?;
    let is_fine = template.word("/status") == "APPROVED"
        && template.word("/category") != "AUTHENTICATION"
        && !parts.iter().any(needs_more);
    is_fine.then(|| Template {
        name: template.word("/name"),
        language: template.word("/language"),
        category: template.word("/category"),
        body,
        parameters,
    })
}

/// How many `{{1}}`, `{{2}}` … there are. None: they have names.
fn parameters(body: &str) -> Option<usize> {
    let inside = body.split("{{").skip(1);
    inside
        .map(|rest| rest.split_once("}}")?.0.trim().parse().ok())
        .try_fold(0, |most: usize, number: Option<usize>| Some(most.max(number?)))
}
