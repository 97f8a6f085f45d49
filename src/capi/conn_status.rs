//! What a connection tells of itself.
//!
//! Manual: "Connection Status Functions".

use std::ffi::{CStr, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use super::boundary::{with_conn, with_conn_ref};
use super::conn::PGconn;
use super::memory;
use super::types::{
    ConnStatusType, PGContextVisibility, PGTransactionStatusType, PGVerbosity, PGpipelineStatus,
    number,
};
use crate::connection::{ConnStatus, Connection};
use crate::conninfo::{DEFAULT_PORT, OptionId};
use crate::result::{ContextVisibility, Verbosity};

/// A string that the connection keeps.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn text(conn: *const PGconn, read: impl FnOnce(&PGconn) -> Option<&CStr>) -> *mut c_char {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn_ref(conn, ptr::null_mut(), |conn| {
            read(conn).map_or(ptr::null_mut(), |text| text.as_ptr().cast_mut())
        })
    }
}

/// The database; NULL for NULL and where the options could not be understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdb(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| conn.engine.info().get(OptionId::Dbname)) }
}

/// The user; NULL for NULL and where the options could not be understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQuser(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| conn.engine.info().get(OptionId::User)) }
}

/// The password, or what the password file has for the host; empty where there is none. NULL for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQpass(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| Some(password(&conn.engine).unwrap_or(c""))) }
}

fn password(engine: &Connection) -> Option<&CStr> {
    let from_file = engine.host().and_then(|host| host.password.as_deref());
    from_file.or_else(|| engine.info().get(OptionId::Password))
}

/// The host being connected to: its name, socket directory or, where only that is given, address.
/// Empty where it cannot be told, and NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQhost(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        text(conn, |conn| {
            Some(conn.engine.host().map_or(c"", |host| host.shown_host()))
        })
    }
}

/// The address being connected to, as text; empty for a Unix-domain socket and where it cannot be
/// told. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQhostaddr(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| Some(&conn.address)) }
}

/// The port being connected to. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQport(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        text(conn, |conn| {
            Some(
                conn.engine
                    .host()
                    .map_or(DEFAULT_PORT, |host| &host.port_text),
            )
        })
    }
}

/// Empty: there is no such thing any more. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQtty(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |_| Some(c"")) }
}

/// The command-line options for the server process; NULL for NULL and where the options could not
/// be understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQoptions(conn: *const PGconn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| conn.engine.info().get(OptionId::Options)) }
}

/// How far the connection is; CONNECTION_BAD for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQstatus(conn: *const PGconn) -> ConnStatusType {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, ConnStatusType::CONNECTION_BAD, |conn| {
            conn.engine.status().into()
        })
    }
}

/// The transaction state; PQTRANS_UNKNOWN for NULL and a bad connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQtransactionStatus(conn: *const PGconn) -> PGTransactionStatusType {
    let unknown = PGTransactionStatusType::PQTRANS_UNKNOWN;
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, unknown, |conn| conn.engine.transaction().into()) }
}

/// Whether a pipeline is open; PQ_PIPELINE_OFF for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQpipelineStatus(conn: *const PGconn) -> PGpipelineStatus {
    let off = PGpipelineStatus::PQ_PIPELINE_OFF;
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, off, |conn| conn.engine.pipeline().into()) }
}

/// The value of a parameter that the server reports, such as `server_version`; NULL where it does
/// not report it. Valid until the value changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQparameterStatus(
    conn: *const PGconn,
    paramName: *const c_char,
) -> *const c_char {
    // SAFETY: the pointer contract.
    unsafe {
        let Some(name) = memory::bytes(paramName) else {
            return ptr::null();
        };
        text(conn, |conn| conn.engine.parameter(name)).cast_const()
    }
}

/// The major version of the protocol, 3; 0 for NULL and a bad connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQprotocolVersion(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { PQfullProtocolVersion(conn) / 10_000 }
}

/// The version of the protocol, such as 30002 for 3.2; 0 for NULL and a bad connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfullProtocolVersion(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| {
            if conn.engine.status() == ConnStatus::Bad {
                return 0;
            }
            let version = conn.engine.session().protocol;
            let number = (version >> 16) * 10_000 + (version & 0xffff);
            c_int::try_from(number).unwrap_or(0)
        })
    }
}

/// The version of the server, such as 150003 for 15.3; 0 for NULL and a bad connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQserverVersion(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| match conn.engine.status() {
            ConnStatus::Bad => 0,
            _ => conn.engine.session().server_version,
        })
    }
}

/// What went wrong last, each message with a newline at its end; empty where nothing did. Valid
/// until the next call with the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQerrorMessage(conn: *const PGconn) -> *mut c_char {
    if conn.is_null() {
        return c"connection pointer is NULL\n".as_ptr().cast_mut();
    }
    // SAFETY: the pointer contract.
    unsafe { text(conn, |conn| Some(conn.engine.error().as_c_str())) }
}

/// The descriptor of the socket; -1 while there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsocket(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, -1, |conn| conn.engine.fd().unwrap_or(-1)) }
}

/// The process ID of the server process; 0 for NULL and a bad connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQbackendPID(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| match conn.engine.status() {
            ConnStatus::Ok => conn.engine.session().pid,
            _ => 0,
        })
    }
}

/// 1 when the server has asked for a password and there is none, else 0: time to ask the user.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectionNeedsPassword(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| {
            let engine = &conn.engine;
            (engine.password_needed() && !engine.has_password()).into()
        })
    }
}

/// 1 when the server has asked for a password, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectionUsedPassword(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, 0, |conn| conn.engine.password_needed().into()) }
}

/// 1 when the connection was authenticated or is encrypted with GSSAPI, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectionUsedGSSAPI(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, 0, |conn| conn.engine.used_gssapi().into()) }
}

/// Sets how much the texts of errors and notices tell, and returns the former setting;
/// PQERRORS_DEFAULT for NULL. A number that is no verbosity changes nothing.
///
/// Messages that exist already stay as they are; see PQresultVerboseErrorMessage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetErrorVerbosity(
    conn: *mut PGconn,
    verbosity: MaybeUninit<PGVerbosity>,
) -> PGVerbosity {
    let wanted = Verbosity::from_number(number(verbosity));
    let set = |conn: &mut PGconn| match wanted {
        Some(wanted) => conn.engine.set_verbosity(wanted).into(),
        None => conn.engine.style().verbosity.into(),
    };
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, PGVerbosity::PQERRORS_DEFAULT, |driver| {
            driver.conn(set)
        })
    }
}

/// Sets when the texts of errors and notices show the context, and returns the former setting;
/// PQSHOW_CONTEXT_ERRORS for NULL. A number that is none of the enum's changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetErrorContextVisibility(
    conn: *mut PGconn,
    show_context: MaybeUninit<PGContextVisibility>,
) -> PGContextVisibility {
    let wanted = ContextVisibility::from_number(number(show_context));
    let set = |conn: &mut PGconn| match wanted {
        Some(wanted) => conn.engine.set_context(wanted).into(),
        None => conn.engine.style().context.into(),
    };
    let errors = PGContextVisibility::PQSHOW_CONTEXT_ERRORS;
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, errors, |driver| driver.conn(set)) }
}
