//! The statements that a client keeps prepared.

use std::collections::HashMap;

use super::statement::Statement;

/// How many statements are kept unless set otherwise.
const CAPACITY: usize = 100;

/// Prepared statements by their text; the one not used for the longest time goes first.
pub(super) struct StatementCache {
    entries: HashMap<Box<str>, Entry>,
    capacity: usize,
    /// Grows with every use.
    clock: u64,
}

struct Entry {
    statement: Statement,
    used: u64,
}

impl Default for StatementCache {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            capacity: CAPACITY,
            clock: 0,
        }
    }
}

impl StatementCache {
    /// The statement with this text.
    pub(super) fn get(&mut self, sql: &str) -> Option<Statement> {
        let entry = self.entries.get_mut(sql)?;
        self.clock += 1;
        entry.used = self.clock;
        Some(entry.statement.clone())
    }

    /// Keeps a statement.
    pub(super) fn insert(&mut self, sql: &str, statement: Statement) {
        if self.capacity == 0 {
            return;
        }
        self.make_room(self.capacity - 1);
        self.clock += 1;
        let used = self.clock;
        self.entries.insert(sql.into(), Entry { statement, used });
    }

    /// Forgets this statement, where it is one of those kept.
    #[cold]
    pub(super) fn forget(&mut self, statement: &Statement) {
        let other = |kept: &Statement| kept.name() != statement.name();
        self.entries.retain(|_, entry| other(&entry.statement));
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Sets how many are kept.
    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.make_room(capacity);
    }

    fn make_room(&mut self, most: usize) {
        while self.entries.len() > most {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            let Some(sql) = oldest.map(|(sql, _)| sql.clone()) else {
                return;
            };
            self.entries.remove(&sql);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::column::Layout;
    use super::super::statement::{Closing, Name};
    use super::*;
    use crate::result::Columns;

    fn statement() -> Statement {
        let (layout, columns) = (Layout::default(), Columns::default());
        Statement::new(
            Name::unique(),
            Vec::new(),
            layout,
            &columns,
            Arc::<Closing>::default(),
        )
    }

    #[test]
    fn the_one_not_used_for_the_longest_time_goes_first() {
        let mut cache = StatementCache::default();
        cache.set_capacity(2);
        cache.insert("a", statement());
        cache.insert("b", statement());
        assert!(cache.get("a").is_some());
        cache.insert("c", statement());
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        cache.set_capacity(1);
        assert!(cache.get("a").is_none() && cache.get("c").is_some());
    }

    #[test]
    fn a_statement_is_forgotten_and_no_other() {
        let mut cache = StatementCache::default();
        cache.insert("a", statement());
        cache.insert("b", statement());
        let stale = cache.get("a").unwrap();
        cache.forget(&stale);
        assert!(cache.get("a").is_none() && cache.get("b").is_some());
    }

    #[test]
    fn without_capacity_nothing_is_kept() {
        let mut cache = StatementCache::default();
        cache.set_capacity(0);
        cache.insert("a", statement());
        assert!(cache.get("a").is_none());
    }
}
