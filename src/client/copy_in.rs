//! Copying data to the server.

use std::io::{self, Write};

use crate::connection::{Bound, Statement as Target};
use crate::error::Error;
use crate::result::ExecStatus;

use super::rows::affected;
use super::statement::Source;
use super::{Client, ToStatement, failure};

/// Takes the data of a `COPY … FROM STDIN`. Made by [`Client::copy_in`].
///
/// [`finish`](Self::finish) ends the copy. Dropped without it, the copy is given up and the table
/// stays as it was.
pub struct CopyInWriter<'a> {
    client: &'a mut Client,
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
        self.begin_copy(statement.source(), ExecStatus::CopyIn)?;
        Ok(CopyInWriter {
            client: self,
            open: true,
        })
    }

    /// Runs a COPY statement that must lead to this status.
    pub(super) fn begin_copy(
        &mut self,
        source: Source<'_>,
        wanted: ExecStatus,
    ) -> Result<(), Error> {
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
            return Ok(());
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
    /// Ends the copy and returns how many rows have been copied.
    ///
    /// # Errors
    /// Where the server found fault with the data, and where the connection is lost.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.end(None)
    }

    fn end(&mut self, failure: Option<&[u8]>) -> Result<u64, Error> {
        self.open = false;
        let link = &mut self.client.link;
        let ended = link.engine.put_copy_end(failure);
        ended.map_err(|refused| link.refused(refused))?;
        link.finish().map(|result| affected(&result.tag))
    }
}

impl Write for CopyInWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let engine = &mut self.client.link.engine;
        // Small pieces are gathered there; a client's engine waits until it has taken large ones.
        if engine.put_copy_more(data) || engine.put_copy_data(data).is_ok() {
            return Ok(data.len());
        }
        Err(failure::refused(engine).into())
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
