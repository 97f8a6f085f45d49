//! The cases, the same for both libraries.

use std::error::Error;

use crate::measure::{Seen, measure};
use crate::options::Options;

/// A statement with one parameter and one row.
pub(crate) const ONE: &str = "rows 1 1 8 $int4";
/// A statement with two parameters and no row.
pub(crate) const INSERT: &str = "insert $int4 $text";

/// What is measured of a library.
pub(crate) trait Face: Sized {
    type Error: Error + 'static;

    /// Connects and prepares the statements.
    fn connect(options: &Options) -> Result<Self, Self::Error>;

    /// Fetches a large result, reads its values where asked to, and returns how many rows it has.
    fn rows(&mut self, sql: &str, read: Option<&mut Seen>) -> Result<usize, Self::Error>;

    /// Runs the prepared query with one row, and reads that.
    fn one(&mut self, parameter: i32, seen: &mut Seen) -> Result<(), Self::Error>;

    /// Runs the prepared query by its text, with a cache of statements where the library has one.
    fn one_by_text(&mut self, parameter: i32, seen: &mut Seen) -> Result<(), Self::Error>;

    /// Runs the prepared insert.
    fn insert(&mut self, number: i32, text: &str) -> Result<u64, Self::Error>;

    /// Copies data from the server and counts its bytes.
    fn copy_out(&mut self, sql: &str) -> Result<u64, Box<dyn Error>>;

    /// Copies a row to the server so many times.
    fn copy_in(&mut self, row: &[u8], times: u64) -> Result<(), Box<dyn Error>>;

    /// Runs the prepared insert so many times together, as far as the library can do that.
    fn insert_together(&mut self, count: u64, text: &str) -> Result<u64, Self::Error>;
}

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Rows,
    One,
    OneByText,
    Insert,
    InsertTogether,
    CopyOut,
    CopyIn,
}

impl Case {
    /// The case of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rows" => Self::Rows,
            "one" => Self::One,
            "one_by_text" => Self::OneByText,
            "insert" => Self::Insert,
            "insert_together" => Self::InsertTogether,
            "copy_out" => Self::CopyOut,
            "copy_in" => Self::CopyIn,
            _ => return None,
        })
    }

    /// Warms up and measures.
    pub(crate) fn run<F: Face>(
        self,
        face: &mut F,
        options: &Options,
    ) -> Result<(), Box<dyn Error>> {
        self.repeat(face, options, options.warm, &mut Seen::default())?;
        measure(|seen| self.repeat(face, options, options.repeat, seen))
    }

    fn repeat<F: Face>(
        self,
        face: &mut F,
        options: &Options,
        times: u64,
        seen: &mut Seen,
    ) -> Result<u64, Box<dyn Error>> {
        match self {
            Self::Rows => rows(face, options, times, seen),
            Self::One => (0..times)
                .try_for_each(|_| face.one(12345, seen))
                .map(|()| times)
                .map_err(Box::from),
            Self::OneByText => (0..times)
                .try_for_each(|_| face.one_by_text(12345, seen))
                .map(|()| times)
                .map_err(Box::from),
            Self::Insert => {
                let mut inserted = 0;
                for number in 0..times {
                    inserted += face.insert(number as i32, TEXT)?;
                }
                expect(inserted, times)
            }
            Self::CopyOut => {
                let sql = format!("copyout {} {}", options.rows, options.width);
                for _ in 0..times {
                    expect(face.copy_out(&sql)?, options.rows * options.width)?;
                }
                Ok(times * options.rows)
            }
            Self::CopyIn => {
                let mut row = vec![b'x'; options.width as usize];
                row.push(b'\n');
                for _ in 0..times {
                    face.copy_in(&row[1..], options.rows)?;
                }
                Ok(times * options.rows)
            }
            Self::InsertTogether => expect(face.insert_together(times, TEXT)?, times),
        }
    }
}

/// A value of the inserts.
const TEXT: &str = "a name of usual length";

fn rows<F: Face>(
    face: &mut F,
    options: &Options,
    times: u64,
    seen: &mut Seen,
) -> Result<u64, Box<dyn Error>> {
    let sql = options.rows_sql();
    for _ in 0..times {
        let read = (options.read != 0).then_some(&mut *seen);
        expect(face.rows(&sql, read)? as u64, options.rows)?;
    }
    Ok(times * options.rows)
}

fn expect(found: u64, wanted: u64) -> Result<u64, Box<dyn Error>> {
    match found == wanted {
        true => Ok(found),
        false => Err(format!("{found} rows instead of {wanted}").into()),
    }
}
