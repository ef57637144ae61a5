//! What a run knows of a site's addresses, so that a site that makes up new ones without end cannot keep it busy.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::address::Site;

/// How many addresses of one kind are looked at.
const MOST_DATES: usize = 24;
const MOST_QUERIES: usize = 60;
/// How many may wait, for each page that may be read.
const WAITING_FOR_EACH: usize = 4;
const LEAST_WAITING: usize = 400;

/// Parameters that turn the pages of a calendar.
const DATES: [&str; 8] = ["year", "month", "week", "day", "date", "cal", "jahr", "annee"];

/// Addresses that are known, and how many there are of each kind.
pub struct Frontier {
    known: HashSet<String>,
    kinds: HashMap<String, usize>,
    room: usize,
}

impl Frontier {
    pub fn new(max_pages: i32, known: impl IntoIterator<Item = String>) -> Self {
        let most = usize::try_from(max_pages).unwrap_or_default() * WAITING_FOR_EACH;
        let mut frontier = Self {
            known: HashSet::new(),
            kinds: HashMap::new(),
            room: most.max(LEAST_WAITING),
        };
        for url in known {
            if let Ok(parsed) = Url::parse(&url) {
                frontier.count(&parsed);
            }
            frontier.room = frontier.room.saturating_sub(1);
            frontier.known.insert(url);
        }
        frontier
    }

    /// True once for each address that is worth a look.
    pub fn add(&mut self, url: &Url) -> bool {
        if self.room == 0 || self.known.contains(url.as_str()) || !self.count(url) {
            return false;
        }
        self.room -= 1;
        self.known.insert(url.as_str().to_owned())
    }

    /// The addresses among these that are new, relative to `base`.
    pub fn add_all<'a>(
        &mut self,
        site: &Site,
        base: &Url,
        links: impl IntoIterator<Item = &'a str>,
    ) -> Vec<String> {
        let resolved = links.into_iter().filter_map(|link| base.join(link).ok());
        let admitted: Vec<Url> = resolved.filter_map(|url| site.admit(&url)).collect();
        let new = admitted.into_iter().filter(|url| self.add(url));
        new.map(String::from).collect()
    }

    /// False: there are enough of its kind.
    fn count(&mut self, url: &Url) -> bool {
        let limits = [(date_kind(url), MOST_DATES), (query_kind(url), MOST_QUERIES)];
        limits.into_iter().all(|(kind, most)| {
            let Some(kind) = kind else {
                return true;
            };
            let count = self.kinds.entry(kind).or_default();
            *count += 1;
            *count <= most
        })
    }
}

/// Pages of one path that differ in their query.
fn query_kind(url: &Url) -> Option<String> {
    url.query().map(|_| format!("?{}", url.path()))
}

/// Pages that differ in a date: `/events/2031/05` or `/events?month=5`.
fn date_kind(url: &Url) -> Option<String> {
    let names = url.query_pairs().map(|(name, _)| name.to_lowercase());
    if names.into_iter().any(|name| DATES.contains(&name.as_str())) {
        return Some(format!("date?{}", url.path()));
    }
    let has_date = url.path().split('/').any(is_date);
    let numbers: Vec<&str> = url.path().split('/').filter(|part| is_number(part)).collect();
    let is_dated = has_date
        || numbers
            .windows(2)
            .any(|pair| is_year(pair[0]) && pair[1].len() <= 2);
    let has_words = url
        .path()
        .rsplit('/')
        .find(|part| !part.is_empty())
        .is_some_and(|last| !is_number(last) && !is_date(last));
    // an article has a name behind its date
    (is_dated && !has_words).then(|| {
        let shape = url.path().split('/').map(|part| {
            if is_number(part) || is_date(part) {
                "#"
            } else {
                part
            }
        });
        format!("date{}", shape.collect::<Vec<_>>().join("/"))
    })
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && (part.starts_with("19") || part.starts_with('2'))
}

/// `2031-05`, `2031-05-17`.
fn is_date(part: &str) -> bool {
    let mut parts = part.split('-');
    let year = parts.next().is_some_and(|year| is_number(year) && is_year(year));
    let rest: Vec<&str> = parts.collect();
    year && matches!(rest.len(), 1 | 2) && rest.iter().all(|part| is_number(part) && part.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(urls: impl Iterator<Item = String>) -> usize {
        let mut frontier = Frontier::new(500, []);
        urls.filter(|url| frontier.add(&Url::parse(url).unwrap())).count()
    }

    #[test]
    fn what_goes_on_without_end_is_cut_short() {
        let pages = |make: fn(usize) -> String| taken((0..5_000).map(make));
        assert_eq!(
            pages(|n| format!("https://a.example/events/{}/{}", 1900 + n / 12, n % 12 + 1)),
            MOST_DATES
        );
        assert_eq!(
            pages(|n| format!("https://a.example/events/{}-{:02}", 2000 + n / 12, n % 12 + 1)),
            MOST_DATES
        );
        assert_eq!(
            pages(|n| format!("https://a.example/events?month={n}")),
            MOST_DATES
        );
        assert_eq!(
            pages(|n| format!("https://a.example/list?filter={n}")),
            MOST_QUERIES
        );
        assert_eq!(pages(|n| format!("https://a.example/p/{n}")), 2_000);
    }

    #[test]
    fn articles_with_a_date_are_pages_like_others() {
        assert_eq!(
            taken((0..500).map(|n| format!("https://a.example/blog/2031/05/article-{n}"))),
            500
        );
        assert_eq!(
            taken((0..500).map(|n| format!("https://a.example/products/{n}"))),
            500
        );
    }

    #[test]
    fn each_address_is_new_once() {
        let mut frontier = Frontier::new(10, ["https://a.example/a".to_owned()]);
        let site = Site::new(Url::parse("https://a.example/").unwrap(), Vec::new(), Vec::new());
        let links = ["/a", "b", "b#top", "https://b.example/", "?utm_source=x", "/b"];
        let new = frontier.add_all(&site, site.home(), links);
        assert_eq!(new, ["https://a.example/b", "https://a.example/"]);
    }
}
