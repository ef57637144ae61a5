//! A topic: what several visitors ask about.

use uuid::Uuid;

use super::{World, id_of};

impl World {
    pub async fn make_topic(&self) -> Uuid {
        for question in [
            "Where is my parcel?",
            "Is my parcel lost?",
            "When does my parcel come?",
        ] {
            self.tenant.visitor().await.say(question).await;
        }
        let mut events = self.tenant.api.get("/api/v1/events").stream().await;
        events.next_named("ready").await;
        let refresh = self.tenant.api.post("/api/v1/analytics/topics/refresh");
        refresh.expect(202).await;
        while events.next_named("workspace").await.json()["what"] != "topics" {}
        let topics = self.tenant.api.get("/api/v1/analytics/topics").expect(200).await;
        id_of(&topics["items"][0])
    }
}
