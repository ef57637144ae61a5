//! Deals and products are found by the words that triggers have written of them. Clients have a search of their own.

pub mod store;

use sqlx::{Postgres, QueryBuilder};

/// A table of words: `w.{column}` is `{id}`.
#[derive(Clone, Copy)]
pub struct Words {
    pub table: &'static str,
    pub column: &'static str,
    pub id: &'static str,
}

impl Words {
    /// ` and …` for what has words with all these beginnings.
    pub fn push_beginnings(self, query: &mut QueryBuilder<Postgres>, words: &[String]) {
        // the longest is the rarest, most likely: what has it is looked up, and asked for the others one by one
        let longest = words.iter().max_by_key(|word| word.chars().count());
        for word in words {
            let (before, after) = if Some(word) == longest {
                ("exists (select", ")")
            } else {
                ("(select true", " limit 1)")
            };
            self.push(query, before);
            query.push(" and w.word >= ").push_bind(word.clone());
            let end = format!("{word}{}", char::MAX);
            query.push(" and w.word < ").push_bind(end).push(after);
        }
    }

    /// ` and …` for what has all these tags.
    pub fn push_tags(self, query: &mut QueryBuilder<Postgres>, tags: &[String]) {
        for tag in tags {
            let word: String = std::iter::once('#').chain(tag.chars().take(60)).collect();
            self.push(query, "exists (select");
            query.push(" and w.word = ").push_bind(word).push(")");
        }
    }

    fn push(self, query: &mut QueryBuilder<Postgres>, before: &str) {
        let Self { table, column, id } = self;
        query.push(format!(
            " and {before} from {table} w where w.tenant_id = current_tenant_id() and w.{column} = {id}"
        ));
    }
}
