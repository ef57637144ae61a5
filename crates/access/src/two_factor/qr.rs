//! A QR code as one SVG path, which a page can draw without HTML from a string.

use kernel::Result;
use kernel::error::internal;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;

/// The quiet zone around a code, in modules.
const MARGIN: usize = 4;

/// Black squares of side 1 in a square of side `size`, margin included.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QrPath {
    /// For `viewBox="0 0 size size"`.
    pub size: usize,
    /// For the attribute `d` of a path.
    pub path: String,
}

pub fn draw(text: &str) -> Result<QrPath> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(internal)?;
    let width = code.width();
    let mut path = String::new();
    for (row, line) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in line.chunk_by(|a, b| a == b) {
            if run[0] == qrcode::Color::Dark {
                let (x, y, length) = (column + MARGIN, row + MARGIN, run.len());
                path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
            }
            column += run.len();
        }
    }
    Ok(QrPath {
        size: width + 2 * MARGIN,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn a_code_begins_with_its_finder_pattern() {
        let qr = draw("otpauth://totp/Rapport:ana@shop.example?secret=MZXW6YTBOI&issuer=Rapport").unwrap();
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", &qr.path[..40]);
        assert!(qr.size > 29, "{}", qr.size);
    }
}
