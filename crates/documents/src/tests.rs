//! What comes out of files of each kind. The limits are tried on a real child, in `tests/files` and in the tests of `server`.

use build::pdf::pdf;
use build::sheet::sheet;
use build::word::{self, archive, heading, paragraph, word};

use crate::convert::{convert, web};
use crate::{Format, Reading, Unreadable};

#[path = "../tests/files/build/mod.rs"]
mod build;

fn read(bytes: &[u8], name: &str) -> Result<Reading, Unreadable> {
    convert(Format::of(bytes, name)?, bytes.to_vec())
}

fn text(bytes: &[u8], name: &str) -> String {
    let reading = read(bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    reading.pages.into_iter().map(|page| page.text).collect()
}

#[test]
fn a_pdf_is_read_page_by_page() {
    let reading = read(
        &pdf(&["Oil the table once a year.", "Mend chairs on Tuesdays."]),
        "care.pdf",
    )
    .unwrap();
    let pages: Vec<_> = reading
        .pages
        .iter()
        .map(|page| (page.number, page.text.trim()))
        .collect();
    assert_eq!(
        pages,
        [
            (Some(1), "Oil the table once a year."),
            (Some(2), "Mend chairs on Tuesdays.")
        ]
    );
}

#[test]
fn pages_that_say_the_same_are_not_taken_for_headers() {
    let reading = read(&pdf(&["Oil it."; 5]), "care.pdf").unwrap();
    assert!(reading.pages.iter().all(|page| page.text.trim() == "Oil it."));
}

#[test]
fn a_word_file_keeps_its_headings_and_tables() {
    let heading = heading("Care");
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph(text));
    let row = |a: &str, b: &str| format!("<w:tr>{}{}</w:tr>", cell(a), cell(b));
    let table = format!("<w:tbl>{}{}</w:tbl>", row("Wood", "Oil"), row("Oak", "linseed"));
    let text = text(
        &word(&format!("{heading}{}{table}", paragraph("Oil it once a year."))),
        "care.docx",
    );
    assert!(text.contains("# Care"), "{text}");
    assert!(text.contains("Oil it once a year."), "{text}");
    assert!(
        text.lines()
            .any(|line| line.contains("Oak") && line.contains("| linseed")),
        "{text}"
    );
}

#[test]
fn html_keeps_its_title_and_its_text_and_loses_the_rest() {
    let html = "<!doctype html><html><head><title>Care &amp; repair</title><style>p{}</style></head><body><nav>Home Shop</nav>\
        <h2>Oil</h2><p>Once a <b>year</b>.</p><script>alert(1)</script><footer>Imprint</footer></body></html>";
    let reading = read(html.as_bytes(), "page").unwrap();
    assert_eq!(reading.title.as_deref(), Some("Care & repair"));
    assert_eq!(reading.pages[0].text.trim(), "## Oil\n\nOnce a **year**.");
    let old = b"<html><head><meta charset=iso-8859-1></head><body><p>Caf\xe9</p></body></html>";
    assert_eq!(text(old, "old.html").trim(), "Caf\u{e9}");
}

#[test]
fn a_table_keeps_the_names_of_its_columns() {
    let table = text("Wood;Oil\nOak;linseed\nAsh;\"a | b\"\n".as_bytes(), "oils.csv");
    assert_eq!(
        table,
        "| Wood | Oil |\n| --- | --- |\n| Oak | linseed |\n| Ash | a \\| b |\n"
    );
}

#[test]
fn a_sheet_keeps_its_name_and_its_rows() {
    let oils = sheet("Oils", &[&["Wood", "Oil"], &["Oak", "linseed"], &["Ash", "tung"]]);
    let text = text(&oils, "oils.xlsx");
    assert!(text.contains("# Oils"), "{text}");
    assert!(
        text.contains("| Wood | Oil |") && text.contains("| Ash | tung |"),
        "{text}"
    );
}

