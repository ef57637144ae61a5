//! x
pub fn routes() -> utoipa_axum::router::OpenApiRouter<crate::Context> {
    utoipa_axum::router::OpenApiRouter::new()
}
