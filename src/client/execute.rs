//! Running statements, and preparing them.

use std::sync::Arc;

use postgres_types::{Oid, Type};

use crate::connection::{Bound, Statement as Target, Transaction};
use crate::error::{Error, ErrorKind};
use crate::result::QueryResult;

use super::column::Layout;
use super::params::Param;
use super::rows::affected;
use super::statement::{Name, Source};
use super::{Client, OwnedRow, Rows, Statement, ToStatement, failure};

impl Client {
    /// Runs a statement and returns its rows.
    ///
    /// Parameters are written `$1`, `$2`, … and given in that order. Values travel in binary
    /// format and never become part of the SQL text.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// let rows = client.query("SELECT n, n * n FROM generate_series(1, $1) AS n", &[&3])?;
    /// assert_eq!(rows.len(), 3);
    /// let squares: Vec<i32> = rows.iter().map(|row| row.get(1)).collect();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the number or the types of the parameters do not fit the statement, and where the
    /// server reports an error.
    pub fn query<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<Rows, Error> {
        let (result, layout) = self.run_source(statement.source(), params)?;
        let layout = match layout {
            Some(layout) => layout,
            None => Arc::new(self.layout_of(&result.columns)?),
        };
        Ok(Rows::new(*result, layout))
    }

    /// Runs a statement that returns exactly one row.
    ///
    /// # Errors
    /// As [`query`](Self::query), and of kind [`ErrorKind::RowCount`] where there is no row or more
    /// than one.
    pub fn query_one<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<OwnedRow, Error> {
        let rows = self.query(statement, params)?;
        match (rows.len(), rows.owned(0)) {
            (1, Some(row)) => Ok(row),
            (count, _) => Err(row_count("exactly one row", count)),
        }
    }

    /// Runs a statement that returns one row or none.
    ///
    /// # Errors
    /// As [`query`](Self::query), and of kind [`ErrorKind::RowCount`] where there is more than one
    /// row.
    pub fn query_opt<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<Option<OwnedRow>, Error> {
        let rows = self.query(statement, params)?;
        match rows.len() {
            0 | 1 => Ok(rows.owned(0)),
            count => Err(row_count("at most one row", count)),
        }
    }

    /// Runs a statement and returns how many rows it changed or returned; 0 where the command does
    /// not report that.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn execute<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
        params: &[Param<'_>],
    ) -> Result<u64, Error> {
        let (result, _) = self.run_source(statement.source(), params)?;
        Ok(affected(&result.tag))
    }

