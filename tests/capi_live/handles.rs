//! Strings, connections and results, let go of in the end.

use std::ffi::{CStr, CString, c_char, c_int};

use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::exec::*;
use ferropq::capi::memory::PQfreemem;
use ferropq::capi::result::*;
use ferropq::capi::result_error::*;
use ferropq::capi::types::*;
use support::{SUPERUSER, Server, Via};

pub(crate) fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

/// A string of C's; empty for NULL.
pub(crate) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    unsafe { CStr::from_ptr(pointer) }
        .to_str()
        .expect("UTF-8")
        .to_owned()
}

/// A string that is ours to free.
pub(crate) fn taken(pointer: *mut c_char) -> String {
    let copy = text(pointer);
    unsafe { PQfreemem(pointer.cast()) };
    copy
}

/// A connection that is finished in the end.
pub(crate) struct Conn(pub(crate) *mut PGconn);

impl Conn {
    pub(crate) fn open(conninfo: &str) -> Self {
        Self(unsafe { PQconnectdb(c(conninfo).as_ptr()) })
    }

    pub(crate) fn ready(conninfo: &str) -> Self {
        let conn = Self::open(conninfo);
        assert_eq!(
            conn.status(),
            ConnStatusType::CONNECTION_OK,
            "{}",
            conn.error()
        );
        conn
    }

    pub(crate) fn status(&self) -> ConnStatusType {
        unsafe { PQstatus(self.0) }
    }

    pub(crate) fn error(&self) -> String {
        text(unsafe { PQerrorMessage(self.0) })
    }

    pub(crate) fn exec(&self, sql: &str) -> Res {
        Res(unsafe { PQexec(self.0, c(sql).as_ptr()) })
    }

    /// Sends a query whose answer does not matter.
    pub(crate) fn run(&self, sql: &str) {
        drop(self.exec(sql));
    }

    /// The only value of a query's only row.
    pub(crate) fn value(&self, sql: &str) -> String {
        let result = self.exec(sql);
        assert_eq!(
            result.status(),
            ExecStatusType::PGRES_TUPLES_OK,
            "{sql}: {}",
            self.error()
        );
        result.value(0, 0)
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        unsafe { PQfinish(self.0) };
    }
}

/// A result that is cleared in the end.
pub(crate) struct Res(pub(crate) *mut PGresult);

impl Res {
    pub(crate) fn status(&self) -> ExecStatusType {
        unsafe { PQresultStatus(self.0) }
    }

    pub(crate) fn value(&self, row: c_int, column: c_int) -> String {
        text(unsafe { PQgetvalue(self.0, row, column) })
    }

    pub(crate) fn error(&self) -> String {
        text(unsafe { PQresultErrorMessage(self.0) })
    }

    pub(crate) fn field(&self, code: u8) -> String {
        text(unsafe { PQresultErrorField(self.0, code.into()) })
    }
}

impl Drop for Res {
    fn drop(&mut self) {
        unsafe { PQclear(self.0) };
    }
}

pub(crate) fn superuser(server: &Server) -> Conn {
    Conn::ready(&server.conninfo(SUPERUSER, Via::Unix))
}
