//! A tenant in which one of each thing can be made, through the product's own routes.

mod models;
mod sales;
mod topics;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::fake::FakeProvider;
use testkit::{Answer, Api, Receiver, Server, Site, SitePage, Tenant, Visitor};
use uuid::Uuid;

use crate::routes::table::{Route, Thing};

/// Questions of which none resembles another.
const TOPICS: [&str; 16] = [
    "At which temperature does mercury boil?",
    "Who painted the ceiling of the chapel?",
    "How many moons circle Jupiter?",
    "Can penguins fly over mountains?",
    "Which key is a flute tuned to?",
    "Was the treaty signed in winter?",
    "Do whales sleep standing up?",
    "What do sourdough cultures eat?",
    "How tall is the oldest lighthouse?",
    "Why do violins have four strings?",
    "Which river floods every spring?",
    "Is the marathon run on Sundays?",
    "When was the telescope launched?",
    "Does rust weaken a bridge?",
    "How loud is thunder?",
    "Who invented the zipper?",
];

/// What chats ask about: nothing that a gap's question comes near.
const CHORES: [&str; 12] = [
    "Which tax form does the notary stamp",
    "How is the marmalade jar sterilised",
    "Which bolt fits the tractor axle",
    "How often is the elevator cable greased",
    "Which password opens the printer queue",
    "How is a passport photo cropped",
    "Which fuse protects the dishwasher",
    "How is overtime entered on the payslip",
    "Which coupon lowers the parking fee",
    "How is the gutter cleared of leaves",
    "Which vaccine does the kennel demand",
    "How is the keyboard layout switched",
];

/// A tenant that answers at once, and a model on this machine.
pub struct World {
    pub tenant: Tenant,
    /// The address of the model.
    pub model: String,
    /// A word that stands in every text of this tenant.
    pub mark: String,
    asked: AtomicUsize,
    proposed: AtomicUsize,
    site: Site,
    receiver: Receiver,
    _provider: FakeProvider,
}

/// Signs what programs send and are sent.
const SIGNING: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn seconds() -> i64 {
    kernel::Clock::system().now().timestamp()
}

/// A thing by its id. `parent` is the conversation of an answer.
#[derive(Debug, Clone)]
pub struct Made {
    pub parent: Uuid,
    pub id: Uuid,
}

impl Made {
    /// Ids that nobody has.
    pub fn nothing() -> Self {
        Self {
            parent: Uuid::now_v7(),
            id: Uuid::now_v7(),
        }
    }
}

impl World {
    pub async fn make(server: &Server, name: &str, mark: &str) -> Self {
        let tenant = server.tenant(name).await;
        tenant
            .configure(&json!({"settings": {"join_messages": "never"}}))
            .await;
        tenant
            .teach("Where is the shop?", &format!("In Ghent. {mark}"))
            .await;
        let provider = FakeProvider::start().await;
        let site = Site::start().await;
        let text = format!("<p>About {mark}, which is all that there is to say here.</p>");
        site.make(move |path| (path != "/robots.txt").then(|| SitePage::article(path, &text)));
        let model = provider.base_url(testkit::Provider::OpenAi).to_string();
        Self {
            tenant,
            model,
            mark: mark.to_owned(),
            asked: AtomicUsize::new(0),
            proposed: AtomicUsize::new(0),
            site,
            receiver: Receiver::start().await,
            _provider: provider,
        }
    }

