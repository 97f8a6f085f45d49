//! Making results: empty ones, copies, and values set by hand.
//!
//! Manual: "Miscellaneous Functions".

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use super::boundary::{guard, with_result, with_result_mut};
use super::conn::PGconn;
use super::events::{self, EventProc};
use super::memory;
use super::notice;
use super::result::{OwnedResult, PGresult};
use super::types::{
    ExecStatusType, Oid, PG_COPYRES_ATTRS, PG_COPYRES_EVENTS, PG_COPYRES_NOTICEHOOKS,
    PG_COPYRES_TUPLES, number,
};
use crate::charset::Encoding;
use crate::result::{Column, Columns, ExecStatus, QueryResult, Report};

/// What a program tells of a column that it makes.
#[repr(C)]
pub struct pgresAttDesc {
    /// The column's name.
    pub name: *mut c_char,
    /// The table it comes from, or 0.
    pub tableid: Oid,
    /// Its number in that table, or 0.
    pub columnid: c_int,
    /// 0 for text, 1 for binary.
    pub format: c_int,
    /// The OID of its type.
    pub typid: Oid,
    /// The bytes that the server stores a value in; negative for variable length.
    pub typlen: c_int,
    /// The type modifier; -1 for none.
    pub atttypmod: c_int,
}
/// What a program tells of a column that it makes.
pub type PGresAttDesc = pgresAttDesc;

/// A result without rows and columns, to be cleared with PQclear; NULL where there is no memory.
///
/// With a connection, the result takes over its notice receiver and event procedures, and for the
/// statuses of errors its message. A number that is no status stands for PGRES_FATAL_ERROR.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQmakeEmptyPGresult(
    conn: *mut PGconn,
    status: MaybeUninit<ExecStatusType>,
) -> *mut PGresult {
    let status = ExecStatus::from_number(number(status)).unwrap_or(ExecStatus::FatalError);
    // SAFETY: the pointer contract.
    let conn = unsafe { conn.as_ref() };
    guard(ptr::null_mut(), || {
        let Some(conn) = conn else {
            let core = QueryResult::new(status, Encoding::SQL_ASCII);
            return PGresult::alone(core).into_raw();
        };
        let mut core = QueryResult::new(status, conn.engine.encoding());
        let is_error = matches!(
            status,
            ExecStatus::BadResponse
                | ExecStatus::NonfatalError
                | ExecStatus::FatalError
                | ExecStatus::PipelineSync
                | ExecStatus::PipelineAborted
        );
        if is_error {
            core.report = Some(Box::new(Report::internal(conn.engine.error().as_bytes())));
        }
        PGresult::from_conn(core, conn).into_raw()
    })
}

/// A copy of a result, with status PGRES_TUPLES_OK and the command tag; `flags` tell what else is
/// copied (PG_COPYRES_ATTRS, PG_COPYRES_TUPLES, PG_COPYRES_EVENTS, PG_COPYRES_NOTICEHOOKS).
///
/// To be cleared with PQclear; NULL for NULL and where there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcopyResult(src: *const PGresult, flags: c_int) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        let copied = with_result(src, None, |src| copy(src, flags));
        if let Some(copied) = &copied
            && copied.has_events()
        {
            guard((), || events::fire_copy(src, copied.as_ptr()));
        }
        OwnedResult::give(copied)
    }
}

fn copy(src: &PGresult, flags: c_int) -> Option<OwnedResult> {
    let has = |flag| flags & flag != 0;
    let mut core = QueryResult::new(ExecStatus::TuplesOk, src.encoding());
    core.tag = src.core.tag;
    if has(PG_COPYRES_ATTRS | PG_COPYRES_TUPLES) {
        core.set_columns(if src.core.columns.is_nameless() {
            Arc::new(Columns::clone(&src.core.columns).named())
        } else {
            Arc::clone(&src.core.columns)
        });
        core.binary = src.core.binary;
    }
    // Rows without columns hold nothing that could be copied.
    if has(PG_COPYRES_TUPLES) && !core.columns.is_empty() {
        core.rows.copy_from(&src.core.rows).ok()?;
    }
    let mut copied = PGresult::alone(core);
    copied.edit(|copied| {
        if has(PG_COPYRES_NOTICEHOOKS) {
            copied.hooks = src.hooks;
        }
        if has(PG_COPYRES_EVENTS) {
            copied.events = src.events.iter().map(EventProc::for_result).collect();
        }
    });
    Some(copied)
}

/// Gives columns to a result that has none; their descriptions are copied. Returns 1, or 0 when the
/// result has columns or rows already or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetResultAttrs(
    res: *mut PGresult,
    numAttributes: c_int,
    attDescs: *mut PGresAttDesc,
) -> c_int {
    // SAFETY: the pointer contract; the array has so many elements, whose names are strings.
    unsafe {
        with_result_mut(res, 0, |result| {
            if !result.core.columns.is_empty() {
                return 0;
            }
            let count = usize::try_from(numAttributes).unwrap_or(0);
            let described = memory::counted(attDescs.cast_const(), count);
            if described.is_empty() {
                return 1;
            }
            if !result.core.rows.is_empty() {
                return 0;
            }
            let columns = described.iter().map(|described| {
                let name = memory::bytes(described.name).unwrap_or_default();
                (name, column(described))
            });
            result.core.set_columns(Arc::new(Columns::build(columns)));
            1
        })
    }
}

fn column(described: &PGresAttDesc) -> Column {
    let mut column = Column::default();
    column.table_oid = described.tableid;
    column.table_column = described.columnid;
    column.format = described.format;
    column.type_oid = described.typid;
    column.type_len = described.typlen;
    column.type_mod = described.atttypmod;
    column
}

/// Sets a value of a row, or of a new row behind the last one. The value is copied; it is NULL where
/// `value` is NULL or `len` is -1. Returns 1, or 0 when there is no such row or column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetvalue(
    res: *mut PGresult,
    tup_num: c_int,
    field_num: c_int,
    value: *mut c_char,
    len: c_int,
) -> c_int {
    // SAFETY: the pointer contract; the value has `len` bytes.
    unsafe {
        if !with_result(res, false, |result| is_settable(result, tup_num, field_num)) {
            return 0;
        }
        let value = match usize::try_from(len) {
            _ if value.is_null() || len == -1 => None,
            Ok(length) => Some(memory::counted(value.cast_const().cast::<u8>(), length)),
            Err(_) => Some(&[][..]),
        };
        with_result_mut(res, 0, |result| {
            result.head.withdraw();
            let done = result
                .core
                .rows
                .set(tup_num as usize, field_num as usize, value);
            done.is_ok().into()
        })
    }
}

/// Whether there is such a field, or would be in one more row; misuse is told of.
fn is_settable(result: &PGresult, row: c_int, column: c_int) -> bool {
    if !result.has_column(column) {
        return false;
    }
    let rows = result.core.rows.len();
    if usize::try_from(row).is_ok_and(|row| row <= rows) {
        return true;
    }
    notice::complain(
        result,
        &format!("row number {row} is out of range 0..{rows}"),
    );
    false
}

/// Memory that is freed along with a result, aligned for any value; NULL where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultAlloc(res: *mut PGresult, nBytes: usize) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe {
        with_result_mut(res, ptr::null_mut(), |result| {
            // What has no size has an address all the same.
            let piece = result.arena.allocate(nBytes.max(1), true);
            piece.map_or(ptr::null_mut(), |piece| piece.cast())
        })
    }
}
