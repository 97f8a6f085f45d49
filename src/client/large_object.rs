//! Large objects: files that live in the database.

use std::io::{self, Read, Seek, SeekFrom, Write};

use postgres_types::{FromSql, Oid, Type};

use crate::connection::Transaction as State;
use crate::connection::large_object::{INV_READ, INV_WRITE};
use crate::error::Error;

use super::failure::usage;
use super::params::Param;
use super::{Client, Transaction};

/// How much is read or written in one round trip at most.
const PIECE: usize = 1 << 20;

/// What a large object is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LargeObjectMode {
    /// Reading, as it was when the transaction, or the statement, began.
    Read,
    /// Writing and reading.
    ReadWrite,
}

/// A large object that is open: a file in the database. Made by
/// [`Transaction::open_large_object`].
///
/// Each read or write is a round trip, of a megabyte at most: put a
/// [`BufReader`](std::io::BufReader) or [`BufWriter`](std::io::BufWriter) around it for small ones.
///
/// Manual: "Large Objects".
pub struct LargeObject<'a> {
    client: &'a mut Client,
    descriptor: i32,
    open: bool,
}

impl Client {
    /// Makes a large object, which is empty, and returns its OID.
    ///
    /// It stays until [`unlink_large_object`](Self::unlink_large_object), whether or not a table
    /// names its OID.
    ///
    /// # Errors
    /// Where the server reports an error.
    pub fn create_large_object(&mut self) -> Result<Oid, Error> {
        self.call("lo_create($1)", &[(&0u32, Type::OID)])
    }

    /// Removes a large object.
    ///
    /// # Errors
    /// Where there is none of this OID, or it is another's.
    pub fn unlink_large_object(&mut self, oid: Oid) -> Result<(), Error> {
        self.call::<i32>("lo_unlink($1)", &[(&oid, Type::OID)])
            .map(drop)
    }

    /// The value of a function of the server.
    fn call<T: for<'v> FromSql<'v>>(
        &mut self,
        call: &str,
        params: &[(Param<'_>, Type)],
    ) -> Result<T, Error> {
        let rows = self.query_typed(&format!("SELECT pg_catalog.{call}"), params)?;
        match rows.first() {
            Some(row) => row.try_get(0),
            None => Err(usage("the server's function has returned nothing")),
        }
    }
}

impl Transaction<'_> {
    /// Opens a large object. It is closed at the end of the transaction at the latest.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use ferropq::LargeObjectMode;
    /// use std::fs::File;
    ///
    /// let mut transaction = client.transaction()?;
    /// let oid = transaction.create_large_object()?;
    /// let mut object = transaction.open_large_object(oid, LargeObjectMode::ReadWrite)?;
    /// std::io::copy(&mut File::open("cover.png")?, &mut object)?;
    /// object.close()?;
    /// transaction.execute("UPDATE book SET cover = $1 WHERE id = 1", &[&oid])?;
    /// transaction.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where there is none of this OID, or its rights do not allow it.
    pub fn open_large_object(
        &mut self,
        oid: Oid,
        mode: LargeObjectMode,
    ) -> Result<LargeObject<'_>, Error> {
        let mode = match mode {
            LargeObjectMode::Read => INV_READ,
            LargeObjectMode::ReadWrite => INV_READ | INV_WRITE,
        };
        let params: [(Param<'_>, Type); 2] = [(&oid, Type::OID), (&mode, Type::INT4)];
        let descriptor = self.call("lo_open($1, $2)", &params)?;
        Ok(LargeObject {
            client: self,
            descriptor,
            open: true,
        })
    }
}

impl LargeObject<'_> {
    /// Makes it longer, by zero bytes, or shorter.
    ///
    /// # Errors
    /// Where it is not open for writing, and where it cannot be so long.
    pub fn set_len(&mut self, length: u64) -> Result<(), Error> {
        let length = offset(length)?;
        self.call::<i32>("lo_truncate64($1, $2)", &[(&length, Type::INT8)])
            .map(drop)
    }

    /// Closes it. Dropping it does the same.
    ///
    /// # Errors
    /// Where the server reports an error.
    pub fn close(mut self) -> Result<(), Error> {
        self.open = false;
        self.call::<i32>("lo_close($1)", &[]).map(drop)
    }

    /// Calls a function whose first argument is the descriptor.
    fn call<T: for<'v> FromSql<'v>>(
        &mut self,
        call: &str,
        params: &[(Param<'_>, Type)],
    ) -> Result<T, Error> {
        let mut all: Vec<(Param<'_>, Type)> = vec![(&self.descriptor, Type::INT4)];
        all.extend(params.iter().cloned());
        self.client.call(call, &all)
    }
}

/// A position as the server counts.
fn offset(position: u64) -> Result<i64, Error> {
    i64::try_from(position).map_err(|_| usage("a large object cannot be so long"))
}

impl Read for LargeObject<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(PIECE) as i32;
        let piece: Vec<u8> = self.call("loread($1, $2)", &[(&most, Type::INT4)])?;
        let place = buffer.get_mut(..piece.len());
        let place = place.ok_or_else(|| usage("the server has given more than was asked for"))?;
        place.copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Write for LargeObject<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let piece = &data[..data.len().min(PIECE)];
        let written: i32 = self.call("lowrite($1, $2)", &[(&piece, Type::BYTEA)])?;
        Ok(usize::try_from(written).unwrap_or(0).min(piece.len()))
    }

    /// Nothing is held back.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for LargeObject<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(position) => (offset(position)?, 0i32),
            SeekFrom::Current(offset) => (offset, 1),
            SeekFrom::End(offset) => (offset, 2),
        };
        let params: [(Param<'_>, Type); 2] = [(&offset, Type::INT8), (&whence, Type::INT4)];
        let position: i64 = self.call("lo_lseek64($1, $2, $3)", &params)?;
        Ok(u64::try_from(position).unwrap_or(0))
    }
}

impl Drop for LargeObject<'_> {
    fn drop(&mut self) {
        // A transaction that has failed has closed it.
        if self.open && self.client.link.engine.transaction() == State::InTransaction {
            let _ = self.call::<i32>("lo_close($1)", &[]);
        }
    }
}