    /// Makes a new thing of this kind.
    pub async fn make_thing(&self, thing: Thing) -> Made {
        let (tenant, mark) = (&self.tenant, &self.mark);
        match thing {
            Thing::Conversation | Thing::Answer => {
                let visitor = tenant.visitor().await;
                let said = visitor.say("Where is the shop?").await;
                let conversation = visitor.conversation_id;
                let id = if thing == Thing::Answer {
                    id_of(&said["answer"])
                } else {
                    conversation
                };
                Made {
                    parent: conversation,
                    id,
                }
            }
            Thing::Pipeline | Thing::Deal | Thing::Product | Thing::Order | Thing::ToolCall => {
                lonely(self.make_sale(thing).await)
            }
            Thing::Note => {
                let conversation = self.make_conversation().await;
                let body = json!({"client_note_id": Uuid::now_v7(), "text": format!("Look. {mark}")});
                let path = format!("conversations/{conversation}/notes");
                Made {
                    parent: conversation,
                    id: self.create(&path, body).await,
                }
            }
            Thing::Escalation => {
                let path = format!("conversations/{}/escalations", self.make_conversation().await);
                lonely(self.create(&path, json!({"summary": mark})).await)
            }
            Thing::Contact => {
                let path = format!("/api/v1/conversations/{}", self.make_conversation().await);
                let contact = id_of(&tenant.api.get(&path).expect(200).await["contact"]);
                let path = format!("/api/v1/contacts/{contact}");
                tenant
                    .api
                    .patch(&path)
                    .json(&json!({"name": mark}))
                    .expect(200)
                    .await;
                lonely(contact)
            }
            Thing::Lead => {
                let body =
                    json!({"intent": "price", "contact_info": {"name": mark, "email": "mia@example.com"}});
                lonely(self.create("leads", body).await)
            }
            Thing::Meeting => {
                let body = json!({"title": fresh(mark), "scheduled_at": "2026-03-02T09:00:00Z"});
                lonely(self.create("meetings", body).await)
            }
            Thing::Label => lonely(
                self.create("labels", json!({"name": fresh(mark), "color": "red"}))
                    .await,
            ),
            Thing::SavedReply => {
                let body = json!({"shortcut": Uuid::now_v7(), "title": fresh(mark), "text": fresh(mark)});
                lonely(self.create("saved-replies", body).await)
            }
            Thing::InboxView => {
                let body = json!({"name": fresh(mark), "query": "view=open", "is_shared": true});
                lonely(self.create("inbox-views", body).await)
            }
            // switched off: only such a pair may be deleted by everybody who edits knowledge
            Thing::QaPair => {
                let body =
                    json!({"question": format!("Is it {mark}?"), "answer": "Yes.", "is_active": false});
                lonely(self.create("qa-pairs", body).await)
            }
            Thing::Gap => lonely(self.make_gap(&tenant.visitor().await).await),
            Thing::Document => lonely(
                tenant
                    .learn(&format!("About {mark}"), "# Oil\nOil it once a year.", None)
                    .await,
            ),
            Thing::Website => lonely(self.make_website().await),
            Thing::WebsitePage => {
                let website = self.make_website().await;
                let path = format!("/api/v1/websites/{website}/pages");
                let pages = tenant.api.get(&path).expect(200).await;
                Made {
                    parent: website,
                    id: id_of(&pages["items"][0]),
                }
            }
            Thing::Draft | Thing::Backtest => {
                let draft = self.make_draft().await;
                if thing == Thing::Backtest {
                    let path = format!("/api/v1/drafts/{}/backtest", id_of(&draft));
                    tenant.api.post(&path).expect(201).await;
                }
                lonely(id_of(&draft))
            }
            Thing::DraftChange => {
                let draft = self.make_draft().await;
                Made {
                    parent: id_of(&draft),
                    id: id_of(&draft["changes"][0]),
                }
            }
            Thing::Version => {
                // changed once more, so that there is something to go back to
                let pair = Box::pin(self.make_thing(Thing::QaPair)).await.id;
                let path = format!("/api/v1/versions?subject_id={pair}");
                let made = tenant.api.get(&path).expect(200).await;
                let patch = json!({"answer": fresh(mark)});
                tenant
                    .api
                    .patch(&format!("/api/v1/qa-pairs/{pair}"))
                    .json(&patch)
                    .expect(200)
                    .await;
                lonely(id_of(&made["items"][0]))
            }
            Thing::EvaluationSet => lonely(id_of(&self.make_evaluation_set().await)),
            Thing::EvaluationCase => {
                let set = self.make_evaluation_set().await;
                Made {
                    parent: id_of(&set),
                    id: id_of(&set["cases"][0]),
                }
            }
            Thing::EvaluationRun => {
                let set = self.make_evaluation_set().await;
                let path = format!("evaluation-sets/{}/runs", id_of(&set));
                lonely(self.create(&path, json!({})).await)
            }
            Thing::KnowledgeBase => {
                let body = json!({"content_type": "custom", "content": format!("About {mark}.")});
                lonely(self.create("knowledge-bases", body).await)
            }
            Thing::Transcript => lonely(id_of(&self.make_transcript().await)),
            Thing::QaProposal => lonely(self.make_proposal().await),
            Thing::Channel => lonely(self.create("channels", json!({"name": fresh(mark)})).await),
            Thing::ApiKey => lonely(
                self.create("api-keys", json!({"name": fresh(mark), "scopes": ["ask"]}))
                    .await,
            ),
            Thing::Invitation => lonely(self.create("invitations", json!({"role": "agent"})).await),
            Thing::Member => lonely(self.make_member().await),
            Thing::AgentPrompt => {
                let body = json!({"name": fresh(mark), "system_prompt": format!("Be brief. {mark}")});
                lonely(self.create("agent-prompts", body).await)
            }
            Thing::ChannelAgent => {
                let parent = id_of(&tenant.channel().await);
                let prompt = Box::pin(self.make_thing(Thing::AgentPrompt)).await.id;
                let body = json!({"agent_id": Uuid::now_v7(), "name": fresh(mark), "agent_prompt_id": prompt, "is_active": false});
                let id = self.create(&format!("channels/{parent}/agents"), body).await;
                Made { parent, id }
            }
            Thing::Rule => {
                let body = json!({"name": fresh(mark), "event": "gap.created", "is_active": false,
                    "actions": [{"type": "note", "text": format!("Said {mark}")}]});
                lonely(self.create("automation/rules", body).await)
            }
            Thing::Topic => lonely(self.make_topic().await),
            Thing::TrainingSet | Thing::TrainingExample | Thing::ModelVersion => {
                self.make_thing_of_models(thing).await
            }
            Thing::KeywordAction => {
                let channel = tenant.channel().await["id"].clone();
                let body = json!({"channel_id": channel, "keyword": fresh(mark), "action_type": "DISABLE_AI", "match_type": "exact"});
                lonely(self.create("automation/keyword-actions", body).await)
            }
            Thing::Collection => {
                let channel = tenant.channel().await["id"].clone();
                let body = json!({"channel_id": channel, "collection_id": Uuid::now_v7().simple().to_string(), "name": fresh(mark)});
                lonely(self.create("automation/collections", body).await)
            }
            Thing::WebhookEndpoint => lonely(self.make_webhook().await),
            Thing::WebhookDelivery => {
                let path = format!("/api/v1/webhook-endpoints/{}/test", self.make_webhook().await);
                let tested = tenant.api.post(&path).expect(200).await;
                lonely(id_of(&tested["delivery"]))
            }
            Thing::Connection => lonely(self.make_connection(&self.receiver.url()).await.0),
            Thing::InboundEvent => self.make_inbound_event().await,
            Thing::FailedMessage => self.make_failed_message().await,
            Thing::OtherContact => Made {
                parent: Box::pin(self.make_thing(Thing::Contact)).await.id,
                id: Box::pin(self.make_thing(Thing::Contact)).await.id,
            },
            Thing::ContactMerge => {
                let pair = Box::pin(self.make_thing(Thing::OtherContact)).await;
                let path = format!("/api/v1/contacts/{}/merge/{}", pair.parent, pair.id);
                let merged = tenant.api.post(&path).expect(200).await;
                Made {
                    parent: pair.parent,
                    id: id_of(&merged["merges"][0]),
                }
            }
            Thing::Client
            | Thing::ClientMerge
            | Thing::Activity
            | Thing::CrmNote
            | Thing::CrmTag
            | Thing::CustomField
            | Thing::Segment => self.make_thing_of_clients(thing).await,
            Thing::Credential => {
                let body = json!({"provider": "openai_compatible", "model": "m", "key": "", "base_url": self.model,
                    "label": mark, "is_default": false});
                lonely(self.create("llm-credentials", body).await)
            }
        }
    }

