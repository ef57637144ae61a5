//! Excel files.

use super::word::archive;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK_RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook of one sheet, its cells in the table of strings as Excel writes them.
pub fn sheet(name: &str, rows: &[&[&str]]) -> Vec<u8> {
    let workbook = format!(
        r#"<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let (mut strings, mut cells) = (String::new(), String::new());
    let mut count = 0;
    for (number, row) in (1..).zip(rows) {
        cells.push_str(&format!(r#"<row r="{number}">"#));
        for (column, text) in ('A'..='Z').zip(*row) {
            strings.push_str(&format!("<si><t>{text}</t></si>"));
            cells.push_str(&format!(r#"<c r="{column}{number}" t="s"><v>{count}</v></c>"#));
            count += 1;
        }
        cells.push_str("</row>");
    }
    let of = |root: &str, inside: &str| {
        format!(r#"<?xml version="1.0"?><{root} xmlns="{MAIN}">{inside}</{root}>"#)
    };
    archive(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", &workbook),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
        (
            "xl/worksheets/sheet1.xml",
            &of("worksheet", &format!("<sheetData>{cells}</sheetData>")),
        ),
        ("xl/sharedStrings.xml", &of("sst", &strings)),
    ])
}
