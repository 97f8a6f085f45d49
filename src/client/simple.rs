//! The simple query protocol: several statements in one text, values as text.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::result::{Columns, ExecStatus, QueryResult, RowSet};

use super::rows::affected;
use super::{Client, failure};

/// A part of the answer to [`Client::simple_query`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SimpleQueryMessage {
    /// A row.
    Row(SimpleQueryRow),
    /// A statement is done; how many rows it returned or changed, 0 where it does not report that.
    CommandComplete(u64),
}

/// A row of text values.
#[derive(Clone)]
pub struct SimpleQueryRow {
    answer: Arc<TextAnswer>,
    index: usize,
}

/// What the rows of one statement share.
struct TextAnswer {
    rows: RowSet,
    columns: Arc<Columns>,
}

impl SimpleQueryRow {
    /// The value in the column with this index; `None` for a NULL, and where there is no such
    /// column or the value is not UTF-8.
    pub fn get(&self, column: usize) -> Option<&str> {
        let value = self.answer.rows.get(self.index, column).flatten()?;
        std::str::from_utf8(value).ok()
    }

    /// The value in the first column with this name; `None` as with [`get`](Self::get).
    pub fn get_by_name(&self, column: &str) -> Option<&str> {
        self.get(self.answer.columns.index_of(column.as_bytes())?)
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.answer.columns.len()
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.answer.columns.is_empty()
    }

    /// The name of the column with this index.
    pub fn column_name(&self, column: usize) -> Option<&str> {
        self.answer.columns.name(column)?.to_str().ok()
    }
}

impl fmt::Debug for SimpleQueryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = (0..self.len()).filter_map(|index| self.column_name(index));
        f.debug_list().entries(names).finish()
    }
}

impl Client {
    /// Runs one or more statements, separated by semicolons, and returns the values as text.
    ///
    /// Statements of one text run in one transaction unless they begin or end one themselves.
    ///
    /// # Errors
    /// Where the server reports an error; what the statements before it returned is dropped.
    ///
    /// Manual: "Simple Query".
    pub fn simple_query(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        let mut messages = Vec::new();
        self.run_simple(sql, |result| {
            let affected = affected(&result.tag);
            let has_rows = result.status == ExecStatus::TuplesOk;
            let (rows, columns) = (result.rows, result.columns);
            let count = rows.len();
            let answer = Arc::new(TextAnswer { rows, columns });
            messages.extend((0..count).map(|index| {
                let answer = answer.clone();
                SimpleQueryMessage::Row(SimpleQueryRow { answer, index })
            }));
            if has_rows || result.status == ExecStatus::CommandOk {
                messages.push(SimpleQueryMessage::CommandComplete(affected));
            }
        })?;
        Ok(messages)
    }

    /// Runs one or more statements, separated by semicolons, for what they do; their rows are
    /// dropped.
    ///
    /// Nothing is escaped or quoted: a text with values in it is to be made with
    /// [`quote_literal`](super::quote_literal) and
    /// [`quote_identifier`](super::quote_identifier), and better still not at all.
    ///
    /// # Errors
    /// As [`simple_query`](Self::simple_query).
    pub fn batch_execute(&mut self, sql: &str) -> Result<(), Error> {
        self.run_simple(sql, drop)
    }

    /// Runs a text and hands each result over; the first error is returned when all is read.
    fn run_simple(
        &mut self,
        sql: &str,
        mut take: impl FnMut(Box<QueryResult>),
    ) -> Result<(), Error> {
        let closing = &self.closing;
        self.link.send(|engine| {
            closing.send(engine)?;
            engine.send_query(sql.as_bytes())
        })?;
        let mut error = None;
        while let Some(result) = self.link.next() {
            if failure::is_failure(&result) {
                error.get_or_insert_with(|| failure::of_result(&self.link.engine, &result));
            } else if result.status.is_copy() {
                return self.refuse_copy(result).map(drop);
            } else {
                take(result);
            }
        }
        error.map_or(Ok(()), Err)
    }
}
