//! A page of a web site: what it says, without what stands around it on every page, and where it leads.
//!
//! The part that the page itself calls its main one is taken where there is one, else all of it but menus, banners and
//! notices. Nothing is guessed from how long a text is: on a help page a single short line can be the answer.

use std::collections::HashSet;
use std::rc::Rc;

use encoding_rs::Encoding;
use htmd::HtmlToMarkdown;
use markup5ever_rcdom::{Node, NodeData};
use url::Url;

use super::{hidden, html, text};
use crate::{LONGEST_TEXT, Unreadable, WebPage};

const MOST_LINKS: usize = 5_000;
const LONGEST_LINK: usize = 1_000;
const MOST_ICONS: usize = 8;
/// What says nothing to a reader. `form` is not among them: some sites wrap whole pages in one.
const SKIPPED: [&str; 15] = [
    "head", "script", "style", "noscript", "template", "svg", "nav", "footer", "iframe", "object", "img",
    "input", "select", "textarea", "aside",
];
const ROLES: [&str; 8] = [
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "dialog",
    "alertdialog",
    "menu",
];
/// As words in a class or an id.
const NOTICES: [&str; 8] = [
    "cookie",
    "cookies",
    "consent",
    "gdpr",
    "rgpd",
    "breadcrumb",
    "breadcrumbs",
    "newsletter",
];

/// `address` is where the page came from, `charset` what the server said.
pub fn convert(bytes: &[u8], address: &str, charset: Option<&str>) -> Result<WebPage, Unreadable> {
    let said = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let source = text::decode_as(bytes, said.or_else(|| html::said_encoding(bytes)));
    let converter = HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build();
    if is_no_text(bytes, &source) {
        return Err(Unreadable::UnknownType);
    }
    let tree = converter.html_to_tree(&source).map_err(|_| Unreadable::Damaged)?;
    // a menu that is folded away still says where there is more to read
    let links = Survey::of(&tree).page.links;
    hidden::remove(&tree);
    let mut page = Survey::of(&tree);
    page.page.links = links;
    let main = page.main();
    remove_surroundings(&main);
    if let Ok(address) = Url::parse(address) {
        let base = page.page.base.as_deref().and_then(|base| address.join(base).ok());
        make_links_whole(&main, &base.unwrap_or(address));
    }
    let text = hidden::visible(converter.tree_to_markdown(&main).trim());
    if text.len() > LONGEST_TEXT {
        return Err(Unreadable::TooMuchText);
    }
    let title = page.title().map(|title| hidden::visible(&title));
    Ok(WebPage {
        title,
        text,
        ..page.page
    })
}

/// A PDF, a picture or noise that the server calls a page. Pages that programs wrote may hold a stray character.
fn is_no_text(bytes: &[u8], source: &str) -> bool {
    let is_odd =
        |letter: &char| letter.is_ascii_control() && !letter.is_ascii_whitespace() && *letter != '\u{1b}';
    let odd = source.chars().filter(is_odd).count();
    bytes.trim_ascii_start().starts_with(b"%PDF-") || odd * 100 > source.chars().count()
}

/// What one walk through the page finds.
struct Survey {
    page: WebPage,
    named: String,
    site_name: String,
    headings: Vec<String>,
    mains: Vec<Rc<Node>>,
    articles: Vec<Rc<Node>>,
    body: Rc<Node>,
}

impl Survey {
    fn of(tree: &Rc<Node>) -> Self {
        let mut survey = Self {
            page: WebPage::default(),
            named: String::new(),
            site_name: String::new(),
            headings: Vec::new(),
            mains: Vec::new(),
            articles: Vec::new(),
            body: tree.clone(),
        };
        let mut links = HashSet::new();
        let mut waiting = vec![tree.clone()];
        while let Some(node) = waiting.pop() {
            survey.look_at(&node, &mut links);
            waiting.extend(node.children.borrow().iter().rev().cloned());
        }
        survey
    }

