//! Executing commands and waiting for their answers.
//!
//! All of these return a result that is to be cleared with PQclear. NULL means that the command
//! could not be sent, or that there is no memory; PQerrorMessage tells which.
//!
//! Manual: "Command Execution Functions".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::with_conn;
use super::conn::PGconn;
use super::params::{self, CParams};
use super::result::{OwnedResult, PGresult};
use super::types::Oid;
use crate::connection::{Connection, Refused, blocking};
use crate::wire::frontend::Target;

/// Sends a command by `send` and waits for its last result.
///
/// # Safety
/// The pointer contract of [`super`].
pub(super) unsafe fn run(
    conn: *mut PGconn,
    send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
) -> *mut PGresult {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, ptr::null_mut(), |driver| {
            OwnedResult::give(blocking::run(driver, send))
        })
    }
}

/// Executes a text of one or more statements, separated by semicolons, and returns the result of
/// the last one executed. NULL for a NULL connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQexec(conn: *mut PGconn, query: *const c_char) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe { run(conn, |engine| params::send_query(engine, query)) }
}

/// Executes one statement with parameters `$1`, `$2`, … apart from its text.
///
/// `paramTypes` has the types, 0 for one that the server is to infer, and may be NULL; so may
/// `paramValues` when all are NULL values, `paramLengths` when no value is binary, and
/// `paramFormats` when all are text. `resultFormat` is 0 for text and 1 for binary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQexecParams(
    conn: *mut PGconn,
    command: *const c_char,
    nParams: c_int,
    paramTypes: *const Oid,
    paramValues: *const *const c_char,
    paramLengths: *const c_int,
    paramFormats: *const c_int,
    resultFormat: c_int,
) -> *mut PGresult {
    let params = CParams {
        count: nParams,
        values: paramValues,
        lengths: paramLengths,
        formats: paramFormats,
        result_format: resultFormat,
    };
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_query_params(engine, command, paramTypes, params)
        })
    }
}

/// Prepares a statement under a name, the empty one being that of the unnamed statement.
///
/// `paramTypes` may be NULL or shorter than the statement's list of parameters; the server infers
/// the types of the others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQprepare(
    conn: *mut PGconn,
    stmtName: *const c_char,
    query: *const c_char,
    nParams: c_int,
    paramTypes: *const Oid,
) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_prepare(engine, stmtName, query, nParams, paramTypes)
        })
    }
}

/// Executes a prepared statement; the arguments are those of PQexecParams.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQexecPrepared(
    conn: *mut PGconn,
    stmtName: *const c_char,
    nParams: c_int,
    paramValues: *const *const c_char,
    paramLengths: *const c_int,
    paramFormats: *const c_int,
    resultFormat: c_int,
) -> *mut PGresult {
    let params = CParams {
        count: nParams,
        values: paramValues,
        lengths: paramLengths,
        formats: paramFormats,
        result_format: resultFormat,
    };
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_query_prepared(engine, stmtName, params)
        })
    }
}

/// Asks for the parameters and columns of a prepared statement; NULL stands for the unnamed one.
///
/// The result's status is PGRES_COMMAND_OK; PQnparams and PQparamtype read its parameters, PQnfields
/// and its kin its columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdescribePrepared(
    conn: *mut PGconn,
    stmt: *const c_char,
) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_describe(engine, Target::Statement, stmt)
        })
    }
}

/// Asks for the columns of a portal, such as a cursor; NULL stands for the unnamed one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdescribePortal(
    conn: *mut PGconn,
    portal: *const c_char,
) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_describe(engine, Target::Portal, portal)
        })
    }
}

/// Closes a prepared statement; NULL stands for the unnamed one. One that does not exist is no
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQclosePrepared(conn: *mut PGconn, stmt: *const c_char) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_close(engine, Target::Statement, stmt)
        })
    }
}

/// Closes a portal, such as a cursor; NULL stands for the unnamed one. One that does not exist is
/// no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQclosePortal(conn: *mut PGconn, portal: *const c_char) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        run(conn, |engine| {
            params::send_close(engine, Target::Portal, portal)
        })
    }
}
