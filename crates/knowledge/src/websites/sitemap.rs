//! Sitemaps: the addresses in them, and nothing else. Entities are not expanded, packed ones are unpacked up to a limit.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// A sitemap larger than this is read up to here.
pub const LONGEST: usize = 10 * 1024 * 1024;
const MOST_ADDRESSES: usize = 50_000;

/// What a sitemap names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sitemap {
    pub pages: Vec<String>,
    /// Other sitemaps.
    pub sitemaps: Vec<String>,
}

pub fn read(bytes: &[u8]) -> Sitemap {
    let text = match bytes.starts_with(&[0x1f, 0x8b]) {
        true => unpack(bytes),
        false => bytes.to_vec(),
    };
    let text = String::from_utf8_lossy(&text);
    let is_plain = !text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    if is_plain {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("http"));
        return Sitemap {
            pages: lines.take(MOST_ADDRESSES).map(str::to_owned).collect(),
            sitemaps: Vec::new(),
        };
    }
    let addresses = addresses(&text);
    match text.contains("<sitemapindex") {
        true => Sitemap {
            pages: Vec::new(),
            sitemaps: addresses,
        },
        false => Sitemap {
            pages: addresses,
            sitemaps: Vec::new(),
        },
    }
}

/// What comes out before the data end or break.
fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let mut packed = MultiGzDecoder::new(bytes).take(LONGEST as u64);
    let _ = packed.read_to_end(&mut unpacked);
    unpacked
}

fn addresses(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find("<loc>") {
        rest = &rest[start + "<loc>".len()..];
        let Some(end) = rest.find("</loc>") else {
            break;
        };
        let address = rest[..end].trim();
        let address = address
            .strip_prefix("<![CDATA[")
            .and_then(|inner| inner.strip_suffix("]]>"))
            .unwrap_or(address);
        found.push(address.trim().replace("&amp;", "&"));
        if found.len() == MOST_ADDRESSES {
            break;
        }
        rest = &rest[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn pages_and_further_sitemaps_are_told_apart() {
        let pages = read(
            b"<?xml version='1.0'?><urlset><url><loc> https://a.example/?x=1&amp;y=2 </loc><image:image><image:loc>https://a.example/i.png\
            </image:loc></image:image></url><url><loc><![CDATA[https://a.example/b]]></loc></url><url><loc>broken",
        );
        assert_eq!(pages.pages, ["https://a.example/?x=1&y=2", "https://a.example/b"]);
        let index =
            read(b"<sitemapindex><sitemap><loc>https://a.example/1.xml.gz</loc></sitemap></sitemapindex>");
        assert_eq!(index.sitemaps, ["https://a.example/1.xml.gz"]);
        assert_eq!(
            read(b"https://a.example/a\nnonsense\n").pages,
            ["https://a.example/a"]
        );
    }

    #[test]
    fn a_packed_one_is_unpacked_up_to_a_limit() {
        let pack = |text: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text).unwrap();
            packed.finish().unwrap()
        };
        assert_eq!(
            read(&pack(
                b"<urlset><url><loc>https://a.example/a</loc></url></urlset>"
            ))
            .pages,
            ["https://a.example/a"]
        );
        let bomb = pack(&vec![b' '; 100 * 1024 * 1024]);
        assert_eq!(unpack(&bomb).len(), LONGEST);
        assert_eq!(read(&bomb), Sitemap::default());
    }
}
