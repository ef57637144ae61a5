//! The description of the API (OpenAPI 3.1), generated from the code.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

/// Title, version and how callers prove who they are; the routes are added by the domains.
pub fn base() -> OpenApi {
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-rapport_session")));
    let bearer = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "Below /api/v1 an API key (`rk_…`), below /api/widget a visitor token.",
            ))
            .build(),
    );
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Rapport")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("The API of the AI front office: conversations, knowledge, channels, and the public widget API."))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new().security_scheme("session", cookie).security_scheme("bearer", bearer).build(),
        ))
        .build()
}
