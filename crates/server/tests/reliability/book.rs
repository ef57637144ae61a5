//! What the database says, against what visitors were promised.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use sqlx::PgConnection;
use testkit::{Server, Tenant};
use uuid::Uuid;

use crate::crowd::Promise;

/// A stored message.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Line {
    pub conversation_id: Uuid,
    pub id: Uuid,
    pub seq: i64,
    pub sender_type: String,
    #[expect(dead_code, reason = "shown when a check fails")]
    pub text_content: String,
    pub client_message_id: Option<String>,
    /// Of a reply: the visitor's message it answers, and what was understood.
    pub question_message_id: Option<Uuid>,
    pub question_text: Option<String>,
}

/// A tenant's conversations, each in order.
pub struct Book(pub BTreeMap<Uuid, Vec<Line>>);

impl Book {
    pub async fn read(owner: &mut PgConnection, tenant: &Tenant) -> Self {
        let lines: Vec<Line> = sqlx::query_as(
            "select m.conversation_id, m.id, m.seq, m.sender_type, m.text_content, m.client_message_id,
                a.question_message_id, a.question_text
            from messages m left join answers a on a.tenant_id = m.tenant_id and a.id = m.id
            where m.tenant_id = $1
            order by m.conversation_id, m.seq",
        )
        .bind(tenant.id)
        .fetch_all(owner)
        .await
        .expect("the database answers");
        let mut threads: BTreeMap<Uuid, Vec<Line>> = BTreeMap::new();
        for line in lines {
            threads.entry(line.conversation_id).or_default().push(line);
        }
        Self(threads)
    }

    /// Every promised message is there once, under its number, and nothing that was not promised.
    pub fn keeps<'a>(&self, promises: impl IntoIterator<Item = &'a Promise>) {
        let mut stored: HashMap<&str, Vec<&Line>> = HashMap::new();
        for line in self.0.values().flatten() {
            if let Some(id) = &line.client_message_id {
                stored.entry(id).or_default().push(line);
            }
        }
        let mut promised = BTreeSet::new();
        for promise in promises {
            promised.insert(promise.client_message_id.as_str());
            let lines = stored
                .get(promise.client_message_id.as_str())
                .map_or(&[][..], Vec::as_slice);
            let [line] = lines else {
                panic!("{promise:?} is stored {} times", lines.len())
            };
            assert_eq!(
                (line.conversation_id, line.seq),
                (promise.conversation, promise.seq),
                "{promise:?} moved"
            );
        }
        let unasked: Vec<_> = stored.keys().filter(|id| !promised.contains(**id)).collect();
        assert!(unasked.is_empty(), "stored without a promise: {unasked:?}");
    }

    /// In each conversation numbers have no gap, and each run of questions is followed by exactly one reply, which
    /// answers the last of them.
    pub fn is_answered(&self) {
        for thread in self.0.values() {
            let numbers: Vec<i64> = thread.iter().map(|line| line.seq).collect();
            assert_eq!(
                numbers,
                (1..=numbers.len() as i64).collect::<Vec<_>>(),
                "gaps in {thread:#?}"
            );
            let mut question = None;
            for line in thread {
                if line.sender_type == "user" {
                    question = Some(line.id);
                    continue;
                }
                assert_eq!(line.sender_type, "ai", "{thread:#?}");
                let answered = question.take();
                assert!(answered.is_some(), "two replies in a row: {thread:#?}");
                assert_eq!(
                    line.question_message_id, answered,
                    "the reply is to something else: {thread:#?}"
                );
            }
            assert_eq!(question, None, "a question without a reply: {thread:#?}");
        }
    }
}

/// What takes longer is a defect, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until the bot owes nobody a reply.
pub async fn wait_until_nobody_waits(server: &Server, tenant: &Tenant) {
    let mut owner = server.owner().await;
    let mut look = tokio::time::interval(Duration::from_millis(50));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        look.tick().await;
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from conversations where tenant_id = $1 and awaiting_reply_since is not null",
        )
        .bind(tenant.id)
        .fetch_one(&mut owner)
        .await
        .expect("the database answers");
        if waiting == 0 {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{waiting} conversations still wait after {PATIENCE:?}"
        );
    }
}
