//! Addresses of files: `/assets/<public id>/<name>`.
//!
//! The public id names tenant and asset and is signed with the master key: it cannot be guessed, nothing has to be
//! looked up before the tenant is known, and a stranger's guess never reaches the database. The name is for people.

use kernel::ids::{AssetId, TenantId};
use kernel::secrets::{self, MasterKey};
use kernel::{TenantProof, secrets::equal};
use uuid::Uuid;

/// Half of the signature is plenty against guessing, and keeps addresses short.
const TAG: usize = 16;

/// A file whose address was proven.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    tenant_id: TenantId,
    pub asset_id: AssetId,
}

impl TenantProof for Found {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

pub fn sign(master_key: &MasterKey, tenant: TenantId, asset: AssetId) -> String {
    let mut bytes = [tenant.0.into_bytes(), asset.0.into_bytes()].concat();
    let tag = tag(master_key, &bytes);
    bytes.extend_from_slice(&tag);
    secrets::encode(&bytes)
}

/// None for what was not made here.
pub fn open(master_key: &MasterKey, public_id: &str) -> Option<Found> {
    let bytes = secrets::decode(public_id)?;
    let (names, given) = bytes.split_at_checked(32)?;
    if !equal(given, &tag(master_key, names)) {
        return None;
    }
    let (tenant, asset) = names.split_at_checked(16)?;
    Some(Found {
        tenant_id: TenantId(Uuid::from_slice(tenant).ok()?),
        asset_id: AssetId(Uuid::from_slice(asset).ok()?),
    })
}

fn tag(master_key: &MasterKey, names: &[u8]) -> [u8; TAG] {
    let signature = secrets::sign(&master_key.derive("asset-address"), names);
    let mut tag = [0; TAG];
    tag.copy_from_slice(&signature[..TAG]);
    tag
}

pub fn url(public_id: &str, name: &str) -> String {
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    format!("/assets/{public_id}/{plain}")
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// The longest name that is kept, without its ending.
const LONGEST_NAME: usize = 80;

/// What the uploader called the file, without folders and control characters, with the ending of what it really is.
pub fn harmless_name(given: &str, extension: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = match last.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 => stem,
        _ => last,
    };
    // direction marks could show "exe.png" for what ends otherwise
    let is_kept = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let stem: String = stem.chars().filter(is_kept).take(LONGEST_NAME).collect();
    let stem = stem.trim().trim_matches('.');
    let stem = if stem.is_empty() { "file" } else { stem };
    format!("{stem}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_was_changed_leads_nowhere() {
        let key = MasterKey::random();
        let (tenant, asset) = (TenantId::new(), AssetId::new());
        let public_id = sign(&key, tenant, asset);
        let found = open(&key, &public_id).unwrap();
        assert_eq!((found.tenant_id(), found.asset_id), (tenant, asset));
        assert!(open(&MasterKey::random(), &public_id).is_none());
        for position in 0..public_id.len() {
            let mut changed = public_id.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(open(&key, &changed).is_none(), "position {position}");
        }
        for nonsense in ["", "a", "é", &"A".repeat(64), &"A".repeat(400)] {
            assert!(open(&key, nonsense).is_none());
        }
    }

    #[test]
    fn a_name_keeps_no_folder_no_trick_and_the_true_ending() {
        for (given, kept) in [
            ("holiday.png", "holiday.png"),
            ("../../etc/passwd", "passwd.png"),
            ("C:\\x\\a.exe", "a.png"),
            ("r\u{202e}gnp.exe", "rgnp.png"),
            ("", "file.png"),
            ("..", "file.png"),
            ("Über mich.jpeg", "Über mich.png"),
            ("v1.2 notes", "v1.2 notes.png"),
        ] {
            assert_eq!(harmless_name(given, "png"), kept, "{given}");
        }
        assert_eq!(url("id", "Über mich.png"), "/assets/id/-ber-mich.png");
    }
}
