//! Sending commands without waiting for their answers, and fetching results as they arrive.
//!
//! The functions that send return 1, or 0 when the command could not be sent or queued, which
//! PQerrorMessage explains; they return 0 for a NULL connection. Their arguments are those of the
//! functions that wait.
//!
//! Manual: "Asynchronous Command Processing", "Retrieving Query Results in Chunks",
//! "Asynchronous Notification".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::{guard, with_conn, with_conn_ref};
use super::conn::PGconn;
use super::params::{self, CParams};
use super::result::{OwnedResult, PGresult};
use super::types::Oid;
use crate::connection::blocking::{self, Host};
use crate::connection::{ConnStatus, Connection, Flush, Notification, Refused};
use crate::transport::{current_time_usec, socket_poll};
use crate::wire::frontend::Target;

/// PQsetChunkedRowsMode is there.
pub const LIBPQ_HAS_CHUNK_MODE: c_int = 1;
/// PQsocketPoll and PQgetCurrentTimeUSec are there.
pub const LIBPQ_HAS_SOCKET_POLL: c_int = 1;

/// A moment, or a span of time, in microseconds.
pub type pg_usec_time_t = i64;

/// A notification that has arrived.
#[repr(C)]
pub struct pgNotify {
    /// The channel's name.
    pub relname: *mut c_char,
    /// The process ID of the session that notified.
    pub be_pid: c_int,
    /// The payload, empty where there is none.
    pub extra: *mut c_char,
    /// Not for programs: always NULL.
    pub next: *mut pgNotify,
}
/// A notification that has arrived.
pub type PGnotify = pgNotify;

/// Sends by `send`.
///
/// # Safety
/// The pointer contract of [`super`].
pub(super) unsafe fn send(
    conn: *mut PGconn,
    send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { with_conn(conn, 0, |driver| send(driver.engine()).is_ok().into()) }
}

/// Sends a text of one or more statements. Not allowed in pipeline mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendQuery(conn: *mut PGconn, query: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| params::send_query(engine, query)) }
}

/// Sends one statement and its parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendQueryParams(
    conn: *mut PGconn,
    command: *const c_char,
    nParams: c_int,
    paramTypes: *const Oid,
    paramValues: *const *const c_char,
    paramLengths: *const c_int,
    paramFormats: *const c_int,
    resultFormat: c_int,
) -> c_int {
    let params = CParams {
        count: nParams,
        values: paramValues,
        lengths: paramLengths,
        formats: paramFormats,
        result_format: resultFormat,
    };
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_query_params(engine, command, paramTypes, params)
        })
    }
}

/// Sends a statement to be prepared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendPrepare(
    conn: *mut PGconn,
    stmtName: *const c_char,
    query: *const c_char,
    nParams: c_int,
    paramTypes: *const Oid,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_prepare(engine, stmtName, query, nParams, paramTypes)
        })
    }
}

/// Sends parameters for a prepared statement to be executed with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendQueryPrepared(
    conn: *mut PGconn,
    stmtName: *const c_char,
    nParams: c_int,
    paramValues: *const *const c_char,
    paramLengths: *const c_int,
    paramFormats: *const c_int,
    resultFormat: c_int,
) -> c_int {
    let params = CParams {
        count: nParams,
        values: paramValues,
        lengths: paramLengths,
        formats: paramFormats,
        result_format: resultFormat,
    };
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_query_prepared(engine, stmtName, params)
        })
    }
}

/// Asks for the parameters and columns of a prepared statement; NULL stands for the unnamed one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendDescribePrepared(conn: *mut PGconn, stmt: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_describe(engine, Target::Statement, stmt)
        })
    }
}

/// Asks for the columns of a portal; NULL stands for the unnamed one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendDescribePortal(conn: *mut PGconn, portal: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_describe(engine, Target::Portal, portal)
        })
    }
}

/// Asks for a prepared statement to be closed; NULL stands for the unnamed one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendClosePrepared(conn: *mut PGconn, stmt: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_close(engine, Target::Statement, stmt)
        })
    }
}

/// Asks for a portal to be closed; NULL stands for the unnamed one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendClosePortal(conn: *mut PGconn, portal: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        send(conn, |engine| {
            params::send_close(engine, Target::Portal, portal)
        })
    }
}

/// Selects that each row of the command just sent comes as a result of its own, with the status
/// PGRES_SINGLE_TUPLE. Returns 1, or 0 when it is not the time for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetSingleRowMode(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, 0, |driver| {
            driver.engine().set_single_row_mode().into()
        })
    }
}

/// Selects that the rows of the command just sent come in results of at most `chunkSize`, with the
/// status PGRES_TUPLES_CHUNK. Returns 1, or 0 when it is not the time for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetChunkedRowsMode(conn: *mut PGconn, chunkSize: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, 0, |driver| match usize::try_from(chunkSize) {
            Ok(size @ 1..) => driver.engine().set_chunked_rows_mode(size).into(),
            _ => 0,
        })
    }
}

/// The next result of the command that was sent, waiting for it where it has not arrived; to be
/// cleared with PQclear. NULL when the command has no more results, and for a NULL connection.
///
/// To be called until it returns NULL, even after an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetResult(conn: *mut PGconn) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, ptr::null_mut(), |driver| {
            OwnedResult::give(blocking::get_result(driver))
        })
    }
}

/// Takes in what the server has sent, without waiting. Returns 1, or 0 when the connection is lost
/// or NULL.
///
/// It does not tell whether a result has become complete: PQisBusy does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconsumeInput(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, 0, |driver| {
            driver.engine().consume_input().is_ok().into()
        })
    }
}

