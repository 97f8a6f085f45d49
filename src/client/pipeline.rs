//! Many statements in one round trip.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::connection::{Bound, ConnStatus, Fetch, Statement as Target};
use crate::error::Error;
use crate::result::{ExecStatus, QueryResult};

use super::column::Layout;
use super::params::Param;
use super::rows::affected;
use super::{Client, Rows, Statement, failure};

/// After so many statements answers that have arrived are taken in.
const LOOK_EVERY: usize = 256;

/// Statements that are sent without waiting for the answers of those before them. Made by
/// [`Client::pipeline`].
///
/// Outside of a transaction all of them together are one: when one fails, those before it are
/// undone and those behind it do not run. Dropped without [`finish`](Self::finish) they are undone
/// as well. Inside a transaction it is for the transaction to undo them.
///
/// Manual: "Pipelining".
pub struct Pipeline<'a> {
    client: &'a mut Client,
    added: usize,
    answered: usize,
    /// The columns of the answers to come, where answers are kept.
    layouts: VecDeque<Arc<Layout>>,
    answers: Vec<Rows>,
    affected: u64,
    /// What the statements are called in an error.
    noun: &'static str,
    error: Option<Error>,
    failed: bool,
    /// The statements are a transaction of their own.
    alone: bool,
    open: bool,
}

impl Client {
    /// Begins to send statements without waiting for their answers.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// let insert = client.prepare("INSERT INTO person (name) VALUES ($1)")?;
    /// let count = client.prepare("SELECT count(*) FROM person")?;
    ///
    /// let mut pipeline = client.pipeline()?;
    /// pipeline.add(&insert, &[&"Ferris"])?;
    /// pipeline.add(&insert, &[&"Corro"])?;
    /// pipeline.add(&count, &[])?;
    /// let answers = pipeline.finish()?;
    /// let people: i64 = answers[2].row(0).get(0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the connection is lost.
    pub fn pipeline(&mut self) -> Result<Pipeline<'_>, Error> {
        Pipeline::begin(self, "statement")
    }
}

impl<'a> Pipeline<'a> {
    pub(super) fn begin(client: &'a mut Client, noun: &'static str) -> Result<Self, Error> {
        let alone = !client.in_transaction();
        client.link.begin()?;
        let engine = &mut client.link.engine;
        let entered = engine
            .enter_pipeline()
            .and_then(|()| client.closing.send(engine));
        entered.map_err(|refused| client.link.refused(refused))?;
        Ok(Self {
            client,
            added: 0,
            answered: 0,
            layouts: VecDeque::new(),
            answers: Vec::new(),
            affected: 0,
            noun,
            error: None,
            failed: false,
            alone,
            open: true,
        })
    }

    /// Adds an execution of a prepared statement. It is sent at once or together with others.
    ///
    /// A COPY cannot be among them.
    ///
    /// # Errors
    /// Where the parameters do not fit, and then nothing is added; and where the server has
    /// reported an error in one added before, and then there is no use in going on.
    pub fn add(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<(), Error> {
        self.send(statement, params)?;
        self.layouts.push_back(statement.layout());
        Ok(())
    }

    /// As [`add`](Self::add); the answer is counted and not kept.
    pub(super) fn send(
        &mut self,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<(), Error> {
        if let Some(error) = self.error.take() {
            self.failed = true;
            return Err(error);
        }
        if self.failed {
            return Err(self.already_failed());
        }
        self.client.bind(statement, params)?;
        let bound = Bound {
            params: self.client.params.encoded(),
            columns: Some(statement.engine_columns()),
        };
        let link = &mut self.client.link;
        let sent = link
            .engine
            .send_bound(Target::Prepared(statement.name()), bound);
        sent.map_err(|refused| link.refused(refused))?;
        self.added += 1;
        if self.added.is_multiple_of(LOOK_EVERY) {
            self.take_arrived();
        }
        Ok(())
    }

    /// Waits for all answers and returns them in the order of the statements.
    ///
    /// # Errors
    /// The first error that the server reported.
    pub fn finish(mut self) -> Result<Vec<Rows>, Error> {
        self.end()?;
        Ok(std::mem::take(&mut self.answers))
    }

    /// Waits for all answers and returns how many rows they report in sum.
    pub(super) fn end(&mut self) -> Result<u64, Error> {
        self.sync()?;
        match self.error.take() {
            Some(error) => Err(error),
            None if self.failed => Err(self.already_failed()),
            None => Ok(self.affected),
        }
    }

    #[cold]
    fn already_failed(&self) -> Error {
        let noun = self.noun;
        failure::usage(format!(
            "a {noun} before has failed, so that none is executed"
        ))
    }

    /// Takes in the answers that have arrived, so that they do not pile up.
    fn take_arrived(&mut self) {
        // The loss of the connection becomes an answer.
        let _ = self.client.link.engine.consume_input();
        while self.answered < self.added {
            match self.client.link.engine.fetch() {
                Fetch::Result(result) => self.take(result),
                Fetch::Done => self.answered += 1,
                Fetch::Wait => return,
            }
        }
    }

    /// Ends the pipeline and takes in what is left of the answers.
    fn sync(&mut self) -> Result<(), Error> {
        self.open = false;
        let link = &mut self.client.link;
        let sent = link.engine.pipeline_sync(true);
        sent.map_err(|refused| link.refused(refused))?;
        loop {
            match self.client.link.next() {
                Some(result) if result.status == ExecStatus::PipelineSync => break,
                Some(result) => self.take(result),
                None if self.client.link.engine.status() != ConnStatus::Ok => break,
                None => self.answered += 1,
            }
        }
        let link = &mut self.client.link;
        let left = link.engine.exit_pipeline();
        left.map_err(|refused| link.refused(refused))
    }

    /// Takes an answer in.
    fn take(&mut self, result: Box<QueryResult>) {
        let layout = self.layouts.pop_front();
        if result.status == ExecStatus::PipelineAborted {
            return;
        }
        if failure::is_failure(&result) {
            let error = failure::of_result(&self.client.link.engine, &result);
            self.note(error);
        } else if result.status.is_copy() {
            // There is no way back from here that keeps the answers apart.
            self.client.link.engine.close();
            self.note(failure::usage(
                "a pipeline cannot have a COPY in it; the connection has been closed",
            ));
        } else if let Some(layout) = layout {
            self.answers.push(Rows::new(*result, layout));
        } else {
            self.affected += affected(&result.tag);
        }
    }

    /// Notes the first error, and which statement it is about.
    #[cold]
    fn note(&mut self, error: Error) {
        if self.error.is_some() || self.failed {
            return;
        }
        if failure::is_stale_statement(&error) {
            // Which of those that are kept prepared is not known here.
            self.client.statements.clear();
        }
        let place = format!("{} {}", self.noun, self.answered + 1);
        self.error = Some(match error.server() {
            Some(server) => Error::from_server(server.clone(), format!("{place}: {error}")),
            None => error,
        });
    }

    /// Has the server undo what was added.
    fn undo(&mut self) {
        // The server warns that no transaction is open: none that was begun by a command.
        let handler = self.client.link.on_notice.take();
        let engine = &mut self.client.link.engine;
        let rollback = Target::Text(b"ROLLBACK", &[]);
        if !self.alone || engine.send_bound(rollback, Bound::default()).is_ok() {
            self.added += usize::from(self.alone);
            // Where it fails the connection is lost, which undoes everything as well.
            let _ = self.sync();
        }
        self.client.link.on_notice = handler;
    }
}

impl Drop for Pipeline<'_> {
    fn drop(&mut self) {
        if self.open {
            self.undo();
        }
    }
}
