//! One statement executed many times in one round trip.

use crate::error::Error;

use super::params::Param;
use super::{Client, Pipeline, Statement, ToStatement};

/// One statement, executed with one set of parameters after another. Made by [`Client::batch`].
///
/// All executions together succeed or fail, as those of a [`Pipeline`].
pub struct Batch<'a> {
    statement: Statement,
    pipeline: Pipeline<'a>,
}

impl Client {
    /// Begins to execute a statement many times without waiting for each answer.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// let mut batch = client.batch("INSERT INTO person (name, age) VALUES ($1, $2)")?;
    /// for (name, age) in [("Ferris", 10), ("Corro", 9)] {
    ///     batch.add(&[&name, &age])?;
    /// }
    /// assert_eq!(batch.finish()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the statement cannot be prepared.
    pub fn batch<T: ?Sized + ToStatement>(&mut self, statement: &T) -> Result<Batch<'_>, Error> {
        let statement = self.statement_of(statement.source())?;
        let pipeline = Pipeline::begin(self, "row")?;
        Ok(Batch {
            statement,
            pipeline,
        })
    }
}

impl Batch<'_> {
    /// Adds an execution with these parameters. It is sent at once or together with others.
    ///
    /// # Errors
    /// Where the parameters do not fit, and then nothing is added; and where the server has
    /// reported an error in one added before, and then there is no use in going on.
    pub fn add(&mut self, params: &[Param<'_>]) -> Result<(), Error> {
        self.pipeline.send(&self.statement, params)
    }

    /// Waits until all is done and returns how many rows were changed.
    ///
    /// # Errors
    /// The first error that the server reported; its message tells which set of parameters it is
    /// about, the first being 1.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.pipeline.end()
    }
}
