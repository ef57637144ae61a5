//! What a reply is made of at a vendor's: text, file and buttons, cut to the vendor's measure.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::Part;
use connectors::outbound::TemplateUse;
use connectors::render::{self, Media, Reply};
use conversations::deliveries::store::Said;
use conversations::messages::{Action, Extras};
use kernel::error::not_found;
use kernel::{Result, TenantProof as _};
use serde_json::Value;

use crate::Context;
use crate::connections::Connection;

/// The pieces, as they are stored.
pub fn cut(ctx: &Context, connection: &Connection, said: &Said) -> Result<Vec<Value>> {
    let extras: Extras = serde_json::from_value(said.extras.clone())?;
    if let Some(template) = extras.template {
        let used: TemplateUse = serde_json::from_value(template)?;
        return Ok(vec![serde_json::to_value(Part::Template(used))?]);
    }
    let text = with_booking(said)?;
    let asset = said.asset_id.map(|id| id.to_string());
    let link = link(ctx, said);
    let media = asset.as_deref().map(|asset_id| Media {
        asset_id,
        file_name: said.file_name.as_deref().unwrap_or("file"),
        mime_type: said.mime_type.as_deref().unwrap_or("application/octet-stream"),
        size: said.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        link: &link,
    });
    let chips = said.chips.clone().unwrap_or_default();
    let reply = Reply {
        text: &text,
        choices: &chips,
        media,
    };
    let parts = render::parts(&connection.connector.about().capabilities, &reply);
    let stored = parts.iter().map(serde_json::to_value);
    Ok(stored.collect::<Result<_, _>>()?)
}

/// What the widget shows as a button.
fn with_booking(said: &Said) -> Result<String> {
    let actions: Vec<Action> = match &said.actions {
        Some(actions) => serde_json::from_value(actions.clone())?,
        None => Vec::new(),
    };
    let mut text = said.text.clone();
    for action in actions {
        if let Action::OfferBooking { url } = action
            && !text.contains(&url)
        {
            text.push_str("\n\n");
            text.push_str(&url);
        }
    }
    Ok(text)
}

/// Where the vendor, or the person, can fetch the file; empty where the server does not know its public address.
pub fn link(ctx: &Context, said: &Said) -> String {
    match (&ctx.public_url, &said.public_id, &said.file_name) {
        (Some(base), Some(id), Some(name)) => {
            format!("{}{}", base.trim_end_matches('/'), assets::address::url(id, name))
        }
        _ => String::new(),
    }
}

/// The bytes of the file that is sent; none for a text.
pub async fn bytes(ctx: &Context, connection: &Connection, part: &Part) -> Result<Vec<u8>> {
    let Part::Media { asset_id, .. } = part else {
        return Ok(Vec::new());
    };
    let id = asset_id.parse().map_err(|_| not_found("file"))?;
    ctx.assets
        .files
        .read(connection.tenant_id(), id)
        .await?
        .ok_or_else(|| not_found("file"))
}

/// Whether the person's last message is too far back for the vendor.
pub fn is_outside_window(connection: &Connection, said: &Said, now: DateTime<Utc>) -> bool {
    let hours = connection.connector.about().capabilities.reply_window_hours;
    let Some(hours) = hours else { return false };
    said.last_inbound_at
        .is_none_or(|at| now - at > TimeDelta::hours(hours.into()))
}
