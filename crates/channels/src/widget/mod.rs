//! The public API behind the chat widget. No cookie, no session on the server: a visitor holds a signed token.
//!
//! Every request is checked in the same order: the channel's key, the page's origin, the token, the limits.

mod about;
mod api;
mod cors;
mod events;
mod identity;
mod leads;
pub mod limits;
mod n8n;
mod posting;
pub mod token;
mod uploads;

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(api::get_widget_settings))
        .routes(routes!(api::start_widget_session))
        .routes(routes!(posting::post_widget_message, api::list_widget_messages))
        .routes(routes!(events::stream_widget_events))
        .routes(routes!(api::give_widget_feedback))
        .routes(routes!(api::escalate_widget_conversation))
        .routes(routes!(about::rate_widget_conversation))
        .routes(routes!(about::leave_widget_contact))
        .routes(routes!(leads::create_widget_lead))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(uploads::upload_widget_file))
                .routes(routes!(n8n::post_n8n_chat))
                .layer(DefaultBodyLimit::max(assets::LARGEST_BODY)),
        )
        .layer(middleware::from_fn_with_state(ctx.clone(), cors::guard))
        .with_state(ctx)
}
