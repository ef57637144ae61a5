//! When a version is taken back, the gaps that it had closed open again, unless a newer version answers them.
//!
//! Whether one does is found out by asking them again, in `answering`.

pub mod store;

use kernel::ids::{ChannelId, GapId, QaPairId, VersionId};
use kernel::{Event, Result, TenantTx};

/// A gap that a version closed which is being taken back.
#[derive(Debug, Clone)]
pub struct ClosedGap {
    pub id: GapId,
    pub question: String,
    /// Where it was asked first.
    pub channel_id: Option<ChannelId>,
    /// The number of the version that closed it.
    pub closed_by: i32,
}

/// What answers a gap's question although its own answer is taken back.
#[derive(Debug, Clone, Copy)]
pub struct NewerAnswer {
    pub gap_id: GapId,
    pub pair: QaPairId,
    pub version: VersionId,
}

/// Opens the gaps that `version` leaves unanswered, and tells open dashboards. What visitors have asked again since
/// is open already, as another gap.
pub async fn reopen(tx: &mut TenantTx, gaps: &[GapId], version: VersionId) -> Result<Vec<GapId>> {
    let reopened = store::reopen(tx, gaps, version).await?;
    for gap_id in &reopened {
        tx.emit(Event::GapChanged { gap_id: *gap_id });
    }
    Ok(reopened)
}
