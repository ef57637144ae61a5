//! Which addresses belong to a site, and when two of them are the same page.

use kernel::Result;
use kernel::error::invalid;
use url::{Position, Url};

/// The most that an address may have; longer ones are traps.
const LONGEST: usize = 1_000;
const MOST_SEGMENTS: usize = 12;
const MOST_PARAMETERS: usize = 4;
/// A folder that comes again and again: `/a/b/a/b/a/b`.
const MOST_REPEATS: usize = 2;

/// Says who sent the visitor, or who the visitor is, not what the page shows.
const TRACKING: [&str; 12] = [
    "gclid",
    "fbclid",
    "msclkid",
    "mc_cid",
    "mc_eid",
    "phpsessid",
    "jsessionid",
    "sid",
    "sessionid",
    "session_id",
    "_ga",
    "yclid",
];
/// Endings of what is no page.
const FILES: &str = " 7z aac apk avi avif bin bmp bz2 css csv deb dmg doc docx eot eps exe flac gif gz heic ico ics iso \
jar jpeg jpg js json m4a m4v mjs mkv mov mp3 mp4 mpeg mpg msi ods odt ogg ogv otf pdf png ppt pptx ps rar rpm rss svg swf \
tar tgz tif tiff ttf wasm wav webm webmanifest webp wmv woff woff2 xls xlsx xml zip ";

/// What a site is made of.
#[derive(Debug, Clone)]
pub struct Site {
    home: Url,
    include: Vec<String>,
    exclude: Vec<String>,
}

/// The start page that somebody typed: `shop.example` means `https://shop.example/`.
pub fn parse_home(text: &str) -> Result<Url> {
    let text = text.trim();
    let full = match text.contains("://") {
        true => text.to_owned(),
        false => format!("https://{text}"),
    };
    let url = Url::parse(&full)
        .ok()
        .filter(|url| url.has_host() && full.len() <= 500);
    let mut url = url.ok_or_else(|| {
        invalid(
            "bad_url",
            "This is not the address of a web site, such as https://example.com.",
        )
    })?;
    url.set_fragment(None);
    Ok(url)
}

impl Site {
    pub fn new(home: Url, include: Vec<String>, exclude: Vec<String>) -> Self {
        Self {
            home,
            include,
            exclude,
        }
    }

    pub fn home(&self) -> &Url {
        &self.home
    }

    /// Same host, with or without `www.`, same port.
    pub fn is_same(&self, url: &Url) -> bool {
        let bare = |url: &Url| {
            let host = url.host_str().unwrap_or_default();
            host.strip_prefix("www.").unwrap_or(host).to_owned()
        };
        matches!(url.scheme(), "http" | "https")
            && bare(url) == bare(&self.home)
            && url.port() == self.home.port()
            && url.username().is_empty()
            && url.password().is_none()
    }

    /// The one form of an address under which its page is kept; none if it is not of this site, not wanted, no page or a
    /// trap.
    pub fn admit(&self, url: &Url) -> Option<Url> {
        if !self.is_same(url) || is_file(url.path()) {
            return None;
        }
        let mut page = url.clone();
        page.set_fragment(None);
        // the home page decides between http and https, with and without www
        page.set_scheme(self.home.scheme()).ok()?;
        page.set_host(self.home.host_str()).ok()?;
        page.set_path(&plain_path(url.path()));
        page.set_query(plain_query(url).as_deref());
        let is_fine = page.as_str().len() <= LONGEST && self.is_wanted(page.path()) && !is_endless(&page);
        is_fine.then_some(page)
    }

    /// The home page always is: without it there is no way in.
    fn is_wanted(&self, path: &str) -> bool {
        let begins = |beginning: &String| path.starts_with(beginning.as_str());
        let is_included =
            self.include.is_empty() || self.include.iter().any(begins) || path == self.home.path();
        is_included && !self.exclude.iter().any(begins)
    }
}