    fn look_at(&mut self, node: &Rc<Node>, links: &mut HashSet<String>) {
        match tag(node).unwrap_or_default() {
            "html" => self.page.language = attribute(node, "lang"),
            "body" => self.body = node.clone(),
            "main" => self.mains.push(node.clone()),
            "article" => self.articles.push(node.clone()),
            "title" if self.named.is_empty() => self.named = words(node),
            "h1" => self.headings.push(words(node)),
            "base" => self.page.base = self.page.base.take().or(attribute(node, "href")),
            "link" if has_word(node, "rel", "canonical") => self.page.canonical = attribute(node, "href"),
            "link" if has_word(node, "rel", "apple-touch-icon") => self.add_icon(node, 0),
            "link" if has_word(node, "rel", "icon") => self.add_icon(node, self.page.look.icons.len()),
            "meta" => self.look_at_meta(node),
            "a" | "area" if !has_word(node, "rel", "nofollow") => {
                if let Some(href) = attribute(node, "href")
                    && href.len() <= LONGEST_LINK
                    && links.len() < MOST_LINKS
                    && links.insert(href.clone())
                {
                    self.page.links.push(href);
                }
            }
            _ if attribute(node, "role").as_deref() == Some("main") => self.mains.push(node.clone()),
            _ => {}
        }
    }

    fn look_at_meta(&mut self, node: &Rc<Node>) {
        let name = attribute(node, "name").or_else(|| attribute(node, "property"));
        let content = attribute(node, "content").unwrap_or_default();
        match name.unwrap_or_default().to_ascii_lowercase().as_str() {
            "robots" | "rapport" => {
                let (is_noindex, is_nofollow) = robots_words(&content);
                self.page.is_noindex |= is_noindex;
                self.page.is_nofollow |= is_nofollow;
            }
            "og:site_name" => {
                self.site_name = content.trim().to_owned();
                if !self.site_name.is_empty() {
                    self.page.look.site_name = Some(self.site_name.clone());
                }
            }
            "application-name" if !content.is_empty() => {
                self.page.look.site_name.get_or_insert(content);
            }
            "theme-color" if !is_for_the_dark(node) && !content.is_empty() => {
                self.page.look.theme_color.get_or_insert(content);
            }
            _ => {}
        }
    }

    fn add_icon(&mut self, node: &Rc<Node>, place: usize) {
        let icons = &mut self.page.look.icons;
        if let Some(href) = attribute(node, "href").filter(|href| href.len() <= LONGEST_LINK)
            && icons.len() < MOST_ICONS
        {
            icons.insert(place, href);
        }
    }

    /// The page's own choice, if there is something in it.
    fn main(&self) -> Rc<Node> {
        let own = [self.mains.as_slice(), self.articles.as_slice()];
        let single = own.into_iter().find_map(|found| match found {
            [only] => Some(only.clone()),
            _ => None,
        });
        let has_text = |node: &Rc<Node>| words(node).chars().count() >= 40;
        single.filter(has_text).unwrap_or_else(|| self.body.clone())
    }

    /// What the page is called, without the site's name behind it.
    fn title(&mut self) -> Option<String> {
        let headings: HashSet<&String> = self
            .headings
            .iter()
            .filter(|heading| !heading.is_empty())
            .collect();
        let named = without_site(&self.named, &self.site_name);
        let only = match headings.len() {
            1 => headings.into_iter().next().cloned(),
            _ => None,
        };
        let heading =
            only.filter(|only| named.is_empty() || named.to_lowercase().contains(&only.to_lowercase()));
        let title = heading.unwrap_or(named);
        (!title.is_empty()).then(|| title.chars().take(300).collect())
    }
}

/// A second colour, for those whose screen is dark.
fn is_for_the_dark(node: &Rc<Node>) -> bool {
    attribute(node, "media").is_some_and(|media| media.contains("dark"))
}

fn without_site(title: &str, site: &str) -> String {
    for separator in [" | ", " - ", " – ", " — ", " · "] {
        if let Some((own, rest)) = title.rsplit_once(separator)
            && !site.is_empty()
            && rest.trim().eq_ignore_ascii_case(site)
        {
            return own.trim().to_owned();
        }
    }
    title.to_owned()
}

/// `noindex` and `nofollow`, as a meta tag or a header says them.
pub fn robots_words(content: &str) -> (bool, bool) {
    let lower = content.to_ascii_lowercase();
    let has = |word: &str| lower.split([',', ' ', ':']).any(|part| part.trim() == word);
    (has("noindex") || has("none"), has("nofollow") || has("none"))
}

