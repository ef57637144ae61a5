//! Deals and products are found by the words that triggers have written of them. Clients have a search of their own.

pub mod store;

use sqlx::{Postgres, QueryBuilder};

/// ` and …` for what has words with all these beginnings in a table of words: `w.{column}` is `{id}`.
pub fn push_beginnings(query: &mut QueryBuilder<Postgres>, words: &[String], table: &str, column: &str, id: &str) {
    for word in words {
        push_word(query, table, column, id, ">= ", word.clone());
        let end = format!("{word}{}", char::MAX);
        query.push(" and w.word < ").push_bind(end).push(")");
    }
}

/// ` and …` for what has all these tags.
pub fn push_tags(query: &mut QueryBuilder<Postgres>, tags: &[String], table: &str, column: &str, id: &str) {
    for tag in tags {
        let word = std::iter::once('#').chain(tag.chars().take(60)).collect();
        push_word(query, table, column, id, "= ", word);
        query.push(")");
    }
}

fn push_word(
    query: &mut QueryBuilder<Postgres>,
    table: &str,
    column: &str,
    id: &str,
    compare: &str,
    word: String,
) {
    query.push(format!(
        " and exists (select from {table} w where w.tenant_id = current_tenant_id() and w.{column} = {id} and w.word {compare}"
    ));
    query.push_bind(word);
}
