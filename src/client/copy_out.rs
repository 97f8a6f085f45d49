//! Copying data from the server.

use std::io::{self, BufRead, Read};

use crate::connection::CopyOut;
use crate::connection::blocking::Host;
use crate::error::Error;
use crate::result::ExecStatus;

use super::{Client, ToStatement};

/// Gives the data of a `COPY … TO STDOUT`. Made by [`Client::copy_out`].
///
/// Data is lent where it was received: [`BufRead`] and [`next_row`](Self::next_row) copy nothing.
/// Dropped early, the rest is received and thrown away.
pub struct CopyOutReader<'a> {
    client: &'a mut Client,
    /// How much of the row in front has been read; `None` before it has been looked for.
    read: Option<usize>,
    open: bool,
}

impl Client {
    /// Begins to copy data from the server: a `COPY … TO STDOUT` statement, whose data is read from
    /// what is returned.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use std::io::BufRead;
    ///
    /// for line in client.copy_out("COPY person TO STDOUT")?.lines() {
    ///     println!("{}", line?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the statement is another one, and where the server reports an error.
    ///
    /// Manual: the SQL command COPY.
    pub fn copy_out<T: ?Sized + ToStatement>(
        &mut self,
        statement: &T,
    ) -> Result<CopyOutReader<'_>, Error> {
        self.begin_copy(statement.source(), ExecStatus::CopyOut)?;
        Ok(CopyOutReader {
            client: self,
            read: None,
            open: true,
        })
    }
}

impl CopyOutReader<'_> {
    /// The next row as the server sent it, with the newline at its end in text and CSV format;
    /// `None` behind the last.
    ///
    /// A row of which a part has been read by other means is taken from there.
    ///
    /// # Errors
    /// Where the server reports an error, and where the connection is lost.
    pub fn next_row(&mut self) -> Result<Option<&[u8]>, Error> {
        let Some(read) = self.find_row()? else {
            return Ok(None);
        };
        let row = self.client.link.engine.copy_data();
        self.read = Some(row.len());
        Ok(row.get(read..))
    }

    /// Finds a row with something left to read, and returns how much of it has been read.
    fn find_row(&mut self) -> Result<Option<usize>, Error> {
        let link = &mut self.client.link;
        if let Some(read) = self.read.take() {
            if read < link.engine.copy_data().len() {
                self.read = Some(read);
                return Ok(self.read);
            }
            link.engine.consume_copy_data();
        }
        while self.open {
            match link.engine.peek_copy_data() {
                Ok(CopyOut::Data(())) => {
                    self.read = Some(0);
                    return Ok(self.read);
                }
                Ok(CopyOut::Wait) => {
                    link.deliver_notices();
                    // A failure has become the command's result.
                    self.open = link.engine.wait_for_input().is_ok();
                }
                Ok(CopyOut::Done) | Err(_) => self.open = false,
            }
            if !self.open {
                return link.finish().map(|_| None);
            }
        }
        Ok(None)
    }
}

impl BufRead for CopyOutReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.find_row().map_err(io::Error::from)? {
            Some(read) => {
                let row = self.client.link.engine.copy_data();
                Ok(row.get(read..).unwrap_or_default())
            }
            None => Ok(&[]),
        }
    }

    fn consume(&mut self, count: usize) {
        if let Some(read) = &mut self.read {
            *read += count;
        }
    }
}

impl Read for CopyOutReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let data = self.fill_buf()?;
        let count = data.len().min(buffer.len());
        buffer[..count].copy_from_slice(&data[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl Drop for CopyOutReader<'_> {
    fn drop(&mut self) {
        if self.open {
            // Whoever uses the connection next is told when it is lost.
            let _ = self.client.link.begin();
        }
    }
}

impl CopyOutReader<'_> {
    /// Reads and drops what is left, and tells whether the server sent all of it.
    ///
    /// # Errors
    /// As [`next_row`](Self::next_row).
    pub fn finish(mut self) -> Result<(), Error> {
        while self.next_row()?.is_some() {}
        Ok(())
    }
}
