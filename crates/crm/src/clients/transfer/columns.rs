//! What the columns of a file mean, by their names in English and French.

use conversations::search::words;

use crate::fields::CustomField;

/// Fields that a column can fill, with names that people give them: without accents, in lower case.
const NAMES: [(&str, &[&str]); 19] = [
    (
        "name",
        &[
            "name",
            "nom",
            "full name",
            "nom complet",
            "client",
            "contact",
            "contact name",
        ],
    ),
    (
        "company_name",
        &[
            "company",
            "company name",
            "entreprise",
            "societe",
            "organisation",
            "organization",
            "raison sociale",
        ],
    ),
    (
        "email",
        &[
            "email",
            "e mail",
            "mail",
            "courriel",
            "email address",
            "adresse email",
            "adresse e mail",
        ],
    ),
    (
        "phone",
        &[
            "phone",
            "telephone",
            "tel",
            "mobile",
            "phone number",
            "numero de telephone",
            "portable",
        ],
    ),
    (
        "secondary_phone",
        &["secondary phone", "phone 2", "telephone 2", "autre telephone"],
    ),
    ("client_type", &["client type", "type", "type de client"]),
    (
        "lifecycle_stage",
        &["lifecycle stage", "lifecycle", "stage", "etape", "cycle de vie"],
    ),
    ("lead_quality", &["lead quality", "quality", "qualite"]),
    ("source", &["source", "origine", "origin"]),
    (
        "assigned_to",
        &["assigned to", "owner", "assigne a", "responsable", "proprietaire"],
    ),
    ("tags", &["tags", "tag", "labels", "etiquettes", "mots cles"]),
    (
        "ecommerce_customer_id",
        &[
            "ecommerce customer id",
            "customer id",
            "id client",
            "numero client",
        ],
    ),
    (
        "first_contact_date",
        &["first contact date", "first contact", "premier contact"],
    ),
    (
        "last_contact_date",
        &["last contact date", "last contact", "dernier contact"],
    ),
    (
        "next_follow_up_date",
        &[
            "next follow up date",
            "next follow up",
            "follow up",
            "relance",
            "prochaine relance",
        ],
    ),
    (
        "address.street",
        &["address", "street", "adresse", "rue", "address street"],
    ),
    ("address.city", &["city", "ville", "address city"]),
    (
        "address.zip",
        &["zip", "zip code", "postal code", "code postal", "address zip"],
    ),
    ("address.country", &["country", "pays", "address country"]),
];

/// Whether a mapping may name it.
pub fn is_target(target: &str, fields: &[CustomField]) -> bool {
    target == "ignore"
        || NAMES.iter().any(|(field, _)| *field == target)
        || target
            .strip_prefix("custom.")
            .is_some_and(|key| fields.iter().any(|field| field.key == key))
}

/// What a column of this name probably means.
pub fn suggest(column: &str, fields: &[CustomField]) -> String {
    let plain = plain(column);
    let known = NAMES.iter().find(|(field, names)| {
        plain == field.replace(['_', '.'], " ") || names.iter().any(|name| plain == *name)
    });
    if let Some((field, _)) = known {
        return (*field).to_owned();
    }
    let own = fields.iter().find(|field| {
        self::plain(&field.label) == plain
            || field.key == column.trim()
            || format!("custom.{}", field.key) == column.trim()
    });
    own.map_or_else(|| "ignore".to_owned(), |field| format!("custom.{}", field.key))
}

/// `E-mail ` → `e mail`, in the order of the words.
fn plain(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric()).flat_map(words);
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_names_in_both_languages() {
        for (column, field) in [
            ("E-mail", "email"),
            ("Société", "company_name"),
            ("next_follow_up_date", "next_follow_up_date"),
            ("Code postal", "address.zip"),
            ("Favourite colour", "ignore"),
        ] {
            assert_eq!(suggest(column, &[]), field, "{column}");
        }
    }
}
