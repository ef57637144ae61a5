//! Bodies that make something: what can be changed of it later, and what is said once. Each field that there is not is
//! refused by its name.

use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// One object with the fields of both and no others. Derived it would be two, of which neither allows the other's fields.
pub fn schema_of<Later: PartialSchema, Once: PartialSchema>() -> RefOr<Schema> {
    match (Later::schema(), Once::schema()) {
        (RefOr::T(Schema::Object(mut all)), RefOr::T(Schema::Object(once))) => {
            all.properties.extend(once.properties);
            all.required.extend(once.required);
            all.description = once.description;
            RefOr::T(Schema::Object(all))
        }
        (later, _) => later,
    }
}
