//! How a site presents itself: the name, colour and icon that its start page gives to browsers, and its language.

use std::time::Duration;

use documents::{Error, WebPage};
use kernel::Result;
use kernel::error::{internal, invalid};
use tokio::time::timeout;
use url::Url;

use super::fetch::{Known, Request};
use super::opening::{self, Bytes};
use super::{CrawlError, address, visit};
use crate::Context;

/// Somebody waits for it.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT_FOR_ICON: Duration = Duration::from_secs(4);
const LARGEST_ICON: usize = 1024 * 1024;
const LONGEST_NAME: usize = 50;
/// A colour whose every part is above this is the page's white, not the business's colour.
const WHITE: u8 = 230;

/// What is known of a site without reading it.
#[derive(Debug)]
pub struct Brand {
    /// Where the start page is in the end.
    pub home: Url,
    pub name: String,
    /// `#rrggbb`.
    pub color: Option<String>,
    /// ISO 639-1.
    pub language: Option<String>,
    /// Where there may be an icon, the best first.
    pub icons: Vec<Url>,
}

/// Asks the site for its start page.
///
/// # Errors
/// 422 with the reason when there is none that may be read.
pub async fn read(ctx: &Context, website: &str) -> Result<Brand> {
    let base = address::parse_home(website)?;
    ctx.crawler.outbound.check(base.as_str())?;
    let bytes = Bytes::default();
    let asked = timeout(LONGEST_WAIT, opening::front_page(ctx, &base, &bytes)).await;
    let front = asked.unwrap_or(Err(CrawlError::Unreachable)).map_err(refused)?;
    let response = &front.response;
    let charset = visit::charset(response);
    let page = documents::read_web_page(&ctx.reader, &response.body, front.home.as_str(), charset).await;
    let page = match page {
        Ok(page) => page,
        Err(Error::Unreadable(_)) => return Err(refused(CrawlError::NoStartPage)),
        Err(Error::Machine(error)) => return Err(internal(error)),
    };
    Ok(describe(front.home, page))
}

/// An icon, if it can be had.
pub async fn fetch_icon(ctx: &Context, url: &Url) -> Option<Vec<u8>> {
    let request = Request {
        url,
        known: Known::default(),
        interval: ctx.crawler.interval,
        largest: LARGEST_ICON,
        may_be_cut: false,
    };
    let asked = timeout(LONGEST_WAIT_FOR_ICON, ctx.crawler.get(&request, |_| true)).await;
    let response = asked.ok()?.ok()?;
    response.status.is_success().then_some(response.body)
}

fn describe(home: Url, page: WebPage) -> Brand {
    let short = |name: &String| (1..=LONGEST_NAME).contains(&name.chars().count());
    let host = home.host_str().unwrap_or_default();
    let name = page.look.site_name.filter(short).or(page.title.filter(short));
    let base = page.base.and_then(|base| home.join(&base).ok());
    let base = base.unwrap_or_else(|| home.clone());
    let icons = page.look.icons.iter().filter_map(|icon| base.join(icon).ok());
    let mut icons: Vec<Url> = icons
        .filter(|icon| matches!(icon.scheme(), "http" | "https"))
        .collect();
    icons.extend(home.join("/apple-touch-icon.png"));
    icons.dedup();
    let language = page.language.unwrap_or_default();
    let language = language
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    Brand {
        name: name.unwrap_or_else(|| host.strip_prefix("www.").unwrap_or(host).to_owned()),
        color: page.look.theme_color.as_deref().and_then(color),
        language: (language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()))
            .then_some(language),
        icons,
        home,
    }
}

/// `#1a5`, `#11aa55` and `rgb(17, 170, 85)` → `#11aa55`.
fn color(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let parts: Vec<u8> = if let Some(hex) = text.strip_prefix('#').filter(|hex| hex.is_ascii()) {
        let wide: String = match hex.len() {
            3 | 4 => hex.chars().take(3).flat_map(|digit| [digit, digit]).collect(),
            _ => hex.chars().take(6).collect(),
        };
        let part = |at: usize| {
            wide.get(at..at + 2)
                .and_then(|two| u8::from_str_radix(two, 16).ok())
        };
        [0, 2, 4].into_iter().filter_map(part).collect()
    } else {
        let inside = text.strip_prefix("rgb(")?.strip_suffix(')')?;
        let parts = inside.split([',', ' ']).filter(|part| !part.is_empty());
        parts.map_while(|part| part.parse().ok()).collect()
    };
    match parts.as_slice() {
        [red, green, blue] if [red, green, blue].into_iter().any(|part| *part <= WHITE) => {
            Some(format!("#{red:02x}{green:02x}{blue:02x}"))
        }
        _ => None,
    }
}

fn refused(error: CrawlError) -> kernel::Error {
    let (code, detail) = match error {
        CrawlError::Forbidden | CrawlError::RobotsUnreachable => (
            "website_forbids",
            "The site's robots.txt does not let programs read it. Ask its owner.",
        ),
        CrawlError::LeadsElsewhere => (
            "website_elsewhere",
            "This address leads to another web site. Give that one's address.",
        ),
        CrawlError::NotAllowed => (
            "website_not_public",
            "This server does not call addresses that are not public.",
        ),
        CrawlError::NoStartPage => (
            "website_without_page",
            "There is no web page at this address. Check it, or give another page of the site.",
        ),
        _ => (
            "website_unreachable",
            "The web site does not answer. Check the address, or try again later.",
        ),
    };
    invalid(code, detail)
}

#[cfg(test)]
mod tests {
    use documents::Look;

    use super::*;

    #[test]
    fn a_colour_is_read_as_people_write_it_and_white_is_none() {
        for (text, read) in [
            ("#1A5", Some("#11aa55")),
            (" #11aa55 ", Some("#11aa55")),
            ("#11aa55ff", Some("#11aa55")),
            ("rgb(17, 170, 85)", Some("#11aa55")),
            ("rgb(17 170 85)", Some("#11aa55")),
            ("#fff", None),
            ("#fefefe", None),
            ("rgb(17, 170)", None),
            ("#12", None),
            ("tomato", None),
            ("#é12345", None),
        ] {
            assert_eq!(color(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_site_goes_by_its_own_name_and_else_by_its_address() {
        let home = Url::parse("https://www.lea.example/fr/").unwrap();
        let named = |site_name: Option<&str>, title: Option<&str>| {
            let page = WebPage {
                title: title.map(str::to_owned),
                language: Some("fr-BE".into()),
                look: Look {
                    site_name: site_name.map(str::to_owned),
                    theme_color: None,
                    icons: vec!["i/180.png".into(), "data:image/png;base64,AA".into()],
                },
                ..WebPage::default()
            };
            describe(home.clone(), page)
        };
        let brand = named(Some("Chez Léa"), Some("Accueil"));
        assert_eq!(
            (brand.name.as_str(), brand.language.as_deref()),
            ("Chez Léa", Some("fr"))
        );
        let icons: Vec<&str> = brand.icons.iter().map(Url::as_str).collect();
        assert_eq!(
            icons,
            [
                "https://www.lea.example/fr/i/180.png",
                "https://www.lea.example/apple-touch-icon.png"
            ]
        );
        assert_eq!(named(None, Some("Accueil")).name, "Accueil");
        assert_eq!(named(None, Some(&"long ".repeat(20))).name, "lea.example");
    }
}
