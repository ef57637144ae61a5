//! What comes out of files of each kind. The limits are tried on the real program, in the tests of `server`.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::convert::convert;
use crate::{Format, Reading, Unreadable};

fn read(bytes: &[u8], name: &str) -> Result<Reading, Unreadable> {
    convert(Format::of(bytes, name)?, bytes.to_vec())
}

fn text(bytes: &[u8], name: &str) -> String {
    let reading = read(bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    reading.pages.into_iter().map(|page| page.text).collect()
}

fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

const STYLE_RELATION: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#;

fn word(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    archive(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", &document),
        ("word/_rels/document.xml.rels", STYLE_RELATION),
        ("word/styles.xml", STYLES),
    ])
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

/// A PDF with a line of text on each page.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", 4 + page * 2))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            pages.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (page, text) in pages.iter().enumerate() {
        let content = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            5 + page * 2
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    places
        .iter()
        .for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
    file.push_str(&format!(
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
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
fn a_word_file_keeps_its_headings_and_tables() {
    let heading = r#"<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Care</w:t></w:r></w:p>"#;
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
    let mut slip = ZipWriter::new(Cursor::new(Vec::new()));
    slip.start_file("../../etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let slip = slip.finish().unwrap().into_inner();
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("word/document.xml", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let link = link.finish().unwrap().into_inner();
    let names: Vec<String> = (0..2_001).map(|number| format!("{number}.xml")).collect();
    let crowd: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
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
        (slip, "a.docx", Unreadable::Damaged),
        (link, "a.docx", Unreadable::Damaged),
        (archive(&crowd), "a.docx", Unreadable::Bomb),
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
    let levels: String = (1..20)
        .map(|level| {
            format!(
                "<!ENTITY e{level} \"&e{0};&e{0};&e{0};&e{0};&e{0};&e{0};&e{0};&e{0};\">",
                level - 1
            )
        })
        .collect();
    let document = format!(
        r#"<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "bomb">{levels}]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>"#,
        paragraph("Oil it. &e19;")
    );
    let bytes = archive(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", &document),
    ]);
    match read(&bytes, "bomb.docx") {
        Ok(reading) => assert!(!reading.pages[0].text.contains("bombbomb")),
        Err(reason) => assert_eq!(reason, Unreadable::Damaged),
    }
}

fn web_page(html: &str) -> crate::WebPage {
    crate::convert::web::convert(html.as_bytes(), None).unwrap()
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
        <button>Acheter</button></main>
        <footer>Mentions <a href="/legal" rel="nofollow">légales</a></footer></body></html>"##,
    );
    assert_eq!(page.title.as_deref(), Some("Livraison"));
    assert_eq!(page.language.as_deref(), Some("fr"));
    assert_eq!(page.links, ["/", "cgv", "retours#top"]);
    assert_eq!(
        (page.canonical.as_deref(), page.base.as_deref()),
        (Some("/livraison"), Some("/fr/"))
    );
    assert_eq!(
        page.text,
        "# Livraison\n\n## Combien de temps ?\n\nNous livrons en trois jours ouvrés partout en France. [Retours](retours#top)"
    );
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
