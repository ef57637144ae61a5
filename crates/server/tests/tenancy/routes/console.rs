//! How to call the console of those who run the installation.

use super::table::Body::{self, Json};
use super::table::Door::Instance;
use super::table::{Route, door};

#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    door(Instance, "GET", "/api/v1/instance/demos", Body::None, 200),
    door(Instance, "POST", "/api/v1/instance/demos", Json(r#"{"website": "https://shop.example"}"#), 201),
    door(Instance, "POST", "/api/v1/instance/demos/bulk-delete", Json(r#"{"dry_run": true}"#), 200),
    door(Instance, "GET", "/api/v1/instance/demos/{id}", Body::None, 200),
    door(Instance, "DELETE", "/api/v1/instance/demos/{id}", Body::None, 204),
    door(Instance, "GET", "/api/v1/instance/log", Body::None, 200),
    door(Instance, "GET", "/api/v1/instance/operators", Body::None, 200),
    door(Instance, "GET", "/api/v1/instance/plans", Body::None, 200),
    door(Instance, "PATCH", "/api/v1/instance/plans", Json(r#"{"trial_days": 14}"#), 200),
    door(Instance, "PATCH", "/api/v1/instance/plans/{plan}", Json(r#"{"limits": []}"#), 200),
    door(Instance, "GET", "/api/v1/instance/tenants", Body::None, 200),
    door(Instance, "POST", "/api/v1/instance/tenants", Json(r#"{"name": "New"}"#), 201),
    door(Instance, "GET", "/api/v1/instance/tenants/{id}", Body::None, 200),
    door(Instance, "DELETE", "/api/v1/instance/tenants/{id}", Json(r#"{"slug": "ours"}"#), 200),
    door(Instance, "GET", "/api/v1/instance/tenants/{id}/plan", Body::None, 200),
    door(Instance, "PATCH", "/api/v1/instance/tenants/{id}/plan", Json(r#"{"plan": "pro"}"#), 200),
    door(Instance, "POST", "/api/v1/instance/tenants/{id}/resume", Body::None, 200),
    door(Instance, "POST", "/api/v1/instance/tenants/{id}/suspend", Json("{}"), 200),
    door(Instance, "POST", "/api/v1/instance/tenants/{id}/visit", Body::None, 201),
    door(Instance, "DELETE", "/api/v1/instance/visit", Body::None, 204),
];
