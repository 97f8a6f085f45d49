//! Copying rows of values to the server, in COPY's binary format.

use std::io::Write;

use postgres_types::Type;

use crate::error::Error;

use super::CopyInWriter;
use super::failure::usage;
use super::params::{Param, ParamBuffer};

/// What binary data begins with: a signature, flags, and the length of an extension; none of either.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in the place of a row's count of values.
const TRAILER: i16 = -1;

/// Takes rows of values for a `COPY … FROM STDIN (FORMAT binary)`: the quickest way to fill a table,
/// without a thought for separators and escapes.
///
/// The server checks that values have the right form and converts nothing: their types have to be
/// those of the columns. They are named beforehand; types that are not built in are found in the
/// columns of a prepared statement.
///
/// ```no_run
/// # fn main() -> Result<(), ferropq::Error> {
/// # let mut client = ferropq::Client::connect("")?;
/// use ferropq::BinaryCopyInWriter;
/// use ferropq::types::Type;
///
/// let writer = client.copy_in("COPY person (name, age) FROM STDIN (FORMAT binary)")?;
/// let mut rows = BinaryCopyInWriter::new(writer, &[Type::TEXT, Type::INT4])?;
/// rows.write(&[&"Ferris", &10])?;
/// rows.write(&[&"Corro", &None::<i32>])?;
/// assert_eq!(rows.finish()?, 2);
/// # Ok(())
/// # }
/// ```
///
/// Dropped without [`finish`](Self::finish), the copy is given up and the table stays as it was.
///
/// Manual: the SQL command COPY, "Binary Format".
pub struct BinaryCopyInWriter<'a> {
    writer: CopyInWriter<'a>,
    types: Box<[Type]>,
    count: i16,
    values: ParamBuffer,
}

impl<'a> BinaryCopyInWriter<'a> {
    /// Rows of these types for a copy that has begun.
    ///
    /// # Errors
    /// Where the copy is not in binary format or is of another number of columns, and where the
    /// connection is lost. The copy is given up.
    pub fn new(mut writer: CopyInWriter<'a>, types: &[Type]) -> Result<Self, Error> {
        if !writer.is_binary() {
            return Err(usage(
                "the copy is not in binary format: add (FORMAT binary) to the statement",
            ));
        }
        let columns = writer.columns();
        if columns != types.len() {
            return Err(usage(format!(
                "the copy is of {columns} columns, and {} types were given",
                types.len()
            )));
        }
        writer.write_all(HEADER)?;
        Ok(Self {
            writer,
            types: types.into(),
            count: i16::try_from(columns).unwrap_or(i16::MAX),
            values: ParamBuffer::default(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Where the values do not fit the types, and then nothing is added; and where the connection is
    /// lost.
    pub fn write(&mut self, row: &[Param<'_>]) -> Result<(), Error> {
        self.values.encode_row(&self.types, row)?;
        self.writer.write_all(&self.count.to_be_bytes())?;
        self.writer.write_all(self.values.encoded().values)?;
        Ok(())
    }

    /// Ends the copy and returns how many rows have been copied.
    ///
    /// # Errors
    /// As [`CopyInWriter::finish`].
    pub fn finish(mut self) -> Result<u64, Error> {
        self.writer.write_all(&TRAILER.to_be_bytes())?;
        self.writer.finish()
    }
}
