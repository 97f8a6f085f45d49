//! Rows of a large answer, as they arrive.

use std::sync::Arc;

use crate::connection::{Bound, Statement as Target, Transaction};
use crate::error::Error;
use crate::result::QueryResult;

use super::column::{Column, Layout};
use super::params::Param;
use super::rows::affected;
use super::statement::Source;
use super::{Client, IntoIter, OwnedRow, Rows, Statement, ToStatement, failure};

/// How many rows come together unless set otherwise.
const CHUNK: usize = 1000;

/// The rows of a large answer, a few at a time. Made by [`Client::stream`].
///
/// Take them by the chunk with [`next_chunk`](Self::next_chunk), or iterate for one row after
/// another. Dropped early, the rest of the answer is
/// received and thrown away; have it cancelled by a [`CancelToken`](super::CancelToken) where that
/// would take long.
pub struct RowStream<'a> {
    client: &'a mut Client,
    layout: Arc<Layout>,
    /// A result that has been fetched and not been looked at.
    fetched: Option<Box<QueryResult>>,
    affected: u64,
    open: bool,
}

impl Client {
    /// Runs a statement whose rows are too many to keep them all in memory.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// let mut stream = client.stream("SELECT id, payload FROM event", &[])?;
    /// while let Some(rows) = stream.next_chunk()? {
    ///     for row in &rows {
    ///         let payload: &[u8] = row.get("payload");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query). An error may also come behind some of the rows.
    pub fn stream<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<RowStream<'_>, Error> {
        self.stream_by(CHUNK, statement, params)
    }

    /// As [`stream`](Self::stream), with the rows coming together set; 1000 unless set.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn stream_by<T: ?Sized + ToStatement>(
        &mut self,
        rows: usize,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<RowStream<'_>, Error> {
        let alone = self.link.engine.transaction() == Transaction::Idle;
        let source = statement.source();
        let mut statement = self.statement_of(source)?;
        let mut fetched = self.start_stream(rows, &statement, params);
        if fetched.as_ref().is_err_and(failure::is_stale_statement) {
            self.statements.forget(&statement);
            if alone && matches!(source, Source::Text(_)) {
                statement = self.statement_of(source)?;
                fetched = self.start_stream(rows, &statement, params);
            }
        }
        Ok(RowStream {
            fetched: Some(fetched?),
            layout: statement.layout(),
            client: self,
            affected: 0,
            open: true,
        })
    }

    /// Sends a statement and fetches the first of its results.
    fn start_stream(
        &mut self,
        rows: usize,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<Box<QueryResult>, Error> {
        self.bind(statement, params)?;
        let bound = Bound {
            params: self.params.encoded(),
            columns: Some(statement.engine_columns()),
        };
        let closing = &self.closing;
        self.link.send(|engine| {
            closing.send(engine)?;
            engine.send_bound(Target::Prepared(statement.name()), bound)?;
            engine.set_chunked_rows_mode(rows);
            Ok(())
        })?;
        let Some(result) = self.link.next() else {
            return Err(failure::refused(&self.link.engine));
        };
        if failure::is_failure(&result) {
            let error = failure::of_result(&self.link.engine, &result);
            self.link.drain();
            return Err(error);
        }
        self.refuse_copy(result)
    }
}

impl RowStream<'_> {
    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// Where the server reports an error, and where the connection is lost.
    pub fn next_chunk(&mut self) -> Result<Option<Rows>, Error> {
        while self.open {
            let fetched = self.fetched.take();
            let Some(result) = fetched.or_else(|| self.client.link.next()) else {
                self.open = false;
                break;
            };
            if failure::is_failure(&result) {
                let error = failure::of_result(&self.client.link.engine, &result);
                self.open = false;
                self.client.link.drain();
                return Err(error);
            }
            // The count comes with the last rows, or behind them where these fill a chunk.
            self.affected = self.affected.max(affected(&result.tag));
            if !result.rows.is_empty() {
                return Ok(Some(Rows::new(*result, self.layout.clone())));
            }
        }
        Ok(None)
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.layout.columns()
    }

    /// How many rows the command reported, once all have been read.
    pub fn rows_affected(&self) -> u64 {
        self.affected
    }
}

impl<'a> IntoIterator for RowStream<'a> {
    type Item = Result<OwnedRow, Error>;
    type IntoIter = StreamIter<'a>;

    fn into_iter(self) -> StreamIter<'a> {
        StreamIter {
            stream: self,
            chunk: None,
        }
    }
}

/// The rows of a large answer, one after another. See [`RowStream`].
pub struct StreamIter<'a> {
    stream: RowStream<'a>,
    chunk: Option<IntoIter>,
}

/// Ends behind an error, which is its last item.
impl Iterator for StreamIter<'_> {
    type Item = Result<OwnedRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.chunk.as_mut().and_then(Iterator::next) {
                return Some(Ok(row));
            }
            match self.stream.next_chunk() {
                Ok(rows) => self.chunk = Some(rows?.into_iter()),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Drop for RowStream<'_> {
    fn drop(&mut self) {
        if self.open {
            self.client.link.drain();
        }
    }
}
