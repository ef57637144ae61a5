//! The public page of a demonstration: whose site it is for, what it has read, until when it lasts, and the widget. Whoever has
//! the link may open it.

use access::demos::{self, Demo};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Datelike as _, Utc};
use kernel::Result;

use super::docs::escape;
use super::{Outer, demo_shop};
use crate::journeys::demo_sites::{self, ReadPage, State as DemoState, View};
use crate::wiring::Domains;

/// Strict on purpose: the widget must work on the most careful page.
const CSP: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const STYLE: &str = "*{box-sizing:border-box}body{margin:0;font:17px/1.6 system-ui,sans-serif;color:#1b1b18;background:#f7f7f5}\
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;padding:.75rem 1.25rem;color:#fff;background:#1f2937}\
header p{margin:0}header a{color:#fff}.mark{font-weight:700}\
main{max-width:44rem;margin:0 auto;padding:3rem 1.25rem 9rem}h1{margin:0 0 1rem;font-size:2rem;line-height:1.2;overflow-wrap:anywhere}\
h2{margin:2.5rem 0 .5rem;font-size:1.1rem}ul{margin:0;padding:0;list-style:none}li{padding:.5rem 0;border-bottom:1px solid #dededa}\
main a{color:#2747b8;overflow-wrap:anywhere}img{width:56px;height:56px;border-radius:12px;object-fit:cover}.small{margin-top:2.5rem;font-size:.9rem;color:#55554f}\
@media(prefers-color-scheme:dark){body{color:#ececea;background:#121315}main a{color:#a3b8ff}li{border-color:#2c2e33}.small{color:#b5b5b0}}";

/// How soon a page that waits for its site is loaded again, in seconds.
const AGAIN: &str = "4";

pub fn routes(domains: Domains, outer: Outer) -> Router {
    Router::new()
        .route("/demo/page.css", get(style))
        .route("/demo/{name}", get(page_or_file))
        .with_state((domains, outer))
}

/// Demonstrations, and the files of the demonstration shop beside them.
async fn page_or_file(
    State((domains, outer)): State<(Domains, Outer)>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    match name.starts_with(demos::TOKEN) && !name.contains('.') {
        true => page(&domains, &name, request.headers()).await.into_response(),
        false => demo_shop::file(State(outer), Path(name), request).await,
    }
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, STYLE).into_response()
}

async fn page(domains: &Domains, token: &str, request: &HeaderMap) -> Result<Response> {
    let words = words(request);
    let Some(demo) = demos::store::find_by_token(&domains.access.db, token).await? else {
        return Ok(over(StatusCode::NOT_FOUND, words));
    };
    let view = demo_sites::look(domains, &demo).await?;
    if view.state == DemoState::Over {
        return Ok(over(StatusCode::GONE, words));
    }
    let pages = match view.state {
        DemoState::Ready => demo_sites::name_pages(domains, &demo).await?,
        _ => Vec::new(),
    };
    let html = render(&demo, &view, &pages, words);
    let mut response = answer(StatusCode::OK, html);
    if view.state == DemoState::Preparing {
        let again = HeaderValue::from_static(AGAIN);
        response
            .headers_mut()
            .insert(HeaderName::from_static("refresh"), again);
    }
    Ok(response)
}

fn answer(status: StatusCode, html: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-language"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    (status, headers, html).into_response()
}

struct Words {
    language: &'static str,
    demo: &'static str,
    made_for: &'static str,
    ends: &'static str,
    heading: &'static str,
    preparing: &'static str,
    failed: &'static str,
    ready: fn(i64) -> String,
    read: &'static str,
    limits: fn(i32) -> String,
    over: &'static str,
    over_why: &'static str,
    date: fn(DateTime<Utc>) -> String,
}

const ENGLISH: Words = Words {
    language: "en",
    demo: "Demonstration",
    made_for: "Made for",
    ends: "Ends on",
    heading: "An assistant for",
    preparing: "The site is being read. This takes a minute or two; the page loads again by itself.",
    failed: "Nothing could be read from this site, so there is nothing to ask. Tell whoever sent you this link.",
    ready: |pages| {
        match pages {
        1 => "It has read one public page of the site and answers from it alone. Open the chat and ask what a customer would ask.".into(),
        _ => format!(
            "It has read {pages} public pages of the site and answers from them alone. Open the chat and ask what a customer would ask."
        ),
    }
    },
    read: "What it has read",
    limits: |messages| {
        format!(
            "This demonstration takes {messages} messages a day from all its visitors together. Nobody takes over a conversation here. \
         When it ends, everything that was written is deleted."
        )
    },
    over: "There is no demonstration here any more",
    over_why: "Its time is over, and everything in it was deleted. Ask whoever sent you the link for a new one.",
    date: |at| {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        format!("{} {} {}", at.day(), MONTHS[at.month0() as usize % 12], at.year())
    },
};

