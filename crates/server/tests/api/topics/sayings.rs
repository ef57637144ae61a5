//! What visitors say, a subject each.

use sqlx::PgConnection;
use testkit::Tenant;
use uuid::Uuid;

pub const DELIVERY: [&str; 6] = [
    "Where is my parcel?",
    "When will my parcel be delivered?",
    "My parcel has not been delivered yet",
    "How long does the delivery of a parcel take?",
    "The tracking says that my parcel is delivered, but it is not here",
    "Can I track the delivery of my parcel?",
];
pub const REFUND: [&str; 6] = [
    "I want my money back, how do I get a refund?",
    "How long does a refund take?",
    "Has my refund been paid?",
    "I returned the chair and still wait for my refund",
    "Can you refund me to another card?",
    "When do I receive the refund?",
];
pub const PASSWORD: [&str; 6] = [
    "I forgot my password",
    "How can I reset my password?",
    "The link to reset the password does not work",
    "I cannot log in, the password is wrong",
    "Please change the password of my account",
    "My new password is not accepted",
];
pub const HOURS: [&str; 6] = [
    "What are your opening hours?",
    "Is the shop open on Sunday?",
    "When does the shop open on Saturday?",
    "Are you open on public holidays?",
    "Until when is the shop open today?",
    "Opening hours at Christmas?",
];
pub const LIVRAISON: [&str; 6] = [
    "Où est mon colis ?",
    "Quand mon colis sera-t-il livré ?",
    "Mon colis n'est toujours pas livré",
    "Le suivi du colis ne marche pas",
    "Quel est le délai de livraison du colis ?",
    "Je n'ai pas reçu mon colis",
];
pub const REMBOURSEMENT: [&str; 6] = [
    "Je voudrais un remboursement",
    "Quand vais-je recevoir mon remboursement ?",
    "Comment demander le remboursement de ma commande ?",
    "Le remboursement n'est pas arrivé",
    "Combien de temps prend un remboursement ?",
    "Mon remboursement est-il parti ?",
];

/// Each as somebody new, so many days ago. Gives the ids of the messages.
pub async fn said(owner: &mut PgConnection, tenant: &Tenant, days_ago: i32, texts: &[&str]) -> Vec<Uuid> {
    let channel: Uuid = tenant.channel().await["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("a UUID");
    sqlx::query("select set_config('app.current_tenant_id', $1, false)")
        .bind(tenant.id.to_string())
        .execute(&mut *owner)
        .await
        .expect("the tenant");
    let mut messages = Vec::new();
    for text in texts {
        let (contact, conversation, message) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        sqlx::query("insert into contacts (tenant_id, id) values ($1, $2)")
            .bind(tenant.id)
            .bind(contact)
            .execute(&mut *owner)
            .await
            .expect("a contact");
        sqlx::query("insert into conversations (tenant_id, id, contact_id, channel_id, session_id) values ($1, $2, $3, $4, $2::text)")
            .bind(tenant.id)
            .bind(conversation)
            .bind(contact)
            .bind(channel)
            .execute(&mut *owner)
            .await
            .expect("a conversation");
        sqlx::query(
            "insert into messages (tenant_id, id, conversation_id, sender_type, text_content, sent_at)
            values ($1, $2, $3, 'user', $4, now() - make_interval(days => $5))",
        )
        .bind(tenant.id)
        .bind(message)
        .bind(conversation)
        .bind(text)
        .bind(days_ago)
        .execute(&mut *owner)
        .await
        .expect("a message");
        // nobody is waited for
        sqlx::query("update conversations set awaiting_reply_since = null where id = $1")
            .bind(conversation)
            .execute(&mut *owner)
            .await
            .expect("a conversation");
        messages.push(message);
    }
    messages
}