    /// Runs a statement whose parameters are given with their types, in one round trip and without
    /// preparing it under a name.
    ///
    /// This is the call to use through a connection pooler that lends a session for one transaction
    /// only and does not keep prepared statements.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use ferropq::types::Type;
    ///
    /// let rows = client.query_typed("SELECT $1 || 'ous'", &[(&"ferr", Type::TEXT)])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn query_typed(&mut self, sql: &str, params: &[(Param<'_>, Type)]) -> Result<Rows, Error> {
        self.params.encode_typed(params)?;
        let types: Vec<Oid> = params.iter().map(|(_, type_)| type_.oid()).collect();
        let result = self.run_text(sql, &types)?;
        let layout = self.layout_of(&result.columns)?;
        Ok(Rows::new(*result, Arc::new(layout)))
    }

    /// Has the server parse a statement and keep it, to be run several times.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// let by_name = client.prepare("SELECT age FROM person WHERE name = $1")?;
    /// for name in ["Ferris", "Corro"] {
    ///     let age: Option<i32> = client.query_opt(&by_name, &[&name])?.map(|row| row.get(0));
    ///     println!("{name}: {age:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the server reports an error in it.
    pub fn prepare(&mut self, sql: &str) -> Result<Statement, Error> {
        self.prepare_typed(sql, &[])
    }

    /// As [`prepare`](Self::prepare), with the types of the first parameters; those of the others
    /// are inferred by the server.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_typed(&mut self, sql: &str, types: &[Type]) -> Result<Statement, Error> {
        let types: Vec<Oid> = types.iter().map(Type::oid).collect();
        let name = Name::unique();
        let described = self
            .run(|engine| engine.send_prepare_described(name.as_bytes(), sql.as_bytes(), &types))?;
        match self.understand(&described) {
            Ok((parameters, layout)) => {
                let (columns, closing) = (&described.columns, self.closing.clone());
                Ok(Statement::new(name, parameters, layout, columns, closing))
            }
            Err(error) => {
                self.closing.add(name);
                Err(error)
            }
        }
    }

    /// The types of a statement's parameters, and its columns.
    fn understand(&mut self, described: &QueryResult) -> Result<(Vec<Type>, Layout), Error> {
        let parameters = described.parameters.iter().map(|oid| self.type_of(*oid));
        let parameters: Result<Vec<Type>, Error> = parameters.collect();
        Ok((parameters?, self.layout_of(&described.columns)?))
    }

    /// The statement with this text from the client's cache; prepared and kept there when it is
    /// first met.
    ///
    /// The methods that take SQL text with parameters do this by themselves.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_cached(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement);
        }
        let statement = self.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Sets how many statements the client keeps prepared for the texts it is given: 100 unless
    /// set. With 0 a text with parameters is prepared each time: through a pooler that lends a session
    /// for one transaction only, transactions need that, and what is outside of them
    /// [`query_typed`](Self::query_typed).
    ///
    /// Where a table has changed so that a statement returns other columns than before, or where
    /// somebody has deallocated it, it is prepared anew and run again. That cannot be done in a
    /// transaction, as the first attempt has made it fail ("cached plan must not change result
    /// type"), nor in a [`batch`](Self::batch): run those again. A [`Statement`] of one's own is to
    /// be prepared again by oneself.
    pub fn set_statement_cache_capacity(&mut self, statements: usize) {
        self.statements.set_capacity(statements);
    }

    /// Forgets all statements that are kept prepared; the server is told with the next command.
    pub fn clear_statement_cache(&mut self) {
        self.statements.clear();
    }

    /// Forgets what has been found out about types that are not built in, and with it the
    /// statements that are kept prepared: after `ALTER TYPE`.
    pub fn clear_type_cache(&mut self) {
        self.types.clear();
        self.statements.clear();
    }

    /// Runs either kind of statement; returns also the columns of the prepared one that was run, if
    /// one was.
    fn run_source(
        &mut self,
        source: Source<'_>,
        params: &[Param<'_>],
    ) -> Result<(Box<QueryResult>, Option<Arc<Layout>>), Error> {
        match source {
            Source::Prepared(statement) => {
                let result = self.run_prepared(statement, params)?;
                Ok((result, Some(statement.layout())))
            }
            Source::Text(sql) if params.is_empty() => {
                self.params.encode(&[], &[])?;
                Ok((self.run_text(sql, &[])?, None))
            }
            Source::Text(sql) => {
                let (result, statement) = self.run_cached(sql, params)?;
                Ok((result, Some(statement.layout())))
            }
        }
    }

    /// Runs a text by way of the statement cache. A statement that has become stale is prepared
    /// anew and run again, unless its failure has spoiled a transaction.
    fn run_cached(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<(Box<QueryResult>, Statement), Error> {
        let alone = self.link.engine.transaction() == Transaction::Idle;
        let (statement, kept) = match self.statements.get(sql) {
            Some(statement) => (statement, true),
            None => (self.prepare_cached(sql)?, false),
        };
        match self.run_prepared(&statement, params) {
            Err(error) if kept && alone && failure::is_stale_statement(&error) => {
                let statement = self.prepare_cached(sql)?;
                let result = self.run_prepared(&statement, params)?;
                Ok((result, statement))
            }
            done => Ok((done?, statement)),
        }
    }

    fn run_prepared(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<Box<QueryResult>, Error> {
        self.bind(statement, params)?;
        let bound = Bound {
            params: self.params.encoded(),
            columns: Some(statement.engine_columns()),
        };
        let closing = &self.closing;
        let result = self.link.run(|engine| {
            closing.send(engine)?;
            engine.send_bound(Target::Prepared(statement.name()), bound)
        });
        match result {
            Ok(result) => self.refuse_copy(result),
            Err(error) => Err(self.after_failure(statement, error)),
        }
    }

    /// Sees to it that a statement that has become stale is not taken from the cache again.
    #[cold]
    fn after_failure(&mut self, statement: &Statement, error: Error) -> Error {
        if failure::is_stale_statement(&error) {
            self.statements.forget(statement);
        }
        error
    }

    /// Encodes the parameters of a prepared statement.
    pub(super) fn bind(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<(), Error> {
        statement.check_owner(&self.closing)?;
        self.params.encode(statement.params(), params)
    }

    /// Runs a text as the unnamed statement, with the parameters that have been encoded.
    fn run_text(&mut self, sql: &str, types: &[Oid]) -> Result<Box<QueryResult>, Error> {
        let bound = Bound {
            params: self.params.encoded(),
            columns: None,
        };
        let closing = &self.closing;
        let result = self.link.run(|engine| {
            closing.send(engine)?;
            engine.send_bound(Target::Text(sql.as_bytes(), types), bound)
        })?;
        self.refuse_copy(result)
    }

    /// The prepared statement that a source stands for.
    pub(super) fn statement_of(&mut self, source: Source<'_>) -> Result<Statement, Error> {
        match source {
            Source::Text(sql) => self.prepare_cached(sql),
            Source::Prepared(statement) => {
                statement.check_owner(&self.closing)?;
                Ok(statement.clone())
            }
        }
    }
}

#[cold]
fn row_count(wanted: &str, count: usize) -> Error {
    let found = match count {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    Error::new(
        ErrorKind::RowCount,
        format!("the query was to return {wanted} and returned {found}"),
    )
}
