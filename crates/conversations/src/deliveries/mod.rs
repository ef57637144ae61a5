//! Deliveries: what became, at a vendor's, of each piece of a reply.
//!
//! A row is made in the transaction that says something (trigger `messages_queue_delivery`) and is the only way to the
//! vendor. Who sends is `channels::delivery`; here is what may follow what.

pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ChannelId, ConversationId, DeliveryId, MessageId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far a piece has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Queued,
    /// A call is under way.
    Sending,
    /// The vendor has taken it.
    Sent,
    Delivered,
    Read,
    /// It did not go, and will not by itself.
    Failed,
    /// The call was cut off: it may have gone. Only a person sends it again.
    Unknown,
    /// Not sent, because a person had replied meanwhile.
    Cancelled,
}

impl Status {
    /// What the vendor says comes in any order and more than once. The higher rank wins, so that every order ends the
    /// same: "failed" overrules "sent", but something that was delivered has not failed.
    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Cancelled => 2,
            Self::Unknown => 3,
            Self::Sent => 4,
            Self::Failed => 5,
            Self::Delivered => 6,
            Self::Read => 7,
        }
    }

    /// The status after hearing `news`.
    #[must_use]
    pub fn after(self, news: Self) -> Self {
        if news.rank() > self.rank() { news } else { self }
    }

    /// A person may send it again.
    pub fn can_be_retried(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown | Self::Cancelled)
    }
}

/// One piece of a message on its way.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: DeliveryId,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    pub part: i32,
    /// None: not cut into pieces yet.
    pub content: Option<Value>,
    pub status: Status,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was said, or when a person wanted it sent again.
    pub since: DateTime<Utc>,
    /// Since then the channel has been as it is.
    pub channel_changed_at: DateTime<Utc>,
    /// How often a person had it sent again.
    pub resends: i32,
}

/// What a vendor says of something we sent.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    pub status: Status,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub at: DateTime<Utc>,
}

impl News {
    /// Without a reason.
    pub fn plain(status: Status, at: DateTime<Utc>) -> Self {
        Self {
            status,
            code: None,
            reason: None,
            at,
        }
    }
}

/// Which deliveries news are about.
#[derive(Debug, Clone, PartialEq)]
pub enum About<'a> {
    Delivery(DeliveryId),
    /// The same as a vendor repeats it, if it was sent again by hand so often: what is said of an attempt before that is
    /// about none.
    Attempt(DeliveryId, i32),
    /// By the vendor's id. What is queued has none that counts.
    Platform(&'a str),
    /// All that were sent to the conversation until then, by the vendor's clock: its hour of taking a message lies between
    /// our beginning and our end of the call, so the beginning counts, in milliseconds as the vendor does.
    Until(ConversationId, DateTime<Utc>),
    /// The pieces of a message that were not begun.
    Queued(MessageId),
}

/// Notes what became of deliveries: the one place where one comes to an end. False: there is no such delivery (yet).
pub async fn hear(tx: &mut TenantTx, channel: ChannelId, about: &About<'_>, news: &News) -> Result<bool> {
    let found = store::lock_about(tx, channel, about).await?;
    for known in &found {
        let status = known.status.after(news.status);
        let is_waiting = known.status == Status::Queued && matches!(about, About::Platform(_));
        if status == known.status || is_waiting {
            continue;
        }
        store::set_status(tx, known.id, status, news).await?;
        if let Some(outcome) = outcome(known.status, status) {
            metrics::counter!("rapport_deliveries_total", "kind" => known.kind.clone(), "outcome" => outcome)
                .increment(1);
        }
        tx.emit(Event::MessageChanged {
            conversation_id: known.conversation_id,
            message_id: known.message_id,
        });
    }
    Ok(!found.is_empty())
}

/// As what a change of status counts. What the vendor tells of something that was sent is counted no more.
fn outcome(before: Status, after: Status) -> Option<&'static str> {
    match after {
        Status::Queued | Status::Sending => None,
        Status::Sent | Status::Delivered | Status::Read => {
            (before.rank() < Status::Sent.rank()).then_some("sent")
        }
        Status::Failed => Some("failed"),
        Status::Unknown => Some("unknown"),
        Status::Cancelled => Some("cancelled"),
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Delivered, Failed, Read, Sent};
    use super::*;

    #[test]
    fn every_order_of_a_vendors_words_ends_the_same() {
        let said = [Sent, Delivered, Read, Failed];
        for subset in 1_u32..16 {
            let words: Vec<Status> = (0..4)
                .filter(|bit| subset & (1 << bit) != 0)
                .map(|bit| said[bit])
                .collect();
            let ends: std::collections::HashSet<Status> = orders(&words)
                .into_iter()
                .map(|order| {
                    let twice = order.iter().chain(order.iter());
                    twice.fold(Status::Sending, |status, word| status.after(*word))
                })
                .collect();
            assert_eq!(ends.len(), 1, "{words:?}");
        }
        assert_eq!(Read.after(Delivered), Read);
        assert_eq!(Delivered.after(Failed), Delivered);
        assert_eq!(Sent.after(Failed), Failed);
        assert_eq!(Status::Unknown.after(Sent), Sent);
    }

    #[test]
    fn a_piece_counts_as_sent_once() {
        let told = [Status::Sending, Sent, Delivered, Read];
        let counted = told.windows(2).filter_map(|step| outcome(step[0], step[1]));
        assert_eq!(counted.collect::<Vec<_>>(), ["sent"]);
        assert_eq!(outcome(Status::Sending, Read), Some("sent"));
        assert_eq!(outcome(Sent, Failed), Some("failed"));
        assert_eq!(outcome(Status::Queued, Status::Cancelled), Some("cancelled"));
        assert_eq!(outcome(Status::Queued, Status::Sending), None);
    }

    fn orders(words: &[Status]) -> Vec<Vec<Status>> {
        if words.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let mut rest = words.to_vec();
            rest.remove(index);
            for mut order in orders(&rest) {
                order.push(*word);
                all.push(order);
            }
        }
        all
    }
}