    /// A channel for programs, whose replies go to this address; its id and its webhook's path.
    async fn make_connection(&self, callback: &str) -> (Uuid, String) {
        let body = json!({"kind": "api", "name": fresh(&self.mark), "values": {"secret": SIGNING, "callback_url": callback}});
        let made = self
            .tenant
            .api
            .post("/api/v1/connections")
            .json(&body)
            .expect(201)
            .await;
        let id = made["channel_id"].as_str().and_then(|id| id.parse().ok());
        let path = made["webhook_path"].as_str().expect("a path").to_owned();
        (id.expect("an id"), path)
    }

    async fn make_inbound_event(&self) -> Made {
        let (channel, path) = self.make_connection(&self.receiver.url()).await;
        let body =
            json!({"id": "m1", "from": {"id": "kim", "name": self.mark}, "text": "Where is the shop?"})
                .to_string();
        let at = seconds();
        let signature = kernel::standard_webhooks::signature([SIGNING], "msg_1", at, body.as_bytes());
        let call = self.tenant.api.without_credential().post(&path);
        let call = call
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", &at.to_string())
            .header("webhook-signature", &signature);
        let answer = call.body("application/json", body).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let events = format!("/api/v1/inbound-events?channel_id={channel}");
        let list = self.tenant.api.get(&events).expect(200).await;
        Made {
            parent: channel,
            id: id_of(&list["items"][0]),
        }
    }

