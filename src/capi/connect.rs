//! Making and ending connections.
//!
//! Manual: "Database Connection Control Functions".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::{guard, with_conn};
use super::conn::PGconn;
use super::driver::Driver;
use super::events;
use super::exposed;
use super::key_hook;
use super::memory;
use super::oauth;
use super::types::PostgresPollingStatusType;
use crate::connection::{ConnStatus, Connection, blocking, blocking::Host};
use crate::conninfo::{ConnInfo, Login};
use crate::error::Error;

/// Connects to a server with the options of a connection string (`key=value` pairs or a URI), and
/// waits until that has succeeded or failed.
///
/// Never NULL, except where there is no memory; PQstatus tells whether it has succeeded, and
/// PQerrorMessage why not. To be freed with PQfinish in any case. NULL is taken for an empty string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectdb(conninfo: *const c_char) -> *mut PGconn {
    // SAFETY: the pointer contract.
    unsafe {
        let conninfo = memory::bytes(conninfo).unwrap_or_default();
        complete(open(|| ConnInfo::from_string(conninfo)))
    }
}

/// The same with options in two arrays, each ending in NULL. With `expand_dbname` not 0, a
/// connection string may stand in the place of the database name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectdbParams(
    keywords: *const *const c_char,
    values: *const *const c_char,
    expand_dbname: c_int,
) -> *mut PGconn {
    // SAFETY: the pointer contract.
    unsafe { complete(open(|| params(keywords, values, expand_dbname))) }
}

/// The same with the most usual options as arguments, each of which may be NULL. `pgtty` has no
/// effect. A connection string may stand in the place of the database name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetdbLogin(
    pghost: *const c_char,
    pgport: *const c_char,
    pgoptions: *const c_char,
    pgtty: *const c_char,
    dbName: *const c_char,
    login: *const c_char,
    pwd: *const c_char,
) -> *mut PGconn {
    let _ = pgtty;
    // SAFETY: the pointer contract.
    unsafe {
        let login = Login {
            host: memory::bytes(pghost),
            port: memory::bytes(pgport),
            options: memory::bytes(pgoptions),
            dbname: memory::bytes(dbName),
            user: memory::bytes(login),
            password: memory::bytes(pwd),
        };
        complete(open(|| ConnInfo::from_login(&login)))
    }
}

/// Begins to connect without waiting for the server; PQconnectPoll goes on. As if that had answered
/// PGRES_POLLING_WRITING, unless PQstatus is CONNECTION_BAD already.
///
/// Never NULL, except where there is no memory. To be freed with PQfinish. Looking up a host name
/// may still wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectStart(conninfo: *const c_char) -> *mut PGconn {
    // SAFETY: the pointer contract.
    unsafe {
        let conninfo = memory::bytes(conninfo).unwrap_or_default();
        begin(open(|| ConnInfo::from_string(conninfo)))
    }
}

/// The same with options in two arrays, as PQconnectdbParams has them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectStartParams(
    keywords: *const *const c_char,
    values: *const *const c_char,
    expand_dbname: c_int,
) -> *mut PGconn {
    // SAFETY: the pointer contract.
    unsafe { begin(open(|| params(keywords, values, expand_dbname))) }
}

/// The options in two arrays with all defaults.
///
/// # Safety
/// The pointer contract of [`super`]; both arrays end in NULL, or `keywords` does so first.
pub(super) unsafe fn params(
    keywords: *const *const c_char,
    values: *const *const c_char,
    expand_dbname: c_int,
) -> Result<ConnInfo, Error> {
    let mut pairs = Vec::new();
    if !keywords.is_null() && !values.is_null() {
        // SAFETY: the array of keywords ends in NULL, which is not passed by, and the other one
        // has at least as many elements.
        unsafe {
            for index in 0.. {
                let Some(keyword) = memory::bytes(*keywords.add(index)) else {
                    break;
                };
                if let Some(value) = memory::bytes(*values.add(index)) {
                    pairs.push((keyword, value));
                }
            }
        }
    }
    ConnInfo::from_params(pairs, expand_dbname != 0)
}

/// A connection with the options of `read`, on which no step has been taken yet.
fn open(read: impl FnOnce() -> Result<ConnInfo, Error>) -> *mut PGconn {
    guard(ptr::null_mut(), || {
        exposed::look_around();
        PGconn::into_raw(Connection::start(read()))
    })
}

/// Takes the first step, after which the socket can be waited for.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn begin(conn: *mut PGconn) -> *mut PGconn {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, (), |driver| {
            first_step(driver);
        });
    }
    conn
}

/// The first step of connecting, after which the socket can be waited for; `false` when it failed.
pub(super) fn first_step(driver: &mut Driver) -> bool {
    if driver.engine().status() == ConnStatus::Bad {
        return false;
    }
    step(driver);
    driver.engine().status() != ConnStatus::Bad
}

/// One step of connecting.
pub(super) fn step(driver: &mut Driver) -> PostgresPollingStatusType {
    let by_host = key_hook::is_set();
    driver.engine().set_tls_by_host(by_host);
    let polling = blocking::poll_connect(driver);
    driver.conn(PGconn::note_address);
    polling.into()
}

/// Goes on with connecting until it has succeeded or failed.
pub(super) fn wait_until_connected(driver: &mut Driver) -> bool {
    let by_host = key_hook::is_set();
    driver.engine().set_tls_by_host(by_host);
    let connected = blocking::connect(driver);
    driver.conn(PGconn::note_address);
    connected
}

/// # Safety
/// The pointer contract of [`super`].
unsafe fn complete(conn: *mut PGconn) -> *mut PGconn {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, (), |driver| {
            if driver.engine().status() != ConnStatus::Bad {
                wait_until_connected(driver);
            }
        });
    }
    conn
}

/// Goes on with connecting as far as it goes without waiting, and tells what to wait for before the
/// next call: PGRES_POLLING_READING or PGRES_POLLING_WRITING on the socket that PQsocket gives then.
///
/// PGRES_POLLING_OK once the connection is ready; PGRES_POLLING_FAILED when it has failed, and for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconnectPoll(conn: *mut PGconn) -> PostgresPollingStatusType {
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, PostgresPollingStatusType::PGRES_POLLING_FAILED, step) }
}

/// Ends the session, tells the event procedures, and frees the connection. NULL does nothing.
///
/// To be called even when connecting has failed. Results of the connection stay valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfinish(conn: *mut PGconn) {
    if conn.is_null() {
        return;
    }
    // SAFETY: the pointer contract; the connection came from a box and is not used again.
    guard((), || unsafe {
        oauth::end(conn);
        (*conn).engine.close();
        events::fire_destroy(conn);
        drop(Box::from_raw(conn));
    });
}
