//! Routes of training sets and model versions; part of [`super::table::ROUTES`].

use super::table::Body::{self, Json};
use super::table::Names::{Nothing, One, Within};
use super::table::Thing::{ModelVersion, TrainingExample, TrainingSet};
use super::table::{Route, member};

#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    member("GET", "/api/v1/model-versions", Nothing, Body::None, 200),
    member("POST", "/api/v1/model-versions", Nothing, Json(r#"{"model_name": "shop-model"}"#), 201),
    member("POST", "/api/v1/model-versions/tune", Nothing, Json(r#"{"training_set_id": "00000000-0000-7000-8000-000000000000", "credential_id": "00000000-0000-7000-8000-000000000000"}"#), 404),
    member("GET", "/api/v1/model-versions/{id}", One(ModelVersion), Body::None, 200),
    member("PATCH", "/api/v1/model-versions/{id}", One(ModelVersion), Json(r#"{"note": "From the agency"}"#), 200),
    member("DELETE", "/api/v1/model-versions/{id}", One(ModelVersion), Body::None, 204),
    member("POST", "/api/v1/model-versions/{id}/activate", One(ModelVersion), Body::None, 200),
    member("POST", "/api/v1/model-versions/{id}/cancel", One(ModelVersion), Body::None, 409),
    member("POST", "/api/v1/model-versions/{id}/deactivate", One(ModelVersion), Body::None, 409),
    member("POST", "/api/v1/model-versions/{id}/refresh", One(ModelVersion), Body::None, 409),
    member("GET", "/api/v1/retrieval-model", Nothing, Body::None, 200),
    member("POST", "/api/v1/retrieval-model/roll-back", Nothing, Body::None, 409),
    member("POST", "/api/v1/retrieval-model/train", Nothing, Body::None, 409),
    member("GET", "/api/v1/training-sets", Nothing, Body::None, 200),
    member("POST", "/api/v1/training-sets", Nothing, Json(r#"{"name": "Approved"}"#), 201),
    member("POST", "/api/v1/training-sets/preview", Nothing, Json(r#"{"filter": {}}"#), 200),
    member("GET", "/api/v1/training-sets/{id}", One(TrainingSet), Body::None, 200),
    member("PATCH", "/api/v1/training-sets/{id}", One(TrainingSet), Json(r#"{"system_prompt": "Be brief."}"#), 200),
    member("DELETE", "/api/v1/training-sets/{id}", One(TrainingSet), Body::None, 204),
    member("GET", "/api/v1/training-sets/{id}/estimate", One(TrainingSet), Body::None, 200),
    member("GET", "/api/v1/training-sets/{id}/examples", One(TrainingSet), Body::None, 200),
    member("PATCH", "/api/v1/training-sets/{id}/examples/{example_id}", Within(TrainingExample), Json(r#"{"is_left_out": true}"#), 200),
    member("GET", "/api/v1/training-sets/{id}/export", One(TrainingSet), Body::None, 200),
    member("POST", "/api/v1/training-sets/{id}/freeze", One(TrainingSet), Body::None, 200),
];
