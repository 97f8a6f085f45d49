//! Prepared statements.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use postgres_types::Type;

use crate::connection::{Connection, Refused};
use crate::error::Error;
use crate::result::Columns;

use super::column::{Column, Layout};
use super::failure::usage;

/// Counts the statements of all clients, so that no two of them have the same name.
static COUNTER: AtomicU64 = AtomicU64::new(0);
/// What tells this process's statements from those of others. A pooler may lend one session to
/// several: a name of another's is then not found, instead of running what it stands for there.
static PROCESS: OnceLock<u32> = OnceLock::new();

/// A statement that the server has parsed and keeps under a name.
///
/// Made by [`Client::prepare`](super::Client::prepare); it belongs to the client that made it.
/// Clones are the same statement. When the last one is gone, the server is told so together with
/// the client's next command.
#[derive(Clone)]
pub struct Statement(Arc<Inner>);

struct Inner {
    name: Name,
    parameters: Box<[Type]>,
    layout: Arc<Layout>,
    /// The columns as the engine has them.
    columns: Arc<Columns>,
    closing: Arc<Closing>,
}

/// The name of a prepared statement.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name(Box<[u8]>);

impl Name {
    /// A name that no other statement has; short, as every execution sends it.
    pub(super) fn unique() -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        // Each of these has random keys.
        let process =
            PROCESS.get_or_init(|| RandomState::new().build_hasher().finish() as u32 >> 8);
        Self(format!("fq{process:x}_{number}").into_bytes().into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closing.add(self.name.clone());
    }
}

impl Statement {
    pub(super) fn new(
        name: Name,
        parameters: Vec<Type>,
        layout: Layout,
        columns: &Columns,
        closing: Arc<Closing>,
    ) -> Self {
        Self(Arc::new(Inner {
            name,
            parameters: parameters.into(),
            layout: Arc::new(layout),
            columns: Arc::new(columns.in_binary()),
            closing,
        }))
    }

    /// The types of the parameters.
    pub fn params(&self) -> &[Type] {
        &self.0.parameters
    }

    /// The columns of the rows that the statement returns; none where it returns no rows.
    pub fn columns(&self) -> &[Column] {
        self.0.layout.columns()
    }

    pub(super) fn name(&self) -> &[u8] {
        self.0.name.as_bytes()
    }

    pub(super) fn layout(&self) -> Arc<Layout> {
        self.0.layout.clone()
    }

    pub(super) fn engine_columns(&self) -> Arc<Columns> {
        self.0.columns.clone()
    }

    /// Refuses a statement of another client.
    pub(super) fn check_owner(&self, closing: &Arc<Closing>) -> Result<(), Error> {
        if Arc::ptr_eq(&self.0.closing, closing) {
            return Ok(());
        }
        Err(usage(
            "the statement was prepared by another client: prepare it with the one that runs it",
        ))
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("params", &self.params())
            .field("columns", &self.columns())
            .finish_non_exhaustive()
    }
}

/// The statements of a client that are no longer needed.
#[derive(Default)]
pub(super) struct Closing {
    some: AtomicBool,
    names: Mutex<Vec<Name>>,
}

impl Closing {
    /// Notes a statement to be closed.
    pub(super) fn add(&self, name: Name) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name);
        self.some.store(true, Ordering::Release);
    }

    /// Has the server close them together with the command that is sent next.
    #[inline]
    pub(super) fn send(&self, engine: &mut Connection) -> Result<(), Refused> {
        if !self.some.load(Ordering::Acquire) {
            return Ok(());
        }
        self.send_all(engine)
    }

    #[cold]
    fn send_all(&self, engine: &mut Connection) -> Result<(), Refused> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        self.some.store(false, Ordering::Release);
        for name in names.drain(..) {
            engine.close_with_next(name.as_bytes())?;
        }
        Ok(())
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for super::Statement {}
    impl<T: ?Sized + Sealed> Sealed for &T {}
}

/// What can be executed: SQL text, or a [`Statement`] prepared before.
///
/// A text with parameters is prepared when it is first met, and kept prepared in the client's
/// statement cache; see [`Client::set_statement_cache_capacity`].
///
/// [`Client::set_statement_cache_capacity`]: super::Client::set_statement_cache_capacity
pub trait ToStatement: sealed::Sealed {
    #[doc(hidden)]
    fn source(&self) -> Source<'_>;
}

/// Either kind of thing that can be executed.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// SQL text.
    Text(&'a str),
    /// A prepared statement.
    Prepared(&'a Statement),
}

impl ToStatement for str {
    fn source(&self) -> Source<'_> {
        Source::Text(self)
    }
}

impl ToStatement for String {
    fn source(&self) -> Source<'_> {
        Source::Text(self)
    }
}

impl ToStatement for Statement {
    fn source(&self) -> Source<'_> {
        Source::Prepared(self)
    }
}

impl<T: ?Sized + ToStatement> ToStatement for &T {
    fn source(&self) -> Source<'_> {
        (**self).source()
    }
}