#[test]
fn a_text_is_read_in_the_encoding_that_it_has() {
    for bytes in [
        "Café".as_bytes().to_vec(),
        "\u{feff}Café".as_bytes().to_vec(),
        b"Caf\xe9".to_vec(),
        [
            b"\xff\xfe".to_vec(),
            "Café".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ]
        .concat(),
    ] {
        assert_eq!(text(&bytes, "menu.txt"), "Café");
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let zeros = "0".repeat(30 * 1024 * 1024);
    let whole = word(&paragraph("Oil it."));
    let protected = [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
        "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ];
    for (bytes, name, reason) in [
        (b" \n".to_vec(), "a.txt", Unreadable::Empty),
        (
            b"\x7fELF\x02\x01\x01\0".to_vec(),
            "a.txt",
            Unreadable::UnknownType,
        ),
        (b"no pdf at all".to_vec(), "a.pdf", Unreadable::Damaged),
        (b"%PDF-1.7 nonsense".to_vec(), "a.pdf", Unreadable::Damaged),
        (pdf(&["", ""]), "scan.pdf", Unreadable::NoText),
        (
            whole[..whole.len() / 2].to_vec(),
            "half.docx",
            Unreadable::Damaged,
        ),
        (
            archive(&[("a.txt", "no document")]),
            "a.docx",
            Unreadable::Damaged,
        ),
        (protected.concat(), "a.docx", Unreadable::Protected),
        (word::entry_outside(), "a.docx", Unreadable::Damaged),
        (word::symbolic_link(), "a.docx", Unreadable::Damaged),
        (word::crowd(2_001), "a.docx", Unreadable::Bomb),
        (word(&zeros), "bomb.docx", Unreadable::Bomb),
        (
            "a ".repeat(3 * 1024 * 1024).into_bytes(),
            "a.txt",
            Unreadable::TooMuchText,
        ),
    ] {
        assert_eq!(read(&bytes, name).err(), Some(reason), "{name}");
    }
}

#[test]
fn entities_that_a_file_declares_are_not_expanded() {
    match read(&word::entity_bomb(), "bomb.docx") {
        Ok(reading) => assert!(!reading.pages[0].text.contains("bombbomb")),
        Err(reason) => assert_eq!(reason, Unreadable::Damaged),
    }
}

fn web_page(html: &str) -> crate::WebPage {
    crate::convert::web::convert(html.as_bytes(), "https://lea.example/fr/livraison", None).unwrap()
}

#[test]
fn a_web_page_gives_its_main_part_and_its_links() {
    let page = web_page(
        r##"<!doctype html><html lang="fr"><head><title>Livraison | Chez Léa</title><meta property="og:site_name" content="Chez Léa">
        <link rel="canonical" href="/livraison"><base href="/fr/"></head><body>
        <header><a href="/">Chez Léa</a></header><nav><a href="cgv">CGV</a></nav>
        <div class="cookie-banner"><p>Nous utilisons des cookies.</p><button>OK</button></div>
        <main><h1>Livraison</h1><div class="breadcrumb"><a href="/">Accueil</a></div>
        <h2><button>Combien de temps ?</button></h2><p>Nous livrons en trois jours ouvrés partout en France. <a href="retours#top">Retours</a></p>
        <button>Acheter</button> <a href="javascript:void(0)">Haut</a></main>
        <footer>Mentions <a href="/legal" rel="nofollow">légales</a></footer></body></html>"##,
    );
    assert_eq!(page.title.as_deref(), Some("Livraison"));
    assert_eq!(page.language.as_deref(), Some("fr"));
    assert_eq!(page.links, ["/", "cgv", "retours#top", "javascript:void(0)"]);
    assert_eq!(
        (page.canonical.as_deref(), page.base.as_deref()),
        (Some("/livraison"), Some("/fr/"))
    );
    assert_eq!(
        page.text,
        "# Livraison\n\n## Combien de temps ?\n\nNous livrons en trois jours ouvrés partout en France. [Retours](https://lea.example/fr/retours#top)\n\nHaut"
    );
}

#[test]
fn a_web_page_says_how_its_site_looks() {
    let page = web_page(
        r##"<html><head><meta name="application-name" content="Léa"><meta property="og:site_name" content=" Chez Léa ">
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#000"><meta name="Theme-Color" content="#a1344e">
        <link rel="shortcut icon" href="/favicon.ico"><link rel="icon" href="/32.png">
        <link rel="apple-touch-icon" href="/180.png"></head><body><p>Bonjour.</p></body></html>"##,
    );
    assert_eq!(page.look.site_name.as_deref(), Some("Chez Léa"));
    assert_eq!(page.look.theme_color.as_deref(), Some("#a1344e"));
    assert_eq!(page.look.icons, ["/180.png", "/favicon.ico", "/32.png"]);
}

#[test]
fn a_web_page_without_a_main_part_loses_menus_and_keeps_what_it_says() {
    let page = web_page(
        "<html><head><title>Our shop - Opening hours</title><meta name=robots content='NoIndex, follow'></head><body><form>\
        <ul><li><a href=/a>Home</a><li><a href=/b>Shop</a><li><a href=/c>Blog</a><li><a href=/d>About</a></ul>\
        <div role=banner>Sale!</div><p>We are open from nine to six, every day but Sunday, and until eight on Thursdays.</p></form></body></html>",
    );
    assert_eq!(
        page.text,
        "We are open from nine to six, every day but Sunday, and until eight on Thursdays."
    );
    assert_eq!(page.title.as_deref(), Some("Our shop - Opening hours"));
    assert_eq!((page.is_noindex, page.is_nofollow), (true, false));
    assert_eq!(page.links, ["/a", "/b", "/c", "/d"]);
}

#[test]
fn a_page_of_a_hundred_thousand_links_gives_some_of_them() {
    let links: String = (0..100_000)
        .map(|n| format!("<a href='/p/{n}'>{n}</a> "))
        .collect();
    let page = web_page(&format!("<html><body><p>{links}</p></body></html>"));
    assert_eq!(page.links.len(), 5_000);
}

#[test]
fn what_html_declares_is_not_its_text() {
    let html = "<!DOCTYPE html [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><html><body><p>Oil it. &lol2;</p></body></html>";
    assert_eq!(text(html.as_bytes(), "page.html").trim(), "Oil it.");
    let plain = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><p>Oil it once > twice.</p>";
    assert_eq!(text(plain.as_bytes(), "page.html").trim(), "Oil it once > twice.");
}

#[test]
fn what_a_page_hides_is_not_read() {
    let ways = [
        "<p hidden>secret</p>",
        "<p aria-hidden=TRUE>secret</p>",
        "<div style='DISPLAY : none !important'><p>secret</p></div>",
        "<p style='visibility:hidden'>secret</p>",
        "<p style='color:red;font-size:0'>secret</p>",
        "<p style='font-size:0px'><b>secret</b></p>",
        "<p style='position:absolute;left:-9999px'>secret</p>",
        "<p style='position:fixed; top: -200em'>secret</p>",
        "<p style='text-indent:-5000px'>secret</p>",
    ];
    let page = |inside: &str| {
        format!(
            "<!doctype html><title>Oil</title><body style='visibility:hidden'><main><p>Oil the oak table once a year, with linseed oil.</p>{inside}</main></body>"
        )
    };
    let web = |html: &str| {
        web::convert(html.as_bytes(), "https://shop.example/", None)
            .unwrap()
            .text
    };
    for way in ways {
        for text in [text(page(way).as_bytes(), "page.html"), web(&page(way))] {
            assert!(
                text.contains("linseed") && !text.contains("secret"),
                "{way}: {text}"
            );
        }
    }
    let shown = page(
        "<p hidden=until-found>unfolded</p><div style='font-size:0'><p style='font-size:14px;left:-9999px'>large</p></div>",
    );
    for text in [text(shown.as_bytes(), "page.html"), web(&shown)] {
        assert!(text.contains("unfolded") && text.contains("large"), "{text}");
    }
}

#[test]
fn characters_that_nobody_sees_are_left_out() {
    let tags: String = "secret"
        .chars()
        .map(|c| char::from_u32(0xe0000 + c as u32).unwrap())
        .collect();
    let written = format!("<p>Lin\u{200b}seed\u{ad} o\u{200d}il{tags}, \u{645}\u{6cc}\u{200c}\u{62e}</p>");
    let seen = "Linseed oil, \u{645}\u{6cc}\u{200c}\u{62e}";
    assert_eq!(text(written.as_bytes(), "page.html").trim(), seen);
    assert_eq!(
        text(format!("Lin\u{feff}seed oil{tags}").as_bytes(), "care.txt").trim(),
        "Linseed oil"
    );
    let page = web::convert(written.as_bytes(), "https://shop.example/", None).unwrap();
    assert_eq!(page.text, seen);
}

#[test]
fn what_is_no_text_is_no_page() {
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    })
    .take(10_000)
    .collect();
    for bytes in [noise, pdf(&["Oil the table once a year."])] {
        let read = web::convert(&bytes, "https://shop.example/", Some("utf-8"));
        assert!(matches!(read, Err(Unreadable::UnknownType)));
    }
    let stray = format!("<p>{}</p>\u{1}", "Oil it once a year. ".repeat(10));
    let read = web::convert(stray.as_bytes(), "https://shop.example/", None);
    assert!(read.unwrap().text.contains("once a year"));
}
