//! What is stored of one person, as a file for them: everything that erasing them takes away.
//!
//! The tables are named in [`parts`]; a test compares them with the catalogue, so that a new one is not forgotten.

mod api;
pub mod parts;
mod store;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};

use access::audit::{self, Action};
use access::{Member, Permission};
use kernel::Result;
use kernel::error::{internal, not_found};
use kernel::ids::ContactId;
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::wiring::Domains;

pub use api::routes;

/// A zip archive, which vanishes when it is closed: `person.json` and `files/`.
///
/// # Errors
/// 404 for a contact that is not there, 409 for one that is part of another.
pub async fn export(domains: &Domains, member: &Member, id: ContactId) -> Result<File> {
    member.require(Permission::ManageWorkspace)?;
    member.require(Permission::ReadConversations)?;
    member.require(Permission::ReadCrm)?;
    let mut tx = domains.access.db.tenant(member).await?;
    store::hold_still(&mut tx).await?;
    let person = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("contact"))?;
    let left_out: BTreeMap<_, _> = parts::LEFT_OUT.iter().copied().collect();
    let mut text = format!(
        "{{\"exported_at\": {}, \"contact_id\": \"{id}\", \"left_out\": {}",
        json!(tx.now()),
        json!(left_out)
    );
    for part in parts::PARTS {
        let rows = store::list(&mut tx, part, &person).await?;
        text += &format!(",\n\"{}\": {rows}", part.table);
    }
    text += "}\n";
    let uploads = store::uploads(&mut tx, &person).await?;
    let details = json!({"conversations": person.conversations.len(), "files": uploads.len()});
    let subject = format!("contact:{id}");
    audit::record_by(&mut tx, member, Action::ContactExported, &subject, details).await?;
    tx.commit().await?;
    let tenant = kernel::TenantProof::tenant_id(member);
    let files = uploads.into_iter().map(|(id, name)| {
        // names that were brought in may lead elsewhere
        let name = name.replace(['/', '\\'], "_");
        (
            format!("files/{id}-{name}"),
            domains.assets.files.path(tenant, id),
        )
    });
    let files = files.collect::<Vec<_>>();
    let packed = tokio::task::spawn_blocking(move || pack(&text, &files));
    packed.await.map_err(internal)?.map_err(internal)
}

fn pack(text: &str, files: &[(String, std::path::PathBuf)]) -> std::io::Result<File> {
    let mut zip = ZipWriter::new(tempfile::tempfile()?);
    let options = SimpleFileOptions::default().large_file(true);
    zip.start_file("person.json", options)?;
    zip.write_all(text.as_bytes())?;
    for (name, path) in files {
        // deleted meanwhile
        let Ok(mut upload) = File::open(path) else {
            continue;
        };
        zip.start_file(name.as_str(), options)?;
        std::io::copy(&mut upload, &mut zip)?;
    }
    let mut file = zip.finish()?;
    file.rewind()?;
    Ok(file)
}
