//! The result as C holds it, and reading its values.
//!
//! Manual: "Retrieving Query Result Information".

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use super::boundary::{guard, peek};
use super::conn::PGconn;
use super::events::{self, EventProc};
use super::exposed::ResultHead;
use super::notice::{self, NoticeHooks};
use super::types::{ExecStatusType, InvalidOid, Oid};
use crate::charset::Encoding;
use crate::result::arena::Arena;
use crate::result::{ExecStatus, QueryResult};

/// The answer to a command.
//
// The layout is C's because of the head; in this form cbindgen leaves it out of the header.
#[cfg_attr(feature = "capi", repr(C))]
pub struct pg_result {
    pub(super) head: ResultHead,
    pub(super) core: QueryResult,
    /// Who is told of misuse.
    pub(super) hooks: NoticeHooks,
    pub(super) events: Vec<EventProc>,
    /// What `PQresultAlloc` has given out.
    pub(super) arena: Arena,
    /// What `PQoidStatus` has given out.
    pub(super) oid_status: OnceLock<CString>,
}
/// The answer to a command.
pub type PGresult = pg_result;

impl pg_result {
    /// A result on its own: nobody is told of it.
    pub(super) fn alone(core: QueryResult) -> OwnedResult {
        Self::notice(core, NoticeHooks::NOBODY)
    }

    /// A result for a notice receiver; event procedures hear nothing of it.
    pub(super) fn notice(core: QueryResult, hooks: NoticeHooks) -> OwnedResult {
        OwnedResult::new(Self {
            head: ResultHead::default(),
            core,
            hooks,
            events: Vec::new(),
            arena: Arena::default(),
            oid_status: OnceLock::new(),
        })
    }

    /// A result of a connection's, whose event procedures are still to be told.
    pub(super) fn from_conn(core: QueryResult, conn: &PGconn) -> OwnedResult {
        OwnedResult::new(Self {
            head: ResultHead::default(),
            core,
            hooks: conn.hooks,
            events: conn.events.iter().map(EventProc::for_result).collect(),
            arena: Arena::default(),
            oid_status: OnceLock::new(),
        })
    }

    /// The same for a result that the connection's engine has just made. Each field is put where it
    /// is to stay: a result is large to move, and most programs get one with every call.
    pub(super) fn adopt(core: Box<QueryResult>, conn: &mut PGconn) -> OwnedResult {
        let mut place = Box::<Self>::new_uninit();
        let result = place.as_mut_ptr();
        // SAFETY: every field is written once, as the pattern makes sure, before the box counts as
        // a result.
        unsafe {
            let core_place = (&raw mut (*result).core).cast::<MaybeUninit<QueryResult>>();
            conn.engine.unbox_into(core, &mut *core_place);
            (&raw mut (*result).head).write(ResultHead::default());
            (&raw mut (*result).hooks).write(conn.hooks);
            let events = conn.events.iter().map(EventProc::for_result);
            (&raw mut (*result).events).write(events.collect());
            (&raw mut (*result).arena).write(Arena::default());
            (&raw mut (*result).oid_status).write(OnceLock::new());
            let Self {
                head: _,
                core: _,
                hooks: _,
                events: _,
                arena: _,
                oid_status: _,
            } = &*result;
            OwnedResult::boxed(place.assume_init())
        }
    }

    /// Who is told of misuse.
    pub fn hooks(&self) -> NoticeHooks {
        self.hooks
    }

    /// The event procedures that go with it.
    pub fn events(&self) -> &[EventProc] {
        &self.events
    }

    /// The same, to change what they keep.
    pub fn events_mut(&mut self) -> &mut [EventProc] {
        &mut self.events
    }

    /// The encoding of its texts.
    pub fn encoding(&self) -> Encoding {
        self.core.encoding
    }

    /// The text of the error or notice; empty where there is none.
    pub fn error_text(&self) -> &CStr {
        self.core
            .report
            .as_ref()
            .map_or(c"", |report| report.text())
    }

    /// Whether there is such a row; the misuse is told of.
    pub(super) fn has_row(&self, row: c_int) -> bool {
        let rows = self.core.rows.len();
        let inside = usize::try_from(row).is_ok_and(|row| row < rows);
        self.check("row", row, rows, inside)
    }

    /// Whether there is such a column; the misuse is told of.
    pub(super) fn has_column(&self, column: c_int) -> bool {
        let columns = self.core.columns.len();
        let inside = usize::try_from(column).is_ok_and(|column| column < columns);
        self.check("column", column, columns, inside)
    }

    /// Whether there is such a parameter; the misuse is told of.
    pub(super) fn has_parameter(&self, parameter: c_int) -> bool {
        let parameters = self.core.parameters.len();
        let inside = usize::try_from(parameter).is_ok_and(|parameter| parameter < parameters);
        self.check("parameter", parameter, parameters, inside)
    }

    fn check(&self, what: &str, number: c_int, count: usize, inside: bool) -> bool {
        if !inside {
            let last = count as i64 - 1;
            let message = format!("{what} number {number} is out of range 0..{last}");
            notice::complain(self, &message);
        }
        inside
    }
}

/// A result that is ours until it is handed to C; dropping it is `PQclear`.
pub struct OwnedResult(NonNull<PGresult>);

impl OwnedResult {
    fn new(result: PGresult) -> Self {
        Self::boxed(Box::new(result))
    }

    #[inline]
    fn boxed(result: Box<PGresult>) -> Self {
        let result = Box::leak(result);
        result.head.fill(&result.core);
        Self(NonNull::from(result))
    }

    /// The pointer, for callbacks.
    pub fn as_ptr(&self) -> *mut PGresult {
        self.0.as_ptr()
    }

