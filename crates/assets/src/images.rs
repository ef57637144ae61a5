//! The size of an image, read from its header. Nothing is decoded: what a decoder might choke on never runs here.

/// Width and height, if these bytes are a PNG from the first to the last: what is appended to one is not taken.
pub fn png(bytes: &[u8]) -> Option<(i32, i32)> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let mut pixels = None;
    loop {
        let (head, body) = rest.split_at_checked(8)?;
        let length = usize::try_from(u32::from_be_bytes(head.get(..4)?.try_into().ok()?)).ok()?;
        let kind = head.get(4..)?;
        let (data, after) = body.split_at_checked(length)?;
        if kind == b"IHDR" {
            pixels = Some((be32(data)?, be32(data.get(4..)?)?));
        }
        rest = after.get(4..)?;
        if kind == b"IEND" {
            return pixels.filter(|_| rest.is_empty());
        }
    }
}

pub fn gif(bytes: &[u8]) -> Option<(i32, i32)> {
    let rest = bytes
        .strip_prefix(b"GIF87a")
        .or_else(|| bytes.strip_prefix(b"GIF89a"))?;
    let ends_well = bytes.last() == Some(&0x3b);
    ends_well.then_some((le16(rest)?, le16(rest.get(2..)?)?))
}

/// Walks the segments up to the one that names the size.
pub fn jpeg(bytes: &[u8]) -> Option<(i32, i32)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, after @ ..] = rest else {
            return None;
        };
        if *marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
        // start of frame, of any kind; C4, C8 and CC are tables
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((be16(after.get(5..)?)?, be16(after.get(3..)?)?));
        }
        if matches!(marker, 0xd8..=0xda) {
            return None;
        }
        rest = after.get(length..)?;
    }
}

pub fn webp(bytes: &[u8]) -> Option<(i32, i32)> {
    let rest = bytes.strip_prefix(b"RIFF")?;
    let length = usize::try_from(u32::from_le_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
    if length + 8 != bytes.len() || rest.get(4..8)? != b"WEBP" {
        return None;
    }
    let data = rest.get(16..)?;
    match rest.get(8..12)? {
        b"VP8 " => Some((le16(data.get(6..)?)? & 0x3fff, le16(data.get(8..)?)? & 0x3fff)),
        b"VP8L" => {
            let bits = u32::from_le_bytes(data.get(1..5)?.try_into().ok()?);
            let side = |shift: u32| i32::try_from((bits >> shift) & 0x3fff).ok().map(|n| n + 1);
            Some((side(0)?, side(14)?))
        }
        b"VP8X" => Some((le24(data.get(4..)?)? + 1, le24(data.get(7..)?)? + 1)),
        _ => None,
    }
}

fn be32(bytes: &[u8]) -> Option<i32> {
    i32::try_from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)).ok()
}

fn be16(bytes: &[u8]) -> Option<i32> {
    Some(u16::from_be_bytes(bytes.get(..2)?.try_into().ok()?).into())
}

fn le16(bytes: &[u8]) -> Option<i32> {
    Some(u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?).into())
}

fn le24(bytes: &[u8]) -> Option<i32> {
    let &[a, b, c, ..] = bytes else { return None };
    Some(i32::from(a) | i32::from(b) << 8 | i32::from(c) << 16)
}
