//! Word files, and archives that say they are.

use std::io::{Cursor, Write as _};

use flate2::{Compress, Compression, FlushCompress};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
pub const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

const STYLE_RELATION: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#;

pub fn word(body: &str) -> Vec<u8> {
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

pub fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

pub fn heading(text: &str) -> String {
    format!(r#"<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#)
}

/// Entities that are made of entities, twenty levels deep.
pub fn entity_bomb() -> Vec<u8> {
    let level = |level: usize| format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(8));
    let levels: String = (1..20).map(level).collect();
    let document = format!(
        r#"<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "bomb">{levels}]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>"#,
        paragraph("Oil it. &e19;")
    );
    archive(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", &document),
    ])
}

pub fn entry_outside() -> Vec<u8> {
    archive(&[("../../etc/passwd", "root")])
}

pub fn symbolic_link() -> Vec<u8> {
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("word/document.xml", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    link.finish().unwrap().into_inner()
}

pub fn crowd(count: usize) -> Vec<u8> {
    let names: Vec<String> = (0..count).map(|number| format!("{number}.xml")).collect();
    let entries: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    archive(&entries)
}

/// Zeros, a thousand for each byte: `megabytes` of them, as a stream of deflate.
pub fn deflated_zeros(megabytes: usize, with_header: bool) -> Vec<u8> {
    let mut zip = Compress::new(Compression::best(), with_header);
    let zeros = vec![0; 1 << 20];
    let mut piece = |flush| {
        let mut piece = Vec::with_capacity(1 << 20);
        zip.compress_vec(&zeros, &mut piece, flush).unwrap();
        piece
    };
    let first = piece(FlushCompress::Full);
    // from a full flush on, each piece stands for itself
    let next = piece(FlushCompress::Full);
    [first, next.repeat(megabytes - 1)].concat()
}

/// A Word file of a thousandth of its size; the archive is written by hand, as its writers would take too long.
pub fn zip_bomb(megabytes: usize) -> Vec<u8> {
    let name = b"word/document.xml";
    let data = deflated_zeros(megabytes, false);
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    // deflated, without date, checksum nor the true size
    let head = [
        &[20, 0, 0, 0, 8, 0][..],
        &[0; 8],
        &length,
        &[0, 16, 0, 0],
        &[17, 0, 0, 0],
    ]
    .concat();
    let mut file = [&b"PK\x03\x04"[..], &head, name, &data].concat();
    let directory = u32::try_from(file.len()).unwrap().to_le_bytes();
    let entry = [&b"PK\x01\x02\x14\x00"[..], &head, &[0; 14], name].concat();
    let size = u32::try_from(entry.len()).unwrap().to_le_bytes();
    let end = [
        &b"PK\x05\x06"[..],
        &[0, 0, 0, 0, 1, 0, 1, 0],
        &size,
        &directory,
        &[0, 0],
    ]
    .concat();
    file.extend([entry, end].concat());
    file
}