const FRENCH: Words = Words {
    language: "fr",
    demo: "Démonstration",
    made_for: "Faite pour",
    ends: "Se termine le",
    heading: "Un assistant pour",
    preparing: "Le site est en cours de lecture. Cela prend une minute ou deux ; la page se recharge d’elle-même.",
    failed: "Rien n’a pu être lu sur ce site : il n’y a rien à demander. Dites-le à la personne qui vous a envoyé ce lien.",
    ready: |pages| {
        match pages {
        1 => "Il a lu une page publique du site et ne répond qu’à partir d’elle. Ouvrez la discussion et posez une question de client.".into(),
        _ => format!(
            "Il a lu {pages} pages publiques du site et ne répond qu’à partir d’elles. Ouvrez la discussion et posez une question de client."
        ),
    }
    },
    read: "Ce qu’il a lu",
    limits: |messages| {
        format!(
            "Cette démonstration accepte {messages} messages par jour, tous visiteurs confondus. Personne n’y reprend une conversation. \
         À la fin, tout ce qui a été écrit est supprimé."
        )
    },
    over: "Il n’y a plus de démonstration ici",
    over_why: "Elle est terminée, et tout son contenu a été supprimé. Demandez-en une nouvelle à la personne qui vous a envoyé le lien.",
    date: |at| {
        const MONTHS: [&str; 12] = [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ];
        format!("{} {} {}", at.day(), MONTHS[at.month0() as usize % 12], at.year())
    },
};

/// In the language that the browser names first, of those that there are.
fn words(request: &HeaderMap) -> &'static Words {
    let wanted = request
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let mut known = wanted.unwrap_or_default().split(',').map(str::trim);
    match known.find(|language| language.starts_with("en") || language.starts_with("fr")) {
        Some(language) if language.starts_with("fr") => &FRENCH,
        _ => &ENGLISH,
    }
}

fn render(demo: &Demo, view: &View, pages: &[ReadPage], words: &Words) -> String {
    let name = escape(&demo.name);
    let address = escape(&demo.website_url);
    let host = demo.website_url.split('/').nth(2).unwrap_or(&demo.website_url);
    let icon = view.avatar_url.as_deref().map_or_else(String::new, |url| {
        format!(
            "<img src=\"{}\" alt=\"\" width=\"56\" height=\"56\">",
            escape(url)
        )
    });
    let (said, widget) = match (view.state, &view.channel_key) {
        (DemoState::Ready, Some(key)) => (
            (words.ready)(view.pages),
            format!(
                "<script async src=\"/widget.js\" data-channel=\"{}\" data-lang=\"{}\"></script>",
                escape(key),
                words.language
            ),
        ),
        (DemoState::Preparing, _) => (words.preparing.to_owned(), String::new()),
        _ => (words.failed.to_owned(), String::new()),
    };
    let items: String = pages.iter().map(item).collect();
    let list = match items.is_empty() {
        true => String::new(),
        false => format!("<h2>{}</h2><ul>{items}</ul>", words.read),
    };
    let body = format!(
        "<header><p class=\"mark\">{}</p><p>{} <a href=\"{address}\" rel=\"nofollow noopener\">{}</a></p><p>{} {}</p></header>\
         <main>{icon}<h1>{} {name}</h1><p>{said}</p>{list}<p class=\"small\">{}</p></main>{widget}",
        words.demo,
        words.made_for,
        escape(host),
        words.ends,
        (words.date)(demo.expires_at),
        words.heading,
        (words.limits)(view.messages_a_day),
    );
    document(&format!("{} · {name}", words.demo), &body, words)
}

fn item(page: &ReadPage) -> String {
    let title = page.title.as_deref().filter(|title| !title.is_empty());
    format!(
        "<li><a href=\"{}\" rel=\"nofollow noopener\">{}</a></li>",
        escape(&page.url),
        escape(title.unwrap_or(&page.url))
    )
}

fn over(status: StatusCode, words: &Words) -> Response {
    let body = format!(
        "<header><p class=\"mark\">{}</p></header><main><h1>{}</h1><p>{}</p></main>",
        words.demo, words.over, words.over_why
    );
    answer(status, document(words.over, &body, words))
}

/// `title` and `body` are HTML.
fn document(title: &str, body: &str, words: &Words) -> String {
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/demo/page.css\"></head><body>{body}</body></html>",
        words.language
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn the_page_speaks_the_first_language_that_it_knows() {
        for (asked, spoken) in [
            ("fr-BE, en;q=0.8", "fr"),
            ("de, fr;q=0.5, en;q=0.4", "fr"),
            ("en-GB", "en"),
            ("de", "en"),
            ("", "en"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(words(&headers).language, spoken, "{asked}");
        }
    }

    #[test]
    fn dates_are_written_out() {
        let day = Utc.with_ymd_and_hms(2026, 12, 7, 10, 0, 0).unwrap();
        assert_eq!((ENGLISH.date)(day), "7 December 2026");
        assert_eq!((FRENCH.date)(day), "7 décembre 2026");
    }
}
