//! A finished answer: status, columns, rows, command tag, report of what went wrong.

pub mod arena;
mod caret;
pub mod chunk;
pub mod columns;
pub mod print;
pub mod report;
pub mod rows;
pub mod status;
pub mod store;
pub mod tag;

use std::sync::{Arc, LazyLock};

pub use chunk::{Chunk, FULL_CHUNK, OutOfMemory, SMALL_CHUNK};
pub use columns::{Column, Columns, INSUFFICIENT_COLUMNS};
pub use report::{ContextVisibility, Report, TextStyle, Verbosity};
pub use rows::{RowFault, RowSet, Stop};
pub use status::ExecStatus;
pub use tag::CommandTag;

use crate::charset::Encoding;

static NO_COLUMNS: LazyLock<Arc<Columns>> = LazyLock::new(Arc::default);

/// The answer to a command: all of it, or a part in single-row and chunked-rows mode.
pub struct QueryResult {
    /// What kind of answer this is.
    pub status: ExecStatus,
    /// The columns; shared by the parts of one answer.
    pub columns: Arc<Columns>,
    /// The rows.
    pub rows: RowSet,
    /// The types of a prepared statement's parameters, in the answer to Describe.
    pub parameters: Box<[u32]>,
    /// What the command reported when it was done.
    pub tag: CommandTag,
    /// Whether the data is binary: of COPY as a whole, or of every column.
    pub binary: bool,
    /// What went wrong, in an error or notice.
    pub report: Option<Box<Report>>,
    /// The encoding that texts are in.
    pub encoding: Encoding,
}

impl QueryResult {
    /// A result of this kind without columns, rows and report.
    pub fn new(status: ExecStatus, encoding: Encoding) -> Self {
        Self::with_columns(status, encoding, Self::no_columns())
    }

    /// The columns of a result that has none.
    pub fn no_columns() -> Arc<Columns> {
        NO_COLUMNS.clone()
    }

    /// A result with these columns and no rows yet.
    #[inline(always)]
    pub fn with_columns(status: ExecStatus, encoding: Encoding, columns: Arc<Columns>) -> Self {
        Self {
            status,
            rows: RowSet::new(columns.len()),
            binary: columns.all_binary(),
            columns,
            parameters: Box::default(),
            tag: CommandTag::default(),
            report: None,
            encoding,
        }
    }

    /// An error of our own; `text` is the whole message, its newline included.
    pub fn failure(text: impl Into<Vec<u8>>, encoding: Encoding) -> Self {
        Self {
            report: Some(Box::new(Report::internal(text))),
            ..Self::new(ExecStatus::FatalError, encoding)
        }
    }

    /// Replaces the columns. Only for a result without rows.
    pub fn set_columns(&mut self, columns: Arc<Columns>) {
        debug_assert!(self.rows.is_empty());
        self.rows = RowSet::new(columns.len());
        self.binary = columns.all_binary();
        self.columns = columns;
    }

    /// Bytes of memory in use for this result.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.columns.memory()
            + self.rows.memory()
            + size_of_val(&*self.parameters)
            + self.report.as_ref().map_or(0, |report| report.memory())
    }
}