/// Takes away menus, banners and notices.
fn remove_surroundings(root: &Rc<Node>) {
    let all = words(root).len();
    let mut waiting = vec![root.clone()];
    while let Some(node) = waiting.pop() {
        let is_body = tag(&node) == Some("body");
        let mut children = node.children.borrow_mut();
        children.retain(|child| {
            !(is_surrounding(child)
                || is_body && tag(child) == Some("header")
                || is_notice(child) && words(child).len() * 2 < all
                || is_button(child) && !holds_a_question(&node)
                || is_menu(child) && words(child).len() * 2 < all)
        });
        waiting.extend(children.iter().cloned());
    }
}

/// So that they lead to the same place wherever the text is read. What leads nowhere becomes plain text.
fn make_links_whole(root: &Rc<Node>, base: &Url) {
    let mut waiting = vec![root.clone()];
    while let Some(node) = waiting.pop() {
        if let NodeData::Element { attrs, .. } = &node.data
            && tag(&node) == Some("a")
        {
            attrs.borrow_mut().retain_mut(|attribute| {
                if &*attribute.name.local != "href" {
                    return true;
                }
                let whole = base.join(attribute.value.trim()).ok();
                let whole = whole.filter(|url| matches!(url.scheme(), "http" | "https" | "mailto" | "tel"));
                if let Some(url) = &whole {
                    attribute.value = url.as_str().into();
                }
                whole.is_some()
            });
        }
        waiting.extend(node.children.borrow().iter().cloned());
    }
}

fn is_surrounding(node: &Rc<Node>) -> bool {
    let role = attribute(node, "role").is_some_and(|role| ROLES.contains(&role.as_str()));
    role || tag(node) == Some("dialog")
}

fn is_notice(node: &Rc<Node>) -> bool {
    let named = ["class", "id"]
        .into_iter()
        .filter_map(|name| attribute(node, name));
    named.into_iter().any(|names| {
        let lower = names.to_ascii_lowercase();
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| NOTICES.contains(&word))
    })
}

fn is_button(node: &Rc<Node>) -> bool {
    tag(node) == Some("button")
}

/// Questions that unfold their answer are buttons in headings.
fn holds_a_question(parent: &Rc<Node>) -> bool {
    matches!(
        tag(parent),
        Some("h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt" | "summary")
    )
}

/// A list that is all short links.
fn is_menu(node: &Rc<Node>) -> bool {
    if !matches!(tag(node), Some("ul" | "ol" | "menu")) {
        return false;
    }
    let (mut linked, mut count) = (0, 0);
    let mut waiting = vec![node.clone()];
    while let Some(node) = waiting.pop() {
        if tag(&node) == Some("a") {
            linked += words(&node).len();
            count += 1;
        } else {
            waiting.extend(node.children.borrow().iter().cloned());
        }
    }
    count >= 4 && (linked + count) * 10 >= words(node).len() * 9 && linked < count * 30
}

fn tag(node: &Node) -> Option<&str> {
    match &node.data {
        NodeData::Element { name, .. } => Some(&name.local),
        _ => None,
    }
}

fn attribute(node: &Node, wanted: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else {
        return None;
    };
    let attrs = attrs.borrow();
    let found = attrs.iter().find(|attribute| &*attribute.name.local == wanted)?;
    let value = found.value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn has_word(node: &Node, name: &str, word: &str) -> bool {
    attribute(node, name).is_some_and(|value| {
        value
            .split_whitespace()
            .any(|part| part.eq_ignore_ascii_case(word))
    })
}

/// The words in it, in one line; without those of scripts and styles.
fn words(node: &Rc<Node>) -> String {
    let mut found = String::new();
    let mut waiting = vec![node.clone()];
    while let Some(node) = waiting.pop() {
        if let NodeData::Text { contents } = &node.data {
            found.push_str(&contents.borrow());
            found.push(' ');
        }
        if !matches!(tag(&node), Some("script" | "style" | "noscript" | "template")) {
            waiting.extend(node.children.borrow().iter().rev().cloned());
        }
    }
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}
