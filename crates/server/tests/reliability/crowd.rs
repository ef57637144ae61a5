//! Visitors who write without pause and note every promise the server makes them. What was not promised they send
//! again with the same id, until it is: as the widget does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use testkit::{Answer, Tenant, Visitor};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::shop;

/// A message that the server has acknowledged.
#[derive(Debug, Clone)]
pub struct Promise {
    pub conversation: Uuid,
    pub client_message_id: String,
    pub seq: i64,
}

/// A write between sending and acknowledgement.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    pub sent: Instant,
    pub acknowledged: Instant,
}

/// A crowd that is at it.
pub struct Crowd {
    visitors: JoinSet<Vec<(Promise, Write)>>,
    stop: watch::Sender<bool>,
    acknowledged: Arc<AtomicUsize>,
    changed: watch::Receiver<()>,
}

impl Crowd {
    /// Half of the visitors wait for their answers. The others are content when their message is acknowledged; when
    /// the stream is cut after that they go, and somebody new comes.
    pub fn gather(tenant: &Tenant, count: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (change, changed) = watch::channel(());
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let change = Arc::new(change);
        let mut visitors = JoinSet::new();
        for number in 0..count {
            let member = Member {
                tenant: tenant.clone(),
                number,
                is_patient: number % 2 == 0,
                stopped: stopped.clone(),
                acknowledged: acknowledged.clone(),
                changed: change.clone(),
            };
            visitors.spawn(member.write());
        }
        Self {
            visitors,
            stop,
            acknowledged,
            changed,
        }
    }

    /// Waits until `more` messages beyond those of now are acknowledged.
    pub async fn wait_for(&mut self, more: usize) {
        let goal = self.acknowledged.load(Ordering::SeqCst) + more;
        while self.acknowledged.load(Ordering::SeqCst) < goal {
            let change = tokio::time::timeout(Duration::from_secs(60), self.changed.changed());
            change
                .await
                .expect("messages are acknowledged")
                .expect("the crowd is there");
        }
    }

    /// Lets nobody begin another message; what has been sent is sent until it is acknowledged.
    pub async fn go_home(mut self) -> Vec<(Promise, Write)> {
        self.stop.send_replace(true);
        let mut promises = Vec::new();
        while let Some(noted) = self.visitors.join_next().await {
            promises.extend(noted.expect("a visitor did not panic"));
        }
        promises
    }
}

struct Member {
    tenant: Tenant,
    number: usize,
    is_patient: bool,
    stopped: watch::Receiver<bool>,
    acknowledged: Arc<AtomicUsize>,
    changed: Arc<watch::Sender<()>>,
}

/// How a message fared.
enum Fate {
    Answered(Promise),
    /// Acknowledged, then the stream was cut.
    Cut(Promise),
    Unknown,
}

impl Member {
    async fn write(self) -> Vec<(Promise, Write)> {
        let mut noted = Vec::new();
        let mut visitor = self.arrive().await;
        let mut asked = self.number;
        while !*self.stopped.borrow() {
            let id = Uuid::now_v7().to_string();
            let question = shop::question(asked);
            asked += 1;
            let (fate, write) = self.insist(&visitor, &id, question).await;
            let was_cut = matches!(fate, Fate::Cut(_));
            if let Fate::Answered(promise) | Fate::Cut(promise) = fate {
                noted.push((promise, write));
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                self.changed.send_replace(());
            }
            if was_cut {
                visitor = self.arrive().await;
            }
        }
        noted
    }

    /// Sends the same message until it is acknowledged.
    async fn insist(&self, visitor: &Visitor, id: &str, text: &str) -> (Fate, Write) {
        loop {
            let sent = Instant::now();
            let fate = if self.is_patient {
                wait(visitor, id, text).await
            } else {
                follow(visitor, id, text).await
            };
            let write = Write {
                sent,
                acknowledged: Instant::now(),
            };
            if !matches!(fate, Fate::Unknown) {
                return (fate, write);
            }
            pause().await;
        }
    }

    /// A session, as soon as the server gives one.
    async fn arrive(&self) -> Visitor {
        loop {
            let api = self.tenant.api.without_credential();
            let path = format!("/api/widget/{}/sessions", self.tenant.channel_key);
            let session = api.post(&path).json(&serde_json::json!({})).try_send().await;
            match session {
                Ok(answer) if answer.status == 200 => return visitor_of(&self.tenant, &answer),
                _ => pause().await,
            }
        }
    }
}

/// What a client does before it tries again.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}

fn visitor_of(tenant: &Tenant, session: &Answer) -> Visitor {
    let session = session.json();
    let token = session["visitor_token"].as_str().expect("a token").to_owned();
    Visitor {
        channel_key: tenant.channel_key.clone(),
        conversation_id: uuid(&session["conversation"]["id"]),
        api: tenant.api.with_bearer(&token),
        token,
    }
}

async fn wait(visitor: &Visitor, id: &str, text: &str) -> Fate {
    match visitor.message(id, text).try_send().await {
        Ok(answer) if answer.status == 200 => {
            let body = answer.json();
            assert!(
                body["answer"]["text"].is_string(),
                "an answer comes with every 200: {body}"
            );
            Fate::Answered(promise(&body["message"], id))
        }
        _ => Fate::Unknown,
    }
}

async fn follow(visitor: &Visitor, id: &str, text: &str) -> Fate {
    let Ok(mut stream) = visitor.message(id, text).try_stream().await else {
        return Fate::Unknown;
    };
    let mut promised = None;
    while let Some(event) = stream.next().await {
        match (event.name.as_str(), promised.take()) {
            ("message", _) => promised = Some(promise(&event.json()["message"], id)),
            ("answer", Some(promise)) => return Fate::Answered(promise),
            (_, before) => promised = before,
        }
    }
    promised.map_or(Fate::Unknown, Fate::Cut)
}

fn promise(message: &serde_json::Value, id: &str) -> Promise {
    Promise {
        conversation: uuid(&message["conversation_id"]),
        client_message_id: id.to_owned(),
        seq: message["seq"].as_i64().expect("a number"),
    }
}

fn uuid(value: &serde_json::Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).expect("a UUID")
}
