//! Courtesies to whoever waits: "read", "typing". Nobody learns of one that fails.

use connectors::outbound::Signal;
use kernel::TenantProof as _;

use crate::Context;
use crate::connections::Connection;

/// A person is writing. Whoever asks for it is held back by [`Context::typing_limit`].
pub fn person_types(ctx: &Context, connection: &Connection, thread: String, message_id: String) {
    if !connection.connector.about().capabilities.has_typing {
        return;
    }
    let (http, connection) = (ctx.http.clone(), connection.clone());
    tokio::spawn(async move {
        let typing = Signal::Typing {
            thread: &thread,
            message_id: Some(&message_id),
        };
        if let Some(telling) = connection.connector.signal(&http, &connection.account, &typing) {
            telling.await;
        }
    });
}

/// Marks the message as read and shows that an answer is being written.
pub fn typing(ctx: &Context, connection: &Connection, thread: &str, message_id: &str) {
    let capabilities = &connection.connector.about().capabilities;
    if !capabilities.has_typing && !capabilities.has_read_marks {
        return;
    }
    let Ok(place) = ctx.courtesies.take(connection.tenant_id()) else {
        return;
    };
    let (http, connection) = (ctx.http.clone(), connection.clone());
    let (thread, message_id) = (thread.to_owned(), message_id.to_owned());
    tokio::spawn(async move {
        let _place = place;
        let read = Signal::Read {
            thread: &thread,
            message_id: &message_id,
        };
        let typing = Signal::Typing {
            thread: &thread,
            message_id: Some(&message_id),
        };
        for signal in [read, typing] {
            if let Some(telling) = connection.connector.signal(&http, &connection.account, &signal) {
                telling.await;
            }
        }
    });
}
