//! Copying data to the server.

use std::io::{self, Write};

use crate::connection::{Bound, Statement as Target};
use crate::error::Error;
use crate::result::{ExecStatus, QueryResult};

use super::rows::affected;
use super::statement::Source;
use super::{Client, ToStatement, failure};

/// After so many bytes it is looked whether the server has anything to say.
const LOOK_EVERY: usize = 1 << 20;
/// How much is gathered.
const COPY_BATCH: usize = 64 << 10;

/// Takes the data of a `COPY … FROM STDIN`. Made by [`Client::copy_in`].
///
/// Where the server finds fault with the data, one of the next writes fails, a megabyte later at
/// most, or else `finish`. [`finish`](Self::finish) ends the copy. Dropped without it, the copy is given up and the table
/// stays as it was.
pub struct CopyInWriter<'a> {
    client: &'a mut Client,
    columns: usize,
    binary: bool,
    /// How much has been sent since it was looked for an answer.
    unwatched: usize,
    open: bool,
}

impl Client {
    /// Begins to copy data to the server: a `COPY … FROM STDIN` statement, whose data is written
    /// to what is returned.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use std::io::Write;
    ///
    /// let mut writer = client.copy_in("COPY person (name, age) FROM STDIN")?;
    /// writeln!(writer, "Ferris\t10")?;
    /// writeln!(writer, "Corro\t\\N")?;
    /// assert_eq!(writer.finish()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the statement is another one, and where the server reports an error.
    ///
    /// Manual: the SQL command COPY.
    pub fn copy_in<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
    ) -> Result<CopyInWriter<'_>, Error> {
        let begun = self.begin_copy(statement.source(), ExecStatus::CopyIn)?;
        Ok(CopyInWriter {
            client: self,
            columns: begun.columns.len(),
            binary: begun.binary,
            unwatched: 0,
            open: true,
        })
    }

    /// Runs a COPY statement that must lead to this status.
    pub(super) fn begin_copy(
        &mut self,
        source: Source<'_>,
        wanted: ExecStatus,
    ) -> Result<Box<QueryResult>, Error> {
        let result = match source {
            Source::Text(sql) => self.run(|engine| {
                engine.send_bound(Target::Text(sql.as_bytes(), &[]), Bound::default())
            }),
            Source::Prepared(statement) => {
                statement.check_owner(&self.closing)?;
                self.run(|engine| {
                    engine.send_bound(Target::Prepared(statement.name()), Bound::default())
                })
            }
        }?;
        if result.status == wanted {
            return Ok(result);
        }
        self.link.begin()?;
        let direction = match wanted {
            ExecStatus::CopyIn => "COPY ... FROM STDIN",
            _ => "COPY ... TO STDOUT",
        };
        Err(failure::usage(format!(
            "the statement is not a {direction}"
        )))
    }
}

impl CopyInWriter<'_> {
    /// How many columns are copied.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether the data is in binary format; see
    /// [`BinaryCopyInWriter`](super::BinaryCopyInWriter).
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Ends the copy and returns how many rows have been copied.
    ///
    /// # Errors
    /// Where the server found fault with the data, and where the connection is lost.
    pub fn finish(mut self) -> Result<u64, Error> {
        if !self.open {
            return Err(failure::usage("the copy has failed before"));
        }
        self.end(None)
    }

    /// Writes what does not fit behind what has been gathered.
    fn write_on(&mut self, data: &[u8]) -> Result<(), Error> {
        if !self.open {
            return Err(failure::usage("the copy has failed before"));
        }
        self.unwatched += data.len().max(COPY_BATCH);
        if self.unwatched >= LOOK_EVERY {
            self.unwatched = 0;
            self.look()?;
        }
        // A client's engine waits until it has taken large pieces.
        let link = &mut self.client.link;
        let put = link.engine.put_copy_data(data);
        put.map_err(|refused| link.refused(refused)).map(drop)
    }

    /// Looks whether the server has found fault with the data: it would take all of the rest
    /// without a word.
    fn look(&mut self) -> Result<(), Error> {
        let engine = &mut self.client.link.engine;
        let failed = engine.copy_in_has_failed()
            || engine.consume_input().is_err()
            || engine.copy_in_has_failed();
        match failed {
            true => self.end(None).map(drop),
            false => Ok(()),
        }
    }

    fn end(&mut self, failure: Option<&[u8]>) -> Result<u64, Error> {
        self.open = false;
        let link = &mut self.client.link;
        if link.engine.is_copying(ExecStatus::CopyIn) {
            let ended = link.engine.put_copy_end(failure);
            ended.map_err(|refused| link.refused(refused))?;
        }
        link.finish().map(|result| affected(&result.tag))
    }
}

impl Write for CopyInWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // Small pieces are gathered there.
        if self.client.link.engine.put_copy_more(data) {
            return Ok(data.len());
        }
        self.write_on(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let engine = &mut self.client.link.engine;
        match engine.flush() {
            Ok(_) => Ok(()),
            Err(_) => Err(failure::refused(engine).into()),
        }
    }
}

impl Drop for CopyInWriter<'_> {
    fn drop(&mut self) {
        if self.open {
            // The error that comes back is the one asked for.
            let _ = self.end(Some(b"the writer was dropped before the copy was finished"));
        }
    }
}