    /// What it holds.
    pub fn core(&self) -> &QueryResult {
        // SAFETY: the result is ours and alive, and changed only through a borrow of its own.
        &unsafe { self.0.as_ref() }.core
    }

    /// The status.
    pub fn status(&self) -> ExecStatus {
        self.core().status
    }

    /// Whether event procedures go with it.
    pub fn has_events(&self) -> bool {
        // SAFETY: as above.
        !unsafe { self.0.as_ref() }.events.is_empty()
    }

    /// Lends it to somebody who calls nobody back.
    pub fn edit<R>(&mut self, edit: impl FnOnce(&mut PGresult) -> R) -> R {
        // SAFETY: the result is ours and alive; the borrow ends here.
        edit(unsafe { self.0.as_mut() })
    }

    /// Hands the result to C.
    pub fn into_raw(self) -> *mut PGresult {
        std::mem::ManuallyDrop::new(self).0.as_ptr()
    }

    /// The pointer that C gets; NULL for none.
    pub fn give(result: Option<Self>) -> *mut PGresult {
        result.map_or(ptr::null_mut(), Self::into_raw)
    }
}

impl Drop for OwnedResult {
    fn drop(&mut self) {
        let result = self.0.as_ptr();
        // SAFETY: the result is ours, so nobody else frees it, and it came from a box.
        unsafe {
            events::fire_result_destroy(result);
            drop(Box::from_raw(result));
        }
    }
}

/// The number of rows as C counts them. A result with more is out of reach for C.
fn c_count(count: usize) -> c_int {
    c_int::try_from(count).unwrap_or(c_int::MAX)
}

/// The status of a result; PGRES_FATAL_ERROR for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultStatus(res: *const PGresult) -> ExecStatusType {
    // SAFETY: the pointer contract. A conversion of an enum cannot panic.
    match unsafe { peek(res) } {
        Some(result) => result.core.status.into(),
        None => ExecStatusType::PGRES_FATAL_ERROR,
    }
}

/// The number of rows; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQntuples(res: *const PGresult) -> c_int {
    // SAFETY: the pointer contract. Reading a number cannot panic.
    unsafe { peek(res) }.map_or(0, |result| c_count(result.core.rows.len()))
}

/// The number of columns; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQnfields(res: *const PGresult) -> c_int {
    // SAFETY: the pointer contract. Reading a number cannot panic.
    unsafe { peek(res) }.map_or(0, |result| c_count(result.core.columns.len()))
}

/// A value: text with a NUL behind it, or as many bytes as PQgetlength tells.
///
/// An empty string for NULL values; NULL where there is no such row or column, or no result. Valid
/// until the result is cleared; must not be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetvalue(
    res: *const PGresult,
    tup_num: c_int,
    field_num: c_int,
) -> *mut c_char {
    // SAFETY: the pointer contract.
    let Some(result) = (unsafe { peek(res) }) else {
        return ptr::null_mut();
    };
    // A negative number becomes one that is larger than any count. Looking up a value that is
    // there cannot panic: the index has an entry for every row.
    match result
        .core
        .rows
        .value_ptr(tup_num as usize, field_num as usize)
    {
        Some(value) => value.cast_mut().cast(),
        None => {
            no_such_value(result, tup_num, field_num);
            ptr::null_mut()
        }
    }
}

/// The length of a value in bytes; 0 for NULL values and where there is no such row or column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetlength(
    res: *const PGresult,
    tup_num: c_int,
    field_num: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    let Some(result) = (unsafe { peek(res) }) else {
        return 0;
    };
    // As in PQgetvalue. A value is at most as long as a message, whose length is an int.
    match result
        .core
        .rows
        .length(tup_num as usize, field_num as usize)
    {
        Some(length) => length as c_int,
        None => {
            no_such_value(result, tup_num, field_num);
            0
        }
    }
}

/// 1 for a NULL value and where there is no such row or column, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetisnull(
    res: *const PGresult,
    tup_num: c_int,
    field_num: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    let Some(result) = (unsafe { peek(res) }) else {
        return 1;
    };
    // As in PQgetvalue.
    match result
        .core
        .rows
        .is_null(tup_num as usize, field_num as usize)
    {
        Some(is_null) => is_null.into(),
        None => {
            no_such_value(result, tup_num, field_num);
            1
        }
    }
}

/// Tells of a value that does not exist: of its row, else of its column.
#[cold]
fn no_such_value(result: &PGresult, row: c_int, column: c_int) {
    guard((), || {
        if result.has_row(row) {
            result.has_column(column);
        }
    });
}

/// The number of parameters of a prepared statement, in the answer to PQdescribePrepared; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQnparams(res: *const PGresult) -> c_int {
    // SAFETY: the pointer contract. Reading a number cannot panic.
    unsafe { peek(res) }.map_or(0, |result| c_count(result.core.parameters.len()))
}

/// The type of a parameter of a prepared statement, in the answer to PQdescribePrepared.
///
/// 0 where there is no such parameter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQparamtype(res: *const PGresult, param_num: c_int) -> Oid {
    // SAFETY: the pointer contract. Reading a number that is there cannot panic.
    let Some(result) = (unsafe { peek(res) }) else {
        return InvalidOid;
    };
    match result.core.parameters.get(param_num as usize) {
        Some(oid) => *oid,
        None => {
            guard(false, || result.has_parameter(param_num));
            InvalidOid
        }
    }
}

/// Frees a result and all that belongs to it, after telling its event procedures. NULL does
/// nothing.
///
/// Results live independently of their connection: clearing them is the program's duty even when
/// the connection has been finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQclear(res: *mut PGresult) {
    if let Some(result) = NonNull::new(res) {
        // SAFETY: the result was handed out by `into_raw` and is given back once.
        guard((), || drop(OwnedResult(result)));
    }
}