/// 1 when PQgetResult would have to wait, else 0. Looks only at what has been taken in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQisBusy(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, 0, |driver| driver.engine().is_busy().into()) }
}

/// Sets whether functions that send may return before everything is sent. Returns 0, or -1 when
/// the connection is bad or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetnonblocking(conn: *mut PGconn, arg: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, -1, |driver| {
            let engine = driver.engine();
            let wanted = arg != 0;
            if engine.status() == ConnStatus::Bad {
                return -1;
            }
            if engine.is_nonblocking() == wanted {
                return 0;
            }
            engine.clear_error_if_idle();
            // What was queued under the former setting is sent under it.
            if engine.flush().is_err() {
                return -1;
            }
            engine.set_nonblocking(wanted);
            0
        })
    }
}

/// 1 when functions that send may return before everything is sent, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQisnonblocking(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| {
            let engine = &conn.engine;
            (engine.status() != ConnStatus::Bad && engine.is_nonblocking()).into()
        })
    }
}

/// Sends what is queued. Returns 0 when everything is sent, 1 when something is left on a
/// non-blocking connection, and -1 when the connection is bad or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQflush(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, -1, |driver| {
            let engine = driver.engine();
            if engine.status() == ConnStatus::Bad {
                return -1;
            }
            match engine.flush() {
                Ok(Flush::Done) => 0,
                Ok(Flush::Pending) => 1,
                Err(_) => -1,
            }
        })
    }
}

/// Waits until a socket can be read from or written to, as asked for, or until `end_time`, in
/// microseconds since the Unix epoch; -1 for no end, 0 for no waiting at all.
///
/// Returns a number greater than 0 when it can, 0 when the time has passed or neither was asked
/// for, and -1 with `errno` set when waiting fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsocketPoll(
    sock: c_int,
    forRead: c_int,
    forWrite: c_int,
    end_time: pg_usec_time_t,
) -> c_int {
    guard(-1, || {
        socket_poll(sock, forRead != 0, forWrite != 0, end_time).unwrap_or(-1)
    })
}

/// The time of day, in microseconds since the Unix epoch.
#[unsafe(no_mangle)]
pub extern "C" fn PQgetCurrentTimeUSec() -> pg_usec_time_t {
    guard(0, current_time_usec)
}

/// The next notification among what has been taken in; NULL when there is none. To be freed with
/// PQfreemem.
///
/// Nothing is read from the socket: PQconsumeInput does that, and so does every command.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQnotifies(conn: *mut PGconn) -> *mut PGnotify {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, ptr::null_mut(), |driver| {
            let next = driver.engine().pop_notification();
            next.map_or(ptr::null_mut(), |next| into_c(&next))
        })
    }
}

/// The notification in one piece of memory, for C to free; NULL where there is none.
fn into_c(notification: &Notification) -> *mut PGnotify {
    let channel = notification.channel.as_bytes_with_nul();
    let payload = notification.payload.as_bytes_with_nul();
    let size = size_of::<PGnotify>() + channel.len() + payload.len();
    // SAFETY: the memory has room for the structure and, behind it, both strings.
    unsafe {
        let notify = libc::malloc(size).cast::<PGnotify>();
        if notify.is_null() {
            return notify;
        }
        let relname = notify.add(1).cast::<u8>();
        relname.copy_from_nonoverlapping(channel.as_ptr(), channel.len());
        let extra = relname.add(channel.len());
        extra.copy_from_nonoverlapping(payload.as_ptr(), payload.len());
        notify.write(PGnotify {
            relname: relname.cast(),
            be_pid: notification.pid,
            extra: extra.cast(),
            next: ptr::null_mut(),
        });
        notify
    }
}

/// PQfreemem under another name, for programs built long ago: the header has a macro.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfreeNotify(notify: *mut PGnotify) {
    // SAFETY: NULL, or allocated by `malloc` and not used again, as the caller promises.
    unsafe { libc::free(notify.cast()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::{CStr, CString};

    #[test]
    fn a_notification_is_one_piece_of_memory() {
        let notification = Notification {
            pid: 4711,
            channel: CString::from(c"channel"),
            payload: CString::default(),
        };
        let notify = into_c(&notification);
        // SAFETY: the notification has just been made.
        unsafe {
            assert_eq!(CStr::from_ptr((*notify).relname), c"channel");
            assert_eq!(CStr::from_ptr((*notify).extra), c"");
            assert_eq!((*notify).be_pid, 4711);
            assert!((*notify).next.is_null());
            PQfreeNotify(notify);
        }
    }

    #[test]
    fn no_connection_answers_everything() {
        // SAFETY: NULL is allowed.
        unsafe {
            let conn = ptr::null_mut();
            assert_eq!(PQsendQuery(conn, c"x".as_ptr()), 0);
            assert!(PQgetResult(conn).is_null());
            assert_eq!(PQconsumeInput(conn), 0);
            assert_eq!(PQisBusy(conn), 0);
            assert_eq!(PQsetnonblocking(conn, 1), -1);
            assert_eq!(PQisnonblocking(conn), 0);
            assert_eq!(PQflush(conn), -1);
            assert!(PQnotifies(conn).is_null());
            assert_eq!(PQsetSingleRowMode(conn), 0);
            assert_eq!(PQsetChunkedRowsMode(conn, 5), 0);
        }
    }
}
