//! Message templates: what the account has, and whether a message fits one.

use serde_json::{Value, json};

use crate::core::{Call, Reply};
use crate::meta::GraphError;

pub fn first() -> Vec<Value> {
    vec![
        template("hello_world", "en_US", "Hello World", "APPROVED"),
        template(
            "follow_up",
            "en_US",
            "Hello {{1}}, may we help you further?",
            "APPROVED",
        ),
        template("follow_up", "pt_BR", "Olá {{1}}, podemos ajudar?", "APPROVED"),
        template("spring_sale", "en_US", "Everything is cheaper", "PENDING"),
    ]
}

pub fn template(name: &str, language: &str, body: &str, status: &str) -> Value {
    let id = u64::from_str_radix(
        &crate::core::sha256(format!("{name}{language}").as_bytes())[..12],
        16,
    );
    json!({
        "id": id.unwrap_or_default().to_string(), "name": name, "language": language, "status": status,
        "category": "UTILITY", "parameter_format": "POSITIONAL", "components": [{"type": "BODY", "text": body}],
    })
}

/// `GET /{waba_id}/message_templates`.
pub fn list(templates: &[Value], call: &Call) -> Reply {
    let fits = |template: &&Value| {
        ["name", "status", "language"]
            .iter()
            .all(|field| call.query(field).is_none_or(|wanted| template[field] == wanted))
    };
    let all: Vec<_> = templates.iter().filter(fits).collect();
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(25).max(1));
    let page: Vec<_> = all.iter().skip(after).take(limit).collect();
    let mut paging =
        json!({"cursors": {"before": after.to_string(), "after": (after + page.len()).to_string()}});
    if after + page.len() < all.len() {
        paging["next"] = format!("{}?after={}", call.path, after + page.len()).into();
    }
    Reply::ok(&json!({"data": page, "paging": paging}))
}

/// The text that the customer reads.
pub fn fill(templates: &[Value], message: &Value) -> Result<String, GraphError> {
    let (Some(name), Some(language)) = (message["name"].as_str(), message["language"]["code"].as_str())
    else {
        let details = "template.name and template.language.code are required";
        return Err(GraphError::whatsapp(
            131_008,
            "Required parameter is missing",
            details,
        ));
    };
    let is_it = |template: &&Value| template["name"] == name && template["language"] == language;
    let unknown = || {
        let details = format!("template name ({name}) does not exist in {language}");
        GraphError::whatsapp(
            132_001,
            "Template name does not exist in the translation",
            &details,
        )
    };
    let template = templates.iter().find(is_it).ok_or_else(unknown)?;
    match template["status"].as_str() {
        Some("APPROVED") => fill_body(template, message),
        Some("PAUSED") => Err(GraphError::whatsapp(
            132_015,
            "Template is Paused",
            "The quality is low",
        )),
        Some("DISABLED") => Err(GraphError::whatsapp(
            132_016,
            "Template is Disabled",
            "Paused too often",
        )),
        _ => Err(unknown()),
    }
}

fn fill_body(template: &Value, message: &Value) -> Result<String, GraphError> {
    let text = template["components"][0]["text"].as_str().unwrap_or_default();
    let components = message["components"].as_array();
    let is_body = |component: &&Value| {
        component["type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("body"))
    };
    let body = components.and_then(|components| components.iter().find(is_body));
    let parameters = body.and_then(|body| body["parameters"].as_array());
    let parameters = parameters.map_or(&[][..], Vec::as_slice);
    let expected = text.matches("{{").count();
    if parameters.len() != expected {
        let title = "Number of parameters does not match the expected number of params";
        let given = parameters.len();
        let details = format!(
            "body: number of localizable_params ({given}) does not match the expected number of params ({expected})"
        );
        return Err(GraphError::whatsapp(132_000, title, &details));
    }
    let mut filled = text.to_owned();
    for (number, parameter) in parameters.iter().enumerate() {
        let value = parameter["text"].as_str().unwrap_or_default();
        filled = filled.replace(&format!("{{{{{}}}}}", number + 1), value);
    }
    Ok(filled)
}
