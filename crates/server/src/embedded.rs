//! The files inside the binary: the web pages, the demonstration shop and its knowledge.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// One embedded file, with its compressed forms.
pub struct File {
    pub path: &'static str,
    pub mime: &'static str,
    pub etag: &'static str,
    pub raw: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

pub fn find(table: &'static [File], path: &str) -> Option<&'static File> {
    table
        .binary_search_by(|file| file.path.cmp(path))
        .ok()
        .and_then(|index| table.get(index))
}

/// An embedded text file, for the demonstration.
pub fn text(table: &'static [File], path: &str) -> Option<&'static str> {
    std::str::from_utf8(find(table, path)?.raw).ok()
}

/// Answers with the best form that the client accepts, or 304.
pub fn respond(
    file: &'static File,
    request: &HeaderMap,
    cache: &'static str,
    extra: &[(HeaderName, &'static str)],
) -> Response<Body> {
    let (body, coding) = match (file.brotli, file.gzip) {
        (Some(body), _) if accepts(request, "br") => (body, Some("br")),
        (_, Some(body)) if accepts(request, "gzip") => (body, Some("gzip")),
        _ => (file.raw, None),
    };
    let is_unchanged = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == file.etag)
        });
    let mut response = Response::new(if is_unchanged {
        Body::empty()
    } else {
        Body::from(body)
    });
    if is_unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let own = [
        (header::CONTENT_TYPE, file.mime),
        (header::ETAG, file.etag),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers = response.headers_mut();
    for (name, value) in own.iter().chain(extra) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether the client takes this coding; `q=0` means it does not.
fn accepts(request: &HeaderMap, coding: &str) -> bool {
    let values = request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| {
        let mut pieces = part.trim().split(';').map(str::trim);
        let is_named = pieces
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding));
        is_named && !pieces.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_with_weight_zero_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip;q=0.5, br;q=0"),
        );
        assert!(accepts(&headers, "gzip"));
        assert!(!accepts(&headers, "br"));
        assert!(!accepts(&headers, "zstd"));
    }
}
