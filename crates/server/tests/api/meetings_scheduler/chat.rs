//! Booking, moving and cancelling in the chat.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::{Visitor, require_runtime};
use uuid::Uuid;

use super::{chips, known_visitor, meetings, set, shop, slots, text};
use crate::support::server;

#[tokio::test]
async fn a_visitor_books_by_number_leaves_an_address_and_cancels() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    set(
        &tenant,
        &json!({"consent_text": "We use it for this meeting only."}),
    )
    .await;
    let visitor = tenant.visitor().await;
    let said = visitor.say("Can I book a call?").await;
    let offer = text(&said);
    assert!(
        offer.contains("Europe/Paris") && offer.contains("\n5. "),
        "{offer}"
    );
    assert!(offer.contains("(CET)") || offer.contains("(CEST)"), "{offer}");
    let labels = chips(&said);
    // as many as the channel shows; the text has them all
    assert_eq!(
        (labels.len(), labels[2].as_str()),
        (3, "Other times"),
        "{labels:?}"
    );

    let said = text(&visitor.say("2").await);
    assert!(said.contains("at which e-mail address"), "{said}");
    assert!(said.ends_with("We use it for this meeting only."), "{said}");
    assert!(meetings(&tenant, "").await.is_empty());
    let said = visitor.say("It's mia@example.com").await;
    assert!(text(&said).starts_with("Your meeting is booked: "), "{said}");
    let all = meetings(&tenant, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    let meeting = &all[0];
    assert_eq!(meeting["conversation_id"], visitor.conversation_id.to_string());
    assert_eq!(
        (&meeting["source"], &meeting["attendee_email"], &meeting["title"]),
        (&json!("builtin"), &json!("mia@example.com"), &json!("Meeting"))
    );
    assert!(
        meeting["assigned_to"].is_string() && meeting["contact_id"].is_string(),
        "{meeting}"
    );
    assert_eq!(chips(&said)[1], "Cancel my meeting");
    // its time is not free any more
    let free = slots(&tenant, "").await;
    assert!(
        free.iter()
            .all(|slot| slot["starts_at"] != meeting["scheduled_at"])
    );

    // neither what is not to be done nor a question does anything, and what does is asked back
    for words in ["Don't cancel my meeting", "Can I cancel my booking for free?"] {
        let said = text(&visitor.say(words).await);
        assert!(
            !said.contains("is cancelled") && !said.contains("Yes / No"),
            "{said}"
        );
    }
    for answer in ["No, keep it", "Where is the shop?"] {
        let asked = visitor.say("Please cancel my meeting").await;
        assert!(text(&asked).starts_with("Cancel your meeting on "), "{asked}");
        assert_eq!(chips(&asked), ["Yes", "No"]);
        visitor.say(answer).await;
        assert!(!text(&visitor.say("Yes").await).contains("is cancelled"));
    }
    assert_eq!(meetings(&tenant, "").await[0]["status"], "scheduled");
    visitor.say("Please cancel my meeting").await;
    let said = text(&visitor.say("Yes").await);
    assert!(said.ends_with("is cancelled."), "{said}");
    let meeting = &meetings(&tenant, "").await[0];
    assert_eq!(
        (&meeting["status"], &meeting["sequence"]),
        (&json!("cancelled"), &json!(1))
    );
    assert_eq!(meeting["cancel_reason"], "Cancelled by the visitor in the chat");
    let said = text(&visitor.say("Cancel my meeting").await);
    assert_eq!(said, "I do not see a meeting of yours ahead.");
}

#[tokio::test]
async fn in_french_a_button_is_pressed_and_the_meeting_is_moved() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = known_visitor(&tenant, "zoe@example.com").await;
    let said = visitor.say("Je voudrais prendre rendez-vous").await;
    assert!(text(&said).contains("Ces créneaux sont libres"), "{said}");
    let label = chips(&said).remove(1);
    let said = visitor.say(&label).await;
    assert!(
        text(&said).starts_with("Votre rendez-vous est réservé : "),
        "{said}"
    );
    let first = meetings(&tenant, "").await.remove(0);
    assert_eq!(
        (&first["title"], &first["attendee_email"]),
        (&json!("Rendez-vous"), &json!("zoe@example.com"))
    );

    let said = visitor.say("Déplacer mon rendez-vous").await;
    assert!(text(&said).contains("À quel moment le déplacer"), "{said}");
    let said = visitor.say("Autres créneaux").await;
    assert!(text(&said).starts_with("Ceux-ci sont libres également"), "{said}");
    let said = visitor.say("1").await;
    assert!(
        text(&said).starts_with("Votre rendez-vous est déplacé : "),
        "{said}"
    );
    let all = meetings(&tenant, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["id"], &all[0]["status"], &all[0]["sequence"]),
        (&first["id"], &json!("rescheduled"), &json!(1))
    );
    assert_ne!(all[0]["scheduled_at"], first["scheduled_at"]);
    assert_eq!(all[0]["assigned_to"], first["assigned_to"]);
}

