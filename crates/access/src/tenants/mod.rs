//! Tenants: one business each. The unit that nothing may cross.

pub mod api;
pub mod standing;
pub mod store;

use kernel::ids::TenantId;
use kernel::{Database, Result, TenantProof};
use serde::Serialize;

/// A tenant as its members see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub slug: String,
    pub language: String,
    pub time_zone: String,
}

/// A tenant that does not exist yet: the proof with which its first rows are written.
#[derive(Debug)]
pub struct NewTenant(TenantId);

impl NewTenant {
    /// Names a tenant that nobody has: the id is fresh.
    pub fn reserve() -> Self {
        Self(TenantId::new())
    }

    /// Names a tenant whose id follows from where it comes from, whether or not it is there by now. For commands of the
    /// operator alone.
    pub fn named(id: TenantId) -> Self {
        Self(id)
    }
}

impl TenantProof for NewTenant {
    fn tenant_id(&self) -> TenantId {
        self.0
    }
}

/// Work done on behalf of the operator of the installation: the command line and background sweeps.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    tenant_id: TenantId,
}

impl TenantProof for Operator {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    fn actor(&self) -> Option<String> {
        Some(crate::audit::OPERATOR.to_owned())
    }
}

impl Operator {
    /// For the named tenant, if there is one.
    pub async fn find(db: &Database, slug: &str) -> Result<Option<Self>> {
        let found = store::find_id_by_slug(db, slug).await?;
        Ok(found.map(|tenant_id| Self { tenant_id }))
    }

    /// For every tenant, those that are suspended too.
    pub async fn for_all(db: &Database) -> Result<Vec<Self>> {
        let ids = store::list_ids(db).await?;
        Ok(ids.into_iter().map(|tenant_id| Self { tenant_id }).collect())
    }

    /// For the tenant with this id, if there is one.
    pub async fn by_id(db: &Database, id: TenantId) -> Result<Option<Self>> {
        let is_there = store::exists(db, id).await?;
        Ok(is_there.then_some(Self { tenant_id: id }))
    }

    /// For every tenant that is not suspended.
    pub async fn for_all_active(db: &Database) -> Result<Vec<Self>> {
        let ids = store::list_active_ids(db).await?;
        Ok(ids.into_iter().map(|tenant_id| Self { tenant_id }).collect())
    }
}

/// `Fennel & Oak` → `fennel-oak`. Empty for a name without any letter or digit of the Latin alphabet.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let plain = fold(c);
        if plain.is_ascii_alphanumeric() {
            slug.push(plain);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(60);
    slug.trim_matches('-').to_owned()
}

fn fold(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn a_slug_keeps_what_a_url_can_carry() {
        for (name, slug) in [
            ("Fennel & Oak", "fennel-oak"),
            ("  Crème Brûlée!  ", "creme-brulee"),
            ("木", ""),
            ("a--b", "a-b"),
        ] {
            assert_eq!(slug_of(name), slug);
        }
    }
}
