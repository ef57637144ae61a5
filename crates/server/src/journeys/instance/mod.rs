//! The console of those who run the installation: everything below `/api/v1/instance`. It spans all tenants and shows the
//! content of none: names, plans, figures and health.
//!
//! One file a subject; each has a `routes()`. Every handler takes an [`access::instance::InstanceOperator`], which the guard
//! around the routes has put there.

mod demos;
pub mod figures;
mod operators;
mod plans;
mod store;
pub mod tenants;

use axum::middleware;
use utoipa_axum::router::OpenApiRouter;

use crate::wiring::Domains;

/// Nobody but operators comes in; whoever else asks finds nothing here.
pub fn routes(domains: &Domains) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(demos::routes())
        .merge(operators::routes())
        .merge(plans::routes())
        .merge(tenants::routes())
        .with_state(domains.clone())
        .layer(middleware::from_fn_with_state(
            domains.access.clone(),
            access::instance::guard,
        ))
}
