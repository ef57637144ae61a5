//! SQL that cuts what is searched for.

use kernel::{Result, TenantTx};

/// Cut by the database, as the words of what is searched were. Nothing but signs is found nowhere.
pub async fn cut(tx: &mut TenantTx, text: Option<&str>) -> Result<Vec<String>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    let mut words = sqlx::query_scalar!(r#"select crm_words($1) as "words!""#, text)
        .fetch_one(&mut **tx)
        .await?;
    words.truncate(MOST_WORDS);
    if words.is_empty() {
        words.push(char::MAX.to_string());
    }
    Ok(words)
}

/// More words narrow nothing any further.
const MOST_WORDS: usize = 12;
