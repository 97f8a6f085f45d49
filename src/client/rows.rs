//! The rows of an answer.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use crate::result::{CommandTag, QueryResult, RowSet};

use super::column::{Column, Layout};
use super::row::{OwnedRow, Row};

/// What rows and their views share.
pub(super) struct Answer {
    pub(super) rows: RowSet,
    pub(super) layout: Arc<Layout>,
    tag: CommandTag,
}

/// The answer to a query: all of its rows, in the memory that they were received in.
///
/// Iterate over a reference for rows that borrow, or over the answer itself for rows that may be
/// kept:
///
/// ```no_run
/// # fn main() -> Result<(), ferropq::Error> {
/// # let mut client = ferropq::Client::connect("")?;
/// for row in &client.query("SELECT name, population FROM city", &[])? {
///     let name: &str = row.get("name");
///     let population: i64 = row.get(1);
///     println!("{name}: {population}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Rows(Arc<Answer>);

impl Rows {
    #[inline]
    pub(super) fn new(result: QueryResult, layout: Arc<Layout>) -> Self {
        Self(Arc::new(Answer {
            rows: result.rows,
            layout,
            tag: result.tag,
        }))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.0.rows.is_empty()
    }

    /// The row with this index, the first being 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Row<'_>> {
        (index < self.len()).then(|| Row::new(&self.0, index))
    }

    /// The row with this index, the first being 0.
    ///
    /// # Panics
    /// Where there are not as many rows.
    #[inline]
    #[track_caller]
    pub fn row(&self, index: usize) -> Row<'_> {
        match self.get(index) {
            Some(row) => row,
            None => panic!("row {index} of an answer of {} rows", self.len()),
        }
    }

    /// The first row.
    pub fn first(&self) -> Option<Row<'_>> {
        self.get(0)
    }

    /// All rows in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            answer: &self.0,
            range: 0..self.len(),
        }
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.0.layout.columns()
    }

    /// How many rows the command returned or changed; 0 where it reports none.
    pub fn rows_affected(&self) -> u64 {
        affected(&self.0.tag)
    }

    /// A row of its own.
    pub(super) fn owned(&self, index: usize) -> Option<OwnedRow> {
        (index < self.len()).then(|| OwnedRow {
            answer: self.0.clone(),
            index,
        })
    }
}

/// How many rows a command reports.
pub(super) fn affected(tag: &CommandTag) -> u64 {
    let count = tag.rows().to_bytes();
    // A tag holds digits only here; a count that does not fit is none that a server can mean.
    count.iter().fold(0u64, |sum, digit| {
        sum.wrapping_mul(10)
            .wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("len", &self.len())
            .field("columns", &self.columns())
            .finish()
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = Row<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Rows {
    type Item = OwnedRow;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        let range = 0..self.len();
        IntoIter { rows: self, range }
    }
}

/// Rows that borrow from their answer. See [`Rows::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    answer: &'a Answer,
    range: Range<usize>,
}

/// Rows that may be kept. See [`Rows`].
#[derive(Clone)]
pub struct IntoIter {
    rows: Rows,
    range: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Row<'a>;

    #[inline]
    fn next(&mut self) -> Option<Row<'a>> {
        let index = self.range.next()?;
        Some(Row::new(self.answer, index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Row<'a>> {
        let index = self.range.nth(n)?;
        Some(Row::new(self.answer, index))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let index = self.range.next_back()?;
        Some(Row::new(self.answer, index))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

impl Iterator for IntoIter {
    type Item = OwnedRow;

    fn next(&mut self) -> Option<OwnedRow> {
        self.rows.owned(self.range.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for IntoIter {
    fn next_back(&mut self) -> Option<OwnedRow> {
        self.rows.owned(self.range.next_back()?)
    }
}

impl ExactSizeIterator for IntoIter {}
impl FusedIterator for IntoIter {}