    /// A message that the channel's program refused.
    async fn make_failed_message(&self) -> Made {
        let nowhere = format!("{}/nowhere", self.model);
        let (channel, _) = self.make_connection(&nowhere).await;
        let path = format!("channels/{channel}/messages");
        let text = format!("About {}", self.mark);
        let body = json!({"client_message_id": "first", "to": {"platform_id": "kim"}, "text": text});
        let sent = self
            .tenant
            .api
            .post(&format!("/api/v1/{path}"))
            .json(&body)
            .expect(201)
            .await;
        let conversation: Uuid = sent["conversation_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let made = Made {
            parent: conversation,
            id: id_of(&sent),
        };
        let refused = async {
            let mut look = tokio::time::interval(std::time::Duration::from_millis(50));
            while self.tenant.thread(conversation).await[0]["delivery"]["status"] != "failed" {
                look.tick().await;
            }
        };
        let refused = tokio::time::timeout(std::time::Duration::from_secs(120), refused).await;
        refused.expect("it was not refused");
        made
    }

    async fn make_draft(&self) -> Value {
        let after = json!({"question": fresh(&self.mark), "answer": "Yes.", "is_active": false});
        let draft = json!({"changes": [{"subject": "qa_pair", "after": after}]});
        self.tenant
            .api
            .post("/api/v1/drafts")
            .json(&draft)
            .expect(201)
            .await
    }

    /// Chats that wait until somebody says who speaks for the business.
    async fn make_transcript(&self) -> Value {
        let turn = self.proposed.fetch_add(1, Ordering::Relaxed);
        let topic = CHORES[turn % CHORES.len()];
        // in letters alone: a number would be taken for somebody's
        let place: String = Uuid::now_v7()
            .simple()
            .to_string()
            .chars()
            .map(in_letters)
            .collect();
        let question = format!("{topic} in {place} {}?", self.mark);
        let chat = format!(
            "Marie: {question}\nAnna: Ask the janitor of {place} {}.\nMarie: Thanks\nAnna: Bye\n",
            self.mark
        );
        let call = self.tenant.api.post("/api/v1/transcripts");
        call.body("text/plain", chat).expect(202).await
    }

    async fn make_proposal(&self) -> Uuid {
        let transcript = id_of(&self.make_transcript().await);
        let mut events = self.tenant.api.get("/api/v1/events").stream().await;
        let start = self
            .tenant
            .api
            .post(&format!("/api/v1/transcripts/{transcript}/start"));
        start.json(&json!({"business": ["Anna"]})).expect(202).await;
        let path = format!("/api/v1/transcripts/{transcript}");
        while self.tenant.api.get(&path).expect(200).await["status"] != "done" {
            events.next().await.expect("an event when it goes on");
        }
        let path = format!("/api/v1/qa-proposals?transcript_id={transcript}");
        let found = self.tenant.api.get(&path).expect(200).await;
        id_of(&found["items"][0])
    }

    /// Until its gaps have been put together: that is done a few seconds after they were asked.
    pub async fn settle(&self, owner: &mut PgConnection) {
        let waiting = "select (select count(*) from qa_gaps where tenant_id = $1 and embedding is null)
            + (select count(*) from graphile_worker._private_jobs where key ~ ('^(group_gaps|find_topics)/' || $1::uuid))";
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
        loop {
            let count: i64 = sqlx::query_scalar(waiting)
                .bind(self.tenant.id)
                .fetch_one(&mut *owner)
                .await
                .expect("a count");
            if count == 0 {
                return;
            }
            tick.tick().await;
        }
    }

