//! The figures of a week or a month, for members who want them. What they say comes from whoever counts; this knows who
//! wants them and writes the mail, once for each member and period.

use access::tenants;
use kernel::{Result, TenantTx};

use crate::choices::Report;
use crate::choices::store::{self, Reader};
use crate::outbox::{self, Kind, NewEmail};
use crate::{Context, settings, unsubscribe, wording};

/// Members who want reports; nobody where no mail can be sent.
pub async fn list_readers(ctx: &Context, tx: &mut TenantTx) -> Result<Vec<Reader>> {
    let now = tx.now();
    let mut readers = store::list(tx, None, now).await?;
    readers.retain(|reader| wanted(reader) != Report::Never);
    if readers.is_empty() || settings::find_server(ctx, tx).await?.is_none() {
        return Ok(Vec::new());
    }
    Ok(readers)
}

pub fn wanted(reader: &Reader) -> Report {
    reader.choices.report.unwrap_or(Report::Never)
}

/// Writes the mail unless it was written before. `period` is its name in the mail, `key` in the outbox.
pub async fn put(
    ctx: &Context,
    tx: &mut TenantTx,
    reader: &Reader,
    (period, key): (&str, &str),
    lines: &[String],
) -> Result<()> {
    let tenant = tenants::store::get(tx).await?;
    let base = ctx.public_url.as_ref();
    let link = base.map(|base| format!("{base}/app/{}/analytics", tenant.slug));
    let way_out = unsubscribe::url(ctx, tenant.id, reader.user_id);
    let (subject, body) = wording::report(&tenant, period, lines, link.as_deref(), way_out.as_deref());
    let mail = NewEmail {
        kind: Kind::Report,
        dedupe_key: format!("report/{}/{key}", reader.user_id),
        user: Some(reader.user_id),
        conversation: None,
        to_address: reader.email.clone(),
        to_name: Some(reader.name.clone()),
        subject,
        body,
        unsubscribe_url: way_out,
        calendar: None,
    };
    outbox::put(tx, &mail).await?;
    Ok(())
}