/// Somebody of the team was faster: there is nothing left to move, and the bot says so.
#[tokio::test]
async fn a_meeting_that_a_colleague_cancels_while_it_is_moved_stays_cancelled() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    for (number, choice) in ["2", "Other times", "tomorrow at 10:00"].into_iter().enumerate() {
        let visitor = known_visitor(&tenant, &format!("mia{number}@example.com")).await;
        visitor.say("Can I book a call?").await;
        let said = text(&visitor.say("1").await);
        assert!(said.starts_with("Your meeting is booked: "), "{said}");
        let of = format!("?conversation_id={}", visitor.conversation_id);
        let booked = meetings(&tenant, &of).await.remove(0);
        let said = visitor.say("Move my meeting").await;
        assert!(text(&said).contains("\n2. "), "{said}");

        let path = format!("/api/v1/meetings/{}", booked["id"].as_str().expect("an id"));
        let cancelled = json!({"status": "cancelled", "cancel_reason": "Snow"});
        tenant.api.patch(&path).json(&cancelled).expect(200).await;
        let said = text(&visitor.say(choice).await);
        assert_eq!(said, "I do not see a meeting of yours ahead.", "{choice}");
        let all = meetings(&tenant, &of).await;
        assert_eq!(
            (all.len(), &all[0]["status"], &all[0]["scheduled_at"]),
            (1, &json!("cancelled"), &booked["scheduled_at"])
        );
        // and no number means anything any more
        let said = text(&visitor.say("2").await);
        assert!(
            !said.contains("is moved") && !said.contains("is booked"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn days_and_times_are_understood_and_a_question_between_them_is_answered() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    let said = text(&visitor.say("Can we schedule a call on Tuesday at 10?").await);
    assert!(
        said.starts_with("Tuesday ") && said.contains(", 10:00 ("),
        "{said}"
    );
    let said = text(&visitor.say("No thanks").await);
    assert!(said.contains("nothing was booked"), "{said}");

    visitor.say("Can I book a call?").await;
    let said = text(&visitor.say("Where is the shop?").await);
    assert_eq!(said, "In Ghent.");
    // a number alone means something only behind the list
    let said = text(&visitor.say("2").await);
    assert!(!said.contains("e-mail address"), "{said}");
    visitor.say("Can I book a call?").await;
    let said = text(&visitor.say("Wednesday").await);
    assert!(
        said.contains("1. Wednesday") && said.contains("2. Wednesday"),
        "{said}"
    );
    let said = text(&visitor.say("Wednesday at 20:00").await);
    assert!(said.starts_with("I have nothing free then."), "{said}");
    let said = text(&visitor.say("friday at 3pm").await);
    assert!(
        said.starts_with("Friday ") && said.contains(", 15:00 ("),
        "{said}"
    );
    visitor.say("mia@example.com").await;
    assert_eq!(meetings(&tenant, "?status=scheduled").await.len(), 1);
}

#[tokio::test]
async fn of_many_who_choose_the_same_time_one_has_it_and_the_others_are_offered_more() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let mut visitors = Vec::new();
    for number in 0..5 {
        let visitor = known_visitor(&tenant, &format!("v{number}@example.com")).await;
        visitor.say("Can I book a call?").await;
        visitors.push(visitor);
    }
    let mut calls = tokio::task::JoinSet::new();
    for visitor in visitors {
        calls.spawn(async move { text(&visitor.say("1").await) });
    }
    let said = calls.join_all().await;
    let booked = said
        .iter()
        .filter(|text| text.starts_with("Your meeting is booked"));
    assert_eq!(booked.count(), 1, "{said:#?}");
    let refused = said.iter().filter(|text| text.contains("is not free any more"));
    assert_eq!(refused.count(), 4, "{said:#?}");
    assert!(
        said.iter()
            .all(|text| text.starts_with("Your") || text.contains("\n5. "))
    );
    assert_eq!(meetings(&tenant, "").await.len(), 1);
}

#[tokio::test]
async fn members_are_booked_in_turn() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let mut hosts = Vec::new();
    for name in ["ana", "bo"] {
        let member = server
            .member(&tenant, &format!("{name}@shop.example"), "agent")
            .await;
        hosts.push(member.get("/api/v1/session").expect(200).await["user"]["id"].clone());
    }
    set(&tenant, &json!({"members": hosts})).await;
    for (index, number) in ["1", "2", "2", "1"].into_iter().enumerate() {
        let visitor = known_visitor(&tenant, &format!("v{index}@example.com")).await;
        visitor.say("Can I book a call?").await;
        let said = text(&visitor.say(number).await);
        assert!(said.starts_with("Your meeting is booked"), "{said}");
        if index == 1 {
            // both were free: it is the other one's turn
            let all = meetings(&tenant, "").await;
            assert_ne!(all[0]["assigned_to"], all[1]["assigned_to"], "{all:?}");
        }
    }
    let all = meetings(&tenant, "").await;
    let of = |host: &serde_json::Value| all.iter().filter(|one| &one["assigned_to"] == host).count();
    assert_eq!((of(&hosts[0]), of(&hosts[1])), (2, 2), "{all:?}");
    // two at the same time, with two colleagues
    let times: BTreeSet<String> = all.iter().map(|one| one["scheduled_at"].to_string()).collect();
    assert_eq!(times.len(), 2, "{times:?}");
}

