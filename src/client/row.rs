//! One row, and reading its values.

use std::fmt;
use std::sync::Arc;

use postgres_types::{FromSql, Type, WasNull};

use crate::error::{Error, ErrorKind};

use super::column::{Column, Layout};
use super::rows::Answer;
use super::text;

/// A row, borrowed from the [`Rows`](super::Rows) it belongs to.
///
/// Values are read where they were received: a `&str` or `&[u8]` costs no copy.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    answer: &'a Answer,
    index: usize,
}

/// A row that owns what it needs and may be kept.
///
/// Rows of one answer share its memory: keeping one keeps all of them.
#[derive(Clone)]
pub struct OwnedRow {
    pub(super) answer: Arc<Answer>,
    pub(super) index: usize,
}

impl<'a> Row<'a> {
    /// `index` is that of a row of the answer.
    #[inline]
    pub(super) fn new(answer: &'a Answer, index: usize) -> Self {
        Self { answer, index }
    }

    /// The value in a column, named by its index or by its name.
    ///
    /// A name that no column has exactly may differ in the case of ASCII letters.
    ///
    /// # Panics
    /// Where there is no such column, or its value cannot be read as `T`; see
    /// [`try_get`](Self::try_get).
    #[inline]
    #[track_caller]
    pub fn get<I: RowIndex, T: FromSql<'a>>(&self, column: I) -> T {
        match self.try_get(column) {
            Ok(value) => value,
            Err(error) => unreadable(&error),
        }
    }

    /// The value in a column, named by its index or by its name.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Value`] where there is no such column, where `T` does not take values
    /// of the column's type, where the value is NULL and `T` is not an `Option`, and where the
    /// value does not fit `T`.
    #[inline]
    pub fn try_get<I: RowIndex, T: FromSql<'a>>(&self, column: I) -> Result<T, Error> {
        let layout = &*self.answer.layout;
        let Some(index) = column.find(layout) else {
            return Err(no_column(layout, &column));
        };
        let Some(description) = layout.columns().get(index) else {
            return Err(no_column(layout, &column));
        };
        let raw = self.answer.rows.get(self.index, index).flatten();
        if description.is_text()
            && let Some(value) = text::read(raw)
        {
            return Ok(value);
        }
        let type_ = &description.type_;
        if !T::accepts(type_) {
            return Err(wrong_type::<T>(description));
        }
        T::from_sql_nullable(type_, raw).map_err(|cause| bad_value::<T>(description, raw, cause))
    }

    /// The text in a column of type `text`, `varchar`, `char`, `name` or `unknown`; `None` for a
    /// NULL.
    ///
    /// This is [`get`](Self::get) of an `Option<&str>`.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[inline]
    #[track_caller]
    pub fn get_str<I: RowIndex>(&self, column: I) -> Option<&'a str> {
        self.get(column)
    }

    /// The columns.
    pub fn columns(&self) -> &'a [Column] {
        self.answer.layout.columns()
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.columns().len()
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.columns().is_empty()
    }
}

impl OwnedRow {
    /// The same row, borrowed.
    #[inline]
    pub fn as_row(&self) -> Row<'_> {
        Row::new(&self.answer, self.index)
    }

    /// The value in a column, named by its index or by its name.
    ///
    /// # Panics
    /// As [`Row::get`].
    #[inline]
    #[track_caller]
    pub fn get<'a, I: RowIndex, T: FromSql<'a>>(&'a self, column: I) -> T {
        self.as_row().get(column)
    }

    /// The value in a column, named by its index or by its name.
    ///
    /// # Errors
    /// As [`Row::try_get`].
    #[inline]
    pub fn try_get<'a, I: RowIndex, T: FromSql<'a>>(&'a self, column: I) -> Result<T, Error> {
        self.as_row().try_get(column)
    }

    /// The text in a column; `None` for a NULL.
    ///
    /// # Panics
    /// As [`Row::get_str`].
    #[inline]
    #[track_caller]
    pub fn get_str<I: RowIndex>(&self, column: I) -> Option<&str> {
        self.as_row().get_str(column)
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.answer.layout.columns()
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.columns().len()
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.columns().is_empty()
    }
}

/// Shows names and types of the columns; values may be secret.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self
            .columns()
            .iter()
            .map(|column| (column.name(), column.type_()));
        f.debug_map().entries(columns).finish()
    }
}

impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_row().fmt(f)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for usize {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl<T: ?Sized + Sealed> Sealed for &T {}
}

/// What names a column: its index, the first being 0, or its name.
pub trait RowIndex: sealed::Sealed + fmt::Debug {
    #[doc(hidden)]
    fn find(&self, layout: &Layout) -> Option<usize>;
}

impl RowIndex for usize {
    #[inline]
    fn find(&self, layout: &Layout) -> Option<usize> {
        (*self < layout.columns().len()).then_some(*self)
    }
}

impl RowIndex for str {
    #[inline]
    fn find(&self, layout: &Layout) -> Option<usize> {
        layout.index_of(self)
    }
}

impl RowIndex for String {
    fn find(&self, layout: &Layout) -> Option<usize> {
        layout.index_of(self)
    }
}

impl<T: ?Sized + RowIndex> RowIndex for &T {
    #[inline]
    fn find(&self, layout: &Layout) -> Option<usize> {
        (**self).find(layout)
    }
}

#[cold]
#[track_caller]
fn unreadable(error: &Error) -> ! {
    panic!("error reading a value of a row: {error}")
}

#[cold]
fn no_column(layout: &Layout, index: &dyn fmt::Debug) -> Error {
    let names: Vec<&str> = layout.columns().iter().map(Column::name).collect();
    let message = match names.len() {
        0 => format!("there is no column {index:?}: the row has no columns"),
        count => format!(
            "there is no column {index:?}: the row has {count}, named {}",
            names.join(", ")
        ),
    };
    Error::new(ErrorKind::Value, message)
}

#[cold]
fn wrong_type<T>(column: &Column) -> Error {
    let message = format!(
        "column \"{}\" has type {}, which cannot be read as {}: read it as a Rust type that takes \
         {}, or cast it in the query",
        column.name,
        shown(&column.type_),
        std::any::type_name::<T>(),
        shown(&column.type_),
    );
    Error::new(ErrorKind::Value, message)
}

#[cold]
fn bad_value<T>(
    column: &Column,
    raw: Option<&[u8]>,
    cause: Box<dyn std::error::Error + Sync + Send>,
) -> Error {
    let rust = std::any::type_name::<T>();
    let (name, type_) = (&column.name, shown(&column.type_));
    let message = if raw.is_none() && cause.is::<WasNull>() {
        format!("column \"{name}\" of type {type_} is NULL: read it as Option<{rust}>")
    } else {
        format!("column \"{name}\" of type {type_} cannot be read as {rust}: {cause}")
    };
    Error::new(ErrorKind::Value, message).with_source(cause)
}

/// A type's name, with its schema where that is not the system's.
pub(super) fn shown(type_: &Type) -> String {
    type_.to_string()
}
