//! PDF files out of their objects, right and wrong ones.

/// A PDF with a line of text on each page.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let commands: Vec<String> = pages
        .iter()
        .map(|text| format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET"))
        .collect();
    drawn(&commands, &[])
}

/// A PDF of these commands, a page each, whose resources are `named`: `/X0`, `/X1` and so on.
pub fn drawn(pages: &[String], named: &[String]) -> Vec<u8> {
    let first = 4 + named.len();
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", first + page * 2))
        .collect();
    let names: String = (0..named.len())
        .map(|at| format!("/X{at} {} 0 R ", 4 + at))
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
    objects.extend_from_slice(named);
    for (page, commands) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> /XObject << {names} >> >> /Contents {} 0 R >>",
            first + page * 2 + 1
        ));
        objects.push(stream("", commands));
    }
    file(&objects)
}

pub fn stream(entries: &str, content: &str) -> String {
    format!(
        "<< /Length {} {entries} >>\nstream\n{content}\nendstream",
        content.len()
    )
}

/// The objects, numbered from 1, and where they stand.
pub fn file(objects: &[String]) -> Vec<u8> {
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