/// Its beginning, as robots.txt lies there: `https://example.com`.
pub fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| FILES.contains(&format!(" {ending} ")))
}

/// Without doubled slashes and without a session in it.
fn plain_path(path: &str) -> String {
    let path = path.split(';').next().unwrap_or_default();
    let mut plain = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !plain.ends_with('/') {
            plain.push(c);
        }
    }
    plain
}

fn plain_query(url: &Url) -> Option<String> {
    let query = url.query()?;
    let is_kept = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        !name.is_empty() && !name.starts_with("utm_") && !TRACKING.contains(&name.as_str())
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

fn is_endless(url: &Url) -> bool {
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let repeats = |segment: &&str| segments.iter().filter(|other| *other == segment).count();
    let parameters = url.query().map_or(0, |query| query.split('&').count());
    segments.len() > MOST_SEGMENTS
        || parameters > MOST_PARAMETERS
        || segments.iter().any(|segment| repeats(segment) > MOST_REPEATS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(home: &str) -> Site {
        Site::new(Url::parse(home).unwrap(), Vec::new(), vec!["/admin".into()])
    }

    fn admitted(home: &str, link: &str) -> Option<String> {
        let home = site(home);
        let url = home.home().join(link).unwrap();
        home.admit(&url).map(|url| url[Position::BeforePath..].to_owned())
    }

    #[test]
    fn one_page_has_one_address() {
        for (link, address) in [
            ("/a#top", "/a"),
            ("http://www.shop.example/a", "/a"),
            ("HTTPS://Shop.Example:443//a//b/", "/a/b/"),
            ("/a?utm_source=x&id=3&gclid=y", "/a?id=3"),
            ("/a?PHPSESSID=1", "/a"),
            ("/a;jsessionid=12?b=1", "/a?b=1"),
            ("../b/./c", "/b/c"),
            ("?page=2", "/?page=2"),
        ] {
            assert_eq!(
                admitted("https://shop.example/", link).as_deref(),
                Some(address),
                "{link}"
            );
        }
        assert_eq!(
            admitted("http://127.0.0.1:4000/", "http://127.0.0.1:4000/x"),
            Some("/x".into())
        );
    }

    #[test]
    fn what_is_elsewhere_or_no_page_or_endless_is_left_out() {
        for link in [
            "https://other.example/",
            "https://shop.example:8443/",
            "https://shop.example.evil.example/",
            "https://user@shop.example/",
            "mailto:a@shop.example",
            "javascript:void(0)",
            "ftp://shop.example/",
            "/brochure.PDF",
            "/admin/users",
            "/a/b/a/b/a/b",
            "/1/2/3/4/5/6/7/8/9/10/11/12/13",
            "/list?a=1&b=2&c=3&d=4&e=5",
        ] {
            assert_eq!(admitted("https://shop.example/", link), None, "{link}");
        }
        assert_eq!(
            admitted("https://shop.example/", &format!("/{}", "a".repeat(1_000))),
            None
        );
        assert_eq!(
            admitted("http://127.0.0.1:4000/", "http://127.0.0.1:4001/x"),
            None
        );
    }

    #[test]
    fn only_chosen_paths_and_always_the_home_page() {
        let site = Site::new(
            Url::parse("https://shop.example/").unwrap(),
            vec!["/help/".into()],
            Vec::new(),
        );
        let admits = |path: &str| site.admit(&site.home().join(path).unwrap()).is_some();
        assert_eq!(
            (admits("/help/a"), admits("/blog/a"), admits("/")),
            (true, false, true)
        );
    }

    #[test]
    fn what_people_type_is_an_address() {
        assert_eq!(
            parse_home(" shop.example ").unwrap().as_str(),
            "https://shop.example/"
        );
        assert_eq!(
            parse_home("http://a.example/b#c").unwrap().as_str(),
            "http://a.example/b"
        );
        for wrong in ["", "https://", "a b"] {
            assert!(parse_home(wrong).is_err(), "{wrong}");
        }
    }
}
