//! Tracing: a line for each message, in both directions.
//!
//! Manual: "Control Functions", `PQtrace`.

use std::ffi::c_int;
use std::io::{self, Write};

use libc::FILE;

use super::boundary::with_conn;
use super::conn::PGconn;
use crate::connection::TraceFlags;
use crate::connection::blocking::Host;

/// PQsetTraceFlags is there.
pub const LIBPQ_HAS_TRACE_FLAGS: c_int = 1;

/// PQsetTraceFlags: leave out the time of each message.
pub const PQTRACE_SUPPRESS_TIMESTAMPS: c_int = 1 << 0;
/// PQsetTraceFlags: leave out what differs from run to run, such as OIDs.
pub const PQTRACE_REGRESS_MODE: c_int = 1 << 1;

/// A stream of C's.
pub(super) struct CStream(*mut FILE);

// SAFETY: C's streams have locks of their own.
unsafe impl Send for CStream {}

impl CStream {
    /// # Safety
    /// The stream is open as long as this is used.
    pub(super) unsafe fn new(stream: *mut FILE) -> Self {
        Self(stream)
    }
}

impl Write for CStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the stream is open, as `new` demands, and the bytes are there.
        match unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), self.0) } {
            0 if !bytes.is_empty() => Err(io::Error::last_os_error()),
            written => Ok(written),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // SAFETY: the stream is open, as `new` demands.
        match unsafe { libc::fflush(self.0) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Traces the messages between client and server to a stream, which is to stay open until
/// PQuntrace or PQfinish. NULL for the stream ends a trace.
///
/// Lines have the time, `F` for a message of ours or `B` for one of the server's, its length, its
/// name and its contents, passwords and data included, with tabs between.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQtrace(conn: *mut PGconn, debug_port: *mut FILE) {
    // SAFETY: the pointer contract; the stream stays open, as the manual demands.
    unsafe {
        with_conn(conn, (), |driver| {
            let engine = driver.engine();
            match debug_port.is_null() {
                true => engine.untrace(),
                false => engine.trace(Box::new(CStream::new(debug_port))),
            }
        });
    }
}

/// Ends a trace and flushes its stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQuntrace(conn: *mut PGconn) {
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, (), |driver| driver.engine().untrace()) }
}

/// Sets what the lines of a trace leave out: PQTRACE_SUPPRESS_TIMESTAMPS, PQTRACE_REGRESS_MODE or
/// both. To be called after PQtrace; without a trace it does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetTraceFlags(conn: *mut PGconn, flags: c_int) {
    let flags = TraceFlags {
        suppress_timestamps: flags & PQTRACE_SUPPRESS_TIMESTAMPS != 0,
        regress_mode: flags & PQTRACE_REGRESS_MODE != 0,
    };
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, (), |driver| driver.engine().set_trace_flags(flags)) }
}