#[tokio::test]
async fn a_link_comes_first_and_nothing_is_offered_where_the_scheduler_is_off() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    // beside what is not known, times are offered; once
    let visitor = tenant.visitor().await;
    let said = text(&visitor.say("Do you repair bagpipes made of tin?").await);
    assert!(said.contains("You can also book a meeting."), "{said}");
    let said = text(&visitor.say("Do you paint bagpipes in green colours?").await);
    assert!(!said.contains("book a meeting"), "{said}");

    let link = json!({"settings": {"booking_url": "https://book.shop.example/intro"}});
    tenant.configure(&link).await;
    let visitor = tenant.visitor().await;
    let said = visitor.say("Can I book a call?").await;
    assert_eq!(said["answer"]["actions"][0]["kind"], "offer_booking", "{said}");
    let none = json!({"settings": {"booking_url": null}});
    tenant.configure(&none).await;
    let other = crate::quick_tenant(&server).await;
    let said = text(&other.visitor().await.say("Can I book a call?").await);
    assert!(!said.contains("1. "), "{said}");
}

#[tokio::test]
async fn a_server_that_dies_forgets_nothing_and_books_once() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = known_visitor(&tenant, "mia@example.com").await;
    visitor.say("Can I book a call?").await;
    let id = Uuid::now_v7().to_string();
    let call = visitor.message(&id, "1");
    let sending = tokio::spawn(async move { call.try_send().await.is_ok() });
    tokio::task::yield_now().await;
    server.kill().await;
    let _ = sending.await;
    server.start_again().await;
    // the same message again, as a widget does: whether or not it had arrived
    let said = visitor.say_as(&id, "1").await.expect(200);
    let all = meetings(&tenant, "").await;
    assert_eq!(all.len(), 1, "{said}");
    visitor.say("Cancel my meeting").await;
    visitor.say("Yes").await;
    assert_eq!(meetings(&tenant, "?status=cancelled").await.len(), 1);
}

/// However the team puts two visitors together, neither is told the address or the meeting of the other.
#[tokio::test]
async fn visitors_put_together_by_hand_book_and_cancel_each_for_themselves() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let contact_of = async |visitor: &Visitor| {
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let details = tenant.api.get(&path).expect(200).await;
        details["contact"]["id"].as_str().expect("an id").to_owned()
    };
    for (is_kept, email, others) in [
        (true, "mia@example.com", "zoe@example.com"),
        (false, "ana@example.com", "eva@example.com"),
    ] {
        let known = known_visitor(&tenant, email).await;
        known.say("Can I book a call?").await;
        let said = text(&known.say("1").await);
        assert!(said.starts_with("Your meeting is booked: "), "{said}");
        let other = tenant.visitor().await;
        other.say("Where is the shop?").await;
        let (mut kept, mut merged) = (contact_of(&known).await, contact_of(&other).await);
        if !is_kept {
            (kept, merged) = (merged, kept);
        }
        let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
        tenant.api.post(&path).expect(200).await;
        let said = text(&other.say("Cancel my meeting").await);
        assert_eq!(said, "I do not see a meeting of yours ahead.");
        other.say("Can I book a call?").await;
        let said = text(&other.say("1").await);
        assert!(said.contains("at which e-mail address"), "{said}");
        // what one of them tells now is theirs alone as well
        let said = text(&other.say(&format!("It's {others}")).await);
        assert!(
            said.starts_with("Your meeting is booked: ") && said.contains(others),
            "{said}"
        );
        known.say("Cancel my meeting").await;
        let said = text(&known.say("Yes").await);
        assert!(said.ends_with("is cancelled."), "{said}");
        known.say("Can I book a call?").await;
        let said = text(&known.say("1").await);
        assert!(
            said.starts_with("Your meeting is booked: ") && said.contains(email),
            "{said}"
        );
    }
}
