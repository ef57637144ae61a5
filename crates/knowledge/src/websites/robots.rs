//! robots.txt, as RFC 9309 says it is read: the group of the most fitting name, the longest rule, and `Allow` on a draw.

use std::time::Duration;

/// How this program calls itself there.
pub const NAME: &str = "rapport";
/// The rest of a longer file is not looked at.
pub const LONGEST: usize = 512 * 1024;
const LONGEST_DELAY: f32 = 10.0;
const MOST_SITEMAPS: usize = 20;

/// What a site asks of this program.
#[derive(Debug, Default)]
pub struct Robots {
    rules: Vec<Rule>,
    pub delay: Option<Duration>,
    pub sitemaps: Vec<String>,
}

#[derive(Debug, Clone)]
struct Rule {
    allows: bool,
    pattern: String,
}

#[derive(Default)]
struct Group {
    names: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

impl Robots {
    pub fn parse(text: &str) -> Self {
        let mut robots = Self::default();
        let mut groups: Vec<Group> = Vec::new();
        let mut is_naming = false;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    if !is_naming {
                        groups.push(Group::default());
                    }
                    if let Some(group) = groups.last_mut() {
                        group.names.push(name_of(value));
                    }
                }
                "sitemap" if robots.sitemaps.len() < MOST_SITEMAPS => robots.sitemaps.push(value.to_owned()),
                _ => {
                    if let Some(group) = groups.last_mut() {
                        group.take(&key, value);
                    }
                }
            }
            // other lines between names do not end the list of them
            is_naming = key == "user-agent"
                || is_naming && !matches!(key.as_str(), "allow" | "disallow" | "crawl-delay");
        }
        let own = groups.iter().any(|group| group.is_for(NAME));
        let name = if own { NAME } else { "*" };
        for group in groups.into_iter().filter(|group| group.is_for(name)) {
            robots.rules.extend(group.rules);
            robots.delay = robots.delay.max(group.delay);
        }
        robots
    }

    /// `path` has the query with it.
    pub fn allows(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = plain(path);
        let fitting = self.rules.iter().filter(|rule| fits(&rule.pattern, &path));
        let strongest = fitting.max_by_key(|rule| (rule.pattern.len(), rule.allows));
        strongest.is_none_or(|rule| rule.allows)
    }
}

impl Group {
    fn take(&mut self, key: &str, value: &str) {
        match key {
            "allow" | "disallow" if !value.is_empty() => self.rules.push(Rule {
                allows: key == "allow",
                pattern: plain(value),
            }),
            "crawl-delay" => {
                let seconds = value.parse::<f32>().ok().filter(|seconds| *seconds > 0.0);
                self.delay = seconds.map(|seconds| Duration::from_secs_f32(seconds.min(LONGEST_DELAY)));
            }
            _ => {}
        }
    }

    fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// `Rapport/1.2` → `rapport`.
fn name_of(value: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '*');
    value
        .chars()
        .take_while(is_part)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Escapes are compared in one spelling.
fn plain(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let escaped = path
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                plain.push(char::from(byte));
                at += 3;
            }
            (b'%', Some(byte)) => {
                plain.push_str(&format!("%{byte:02X}"));
                at += 3;
            }
            (byte, _) if byte.is_ascii() => {
                plain.push(char::from(byte));
                at += 1;
            }
            (byte, _) => {
                plain.push_str(&format!("%{byte:02X}"));
                at += 1;
            }
        }
    }
    plain
}

/// `*` stands for anything, `$` at the end for the end. In time that grows with the product of both lengths at most.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, is_whole) = match pattern.strip_suffix('$') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return !is_whole || rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    match is_whole {
        true => rest.ends_with(last),
        false => rest.contains(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_of_the_own_group_decides() {
        let robots = Robots::parse(
            "User-agent: *\nDisallow: /\n\nUser-agent: GoodBot\nUser-Agent: Rapport/9 # us\nCrawl-delay: 2.5\n\
             Disallow: /private\nAllow: /private/help\nDisallow: /*.php$\nDisallow: /search?\nDisallow:\n\
             Sitemap: https://shop.example/map.xml\n\nuser-agent: rapport\ndisallow: /later",
        );
        for (path, allowed) in [
            ("/", true),
            ("/private", false),
            ("/private/x", false),
            ("/private/help/a", true),
            ("/a.php", false),
            ("/a.php?x=1", true),
            ("/search?q=1", false),
            ("/%70rivate", false),
            ("/later/on", false),
            ("/robots.txt", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        assert_eq!(robots.delay, Some(Duration::from_millis(2_500)));
        assert_eq!(robots.sitemaps, ["https://shop.example/map.xml"]);
    }

    #[test]
    fn without_a_group_of_its_own_the_one_for_all_counts() {
        let robots = Robots::parse(
            "\u{feff}User-agent: other\nDisallow: /\nUser-agent: *\nDisallow: /a\nAllow: /a\nCrawl-delay: 9999",
        );
        assert!(robots.allows("/a") && robots.allows("/b"));
        assert_eq!(robots.delay, Some(Duration::from_secs(10)));
        assert!(!Robots::parse("User-agent: *\nDisallow: /").allows("/x"));
        assert!(Robots::parse("<html>no robots here: at all</html>").allows("/x"));
    }

    #[test]
    fn a_pattern_full_of_stars_ends() {
        let pattern = format!("/{}b$", "*a".repeat(2_000));
        assert!(!fits(&pattern, &format!("/{}", "a".repeat(20_000))));
        assert!(fits("/*/é$", &plain("/x/é").replace("%C3%A9", "é")));
    }
}
