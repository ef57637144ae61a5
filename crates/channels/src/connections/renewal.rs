//! Access tokens that run out are renewed long before, once an hour for whatever is due. Whoever takes one on writes that
//! down first, so that no second server asks for it too.

use access::tenants::Operator;
use chrono::TimeDelta;
use connectors::Http;
use connectors::form::{CheckError, Renewed};
use kernel::error::internal;
use kernel::events::WorkspaceList;
use kernel::ids::ChannelId;
use kernel::secrets::MasterKey;
use kernel::{Database, Event, Result, TenantProof};

use super::{Connection, fill, open, store};

/// So much of its time a token has left when it is renewed: a month in which it can be tried again.
pub const BEFORE_THE_END: TimeDelta = TimeDelta::days(30);
/// No vendor renews a token that is younger, and a try that failed is made again after so long.
pub const PAUSE: TimeDelta = TimeDelta::hours(25);

/// Renews what is due in all active tenants; one that fails does not keep the others waiting.
pub async fn renew_everywhere(db: &Database, master_key: &MasterKey, http: &Http) -> Result<()> {
    let kinds: Vec<String> = connectors::all()
        .iter()
        .filter(|connector| connector.renews_tokens())
        .map(|connector| connector.kind().to_owned())
        .collect();
    for operator in Operator::for_all_active(db).await? {
        if let Err(error) = renew(db, master_key, http, &operator, &kinds).await {
            error.log();
        }
    }
    Ok(())
}

async fn renew(
    db: &Database,
    master_key: &MasterKey,
    http: &Http,
    proof: &impl TenantProof,
    kinds: &[String],
) -> Result<()> {
    let mut tx = db.tenant(proof).await?;
    let now = tx.now();
    let due = store::take_on_renewals(&mut tx, kinds, now, BEFORE_THE_END, PAUSE).await?;
    tx.commit().await?;
    for channel in due {
        let Some(connection) = open(db, master_key, proof, channel).await? else {
            continue;
        };
        let Some(renewing) = connection.connector.renew(http, &connection.account) else {
            continue;
        };
        let outcome = renewing.await;
        write_down(db, master_key, channel, &connection, &outcome).await?;
    }
    Ok(())
}

async fn write_down(
    db: &Database,
    master_key: &MasterKey,
    channel: ChannelId,
    connection: &Connection,
    outcome: &Result<Renewed, CheckError>,
) -> Result<()> {
    let mut tx = db.tenant(connection).await?;
    match outcome {
        Ok(renewed) => {
            let (known, tenant) = (&connection.account.values, connection.tenant_id());
            let filled = fill(
                master_key,
                tenant,
                channel,
                connection.connector,
                &renewed.values,
                known,
            );
            let filled = filled.map_err(|error| internal(error.detail))?;
            let now = tx.now();
            store::keep_renewal(&mut tx, channel, &filled, now, now + renewed.valid_for).await?;
        }
        Err(error) => {
            tracing::warn!(%channel, reason = %error.reason, "an access token could not be renewed");
            store::note_renewal_error(&mut tx, channel, &error.reason.text).await?;
        }
    }
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Channels,
    });
    tx.commit().await
}