    /// Calls a route whose path names nothing, with a body whose names are not taken.
    pub async fn call_anew(&self, route: &Route, caller: &Api) -> Answer {
        let call = route.call(caller, route.path, &self.model);
        match route.json(&self.model) {
            Some(mut body) if body["name"].is_string() => {
                body["name"] = fresh("").into();
                call.json(&body).send().await
            }
            _ => call.send().await,
        }
    }

    /// Asks something new that the tenant has not been taught.
    async fn make_gap(&self, visitor: &Visitor) -> Uuid {
        self.forget_what_gaps_taught().await;
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let topic = TOPICS[turn % TOPICS.len()];
        let question = format!("{topic} {} {turn}", self.mark);
        let said = visitor.say(&question).await;
        assert_eq!(said["answer"]["gap_detected"], true, "{said}");
        let gaps = self.tenant.api.get("/api/v1/gaps").expect(200).await;
        let items = gaps["items"].as_array().expect("a list");
        id_of(
            items
                .iter()
                .find(|gap| gap["question"] == question.trim())
                .expect("the gap"),
        )
    }

    /// What routes have answered gaps with would answer the next ones.
    async fn forget_what_gaps_taught(&self) {
        let pairs = self
            .tenant
            .api
            .get("/api/v1/qa-pairs?is_active=true&limit=200")
            .expect(200)
            .await;
        let items = pairs["items"].as_array().expect("a list");
        for pair in items.iter().filter(|pair| pair["source"] == "gap") {
            let path = format!("/api/v1/qa-pairs/{}", id_of(pair));
            let off = json!({"is_active": false});
            self.tenant.api.patch(&path).json(&off).expect(200).await;
        }
    }

    /// Told of nothing that other tests do.
    async fn make_webhook(&self) -> Uuid {
        let body = json!({"url": self.site.url("/"), "description": self.mark, "event_types": ["conversation.rated"]});
        let made = self.tenant.api.post("/api/v1/webhook-endpoints").json(&body);
        id_of(&made.expect(201).await["endpoint"])
    }

    /// A web site that has been read.
    async fn make_website(&self) -> Uuid {
        let base_url = self.site.url(&format!("/{}/", Uuid::now_v7()));
        let body = json!({"base_url": base_url, "max_depth": 0});
        let mut events = self.tenant.api.get("/api/v1/events").stream().await;
        let website = self
            .tenant
            .api
            .post("/api/v1/websites")
            .json(&body)
            .expect(202)
            .await;
        let path = format!("/api/v1/websites/{}", id_of(&website));
        while self.tenant.api.get(&path).expect(200).await["status"] == "crawling" {
            events.next().await.expect("an event when the reading goes on");
        }
        id_of(&website)
    }

    /// The token of a new invitation, for an agent.
    pub async fn invite(&self) -> String {
        let invited = self.tenant.api.post("/api/v1/invitations");
        let made = invited.json(&json!({"role": "agent"})).expect(201).await;
        let url = made["url"].as_str().expect("a link");
        url.rsplit('/').next().expect("a token").to_owned()
    }

    /// Invites somebody, who comes.
    async fn make_member(&self) -> Uuid {
        let path = format!("/api/v1/invitations/by-token/{}/accept", self.invite().await);
        let (name, email) = (fresh(&self.mark), format!("{}@new.example", Uuid::now_v7()));
        let account = json!({"name": name, "email": email, "password": "a long password"});
        let guest = self.tenant.api.without_credential();
        let session = guest.post(&path).json(&account).expect(201).await;
        id_of(&session["user"])
    }

    async fn make_conversation(&self) -> Uuid {
        let visitor = self.tenant.visitor().await;
        visitor.say("Where is the shop?").await;
        visitor.conversation_id
    }

    pub async fn create(&self, kind: &str, body: Value) -> Uuid {
        id_of(
            &self
                .tenant
                .api
                .post(&format!("/api/v1/{kind}"))
                .json(&body)
                .expect(201)
                .await,
        )
    }
}

pub fn lonely(id: Uuid) -> Made {
    Made {
        parent: Uuid::now_v7(),
        id,
    }
}

fn in_letters(c: char) -> char {
    c.to_digit(10).map_or(c, |digit| char::from(b'g' + digit as u8))
}

pub fn fresh(mark: &str) -> String {
    format!("{mark} {}", Uuid::now_v7())
}

pub fn id_of(thing: &Value) -> Uuid {
    thing["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .unwrap_or_else(|| panic!("no id: {thing}"))
}
