//! Notices and warnings: who is told of them, and telling.
//!
//! A notice becomes a result, which the *receiver* gets; the receiver that is set at first hands
//! the text of it to the *processor*, which at first prints it on standard error.
//!
//! Manual: "Notice Processing".

use std::ffi::{c_char, c_void};
use std::ptr;

use super::boundary::{guard, with_conn};
use super::conn::PGconn;
use super::memory;
use super::result::PGresult;
use crate::result::{ExecStatus, QueryResult, Report, TextStyle};
use crate::wire::error_field;

/// Gets notices as results, which are valid during the call and not the receiver's to clear.
pub type PQnoticeReceiver = Option<unsafe extern "C" fn(arg: *mut c_void, res: *const PGresult)>;
/// Gets notices as text, which is valid during the call and ends with a newline.
pub type PQnoticeProcessor = Option<unsafe extern "C" fn(arg: *mut c_void, message: *const c_char)>;

/// Who is told of notices. Results carry a copy, for the notices that readers cause.
#[derive(Clone, Copy)]
pub struct NoticeHooks {
    pub(super) receiver: PQnoticeReceiver,
    receiver_arg: *mut c_void,
    processor: PQnoticeProcessor,
    processor_arg: *mut c_void,
}

impl Default for NoticeHooks {
    /// What a new connection has: standard error.
    fn default() -> Self {
        Self {
            receiver: Some(default_receiver),
            processor: Some(default_processor),
            ..Self::NOBODY
        }
    }
}

impl NoticeHooks {
    /// Nobody is told: what results have that do not come from a connection.
    pub const NOBODY: Self = Self {
        receiver: None,
        receiver_arg: ptr::null_mut(),
        processor: None,
        processor_arg: ptr::null_mut(),
    };
}

/// Tells the receiver of a notice. Nothing may be borrowed meanwhile that a receiver can reach.
pub fn deliver(hooks: NoticeHooks, notice: QueryResult) {
    let Some(receiver) = hooks.receiver else {
        return;
    };
    let result = PGresult::notice(notice, hooks);
    // SAFETY: a callback that C has set, with the argument set along with it and a result that
    // outlives the call.
    unsafe { receiver(hooks.receiver_arg, result.as_ptr()) };
}

/// Makes the text of a server's notice anew, after a receiver has asked for another style.
#[cold]
pub fn restyle(notice: &mut QueryResult, style: TextStyle) {
    let encoding = notice.encoding;
    if let Some(report) = &mut notice.report
        && report.field(error_field::SQLSTATE).is_some()
    {
        let text = report.render(style, false, encoding);
        report.set_text(text);
    }
}

/// Tells of misuse of a result: whoever the result's connection told of notices.
#[cold]
pub fn complain(result: &PGresult, message: &str) {
    guard((), || {
        let report = Report::notice(message);
        let mut notice = QueryResult::new(ExecStatus::NonfatalError, result.encoding());
        notice.report = Some(Box::new(report));
        deliver(result.hooks(), notice);
    });
}

/// The receiver set at first: hands the text to the processor.
unsafe extern "C" fn default_receiver(_arg: *mut c_void, res: *const PGresult) {
    // SAFETY: receivers are called with a result that lives through the call.
    let Some(result) = (unsafe { res.as_ref() }) else {
        return;
    };
    let hooks = result.hooks();
    if let Some(processor) = hooks.processor {
        // SAFETY: a callback that C has set, with the argument set along with it and a text that
        // lives as long as the result.
        unsafe { processor(hooks.processor_arg, result.error_text().as_ptr()) };
    }
}

/// The processor set at first: prints on standard error.
unsafe extern "C" fn default_processor(_arg: *mut c_void, message: *const c_char) {
    // SAFETY: processors are called with a text that ends in a NUL.
    let mut rest = unsafe { memory::bytes(message) }.unwrap_or_default();
    while !rest.is_empty() {
        // SAFETY: the bytes are there. Nothing is buffered, as with C's own standard error.
        let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written @ 1..) => rest = &rest[written..],
            // A message that cannot be printed is lost; there is nobody to tell.
            _ => return,
        }
    }
}

/// Sets who gets notices as results, and returns who did so before. With NULL for `proc` nothing is
/// set. NULL for a NULL connection.
///
/// Results keep the receiver that was set when they were made.
///
/// Manual: "Notice Processing".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetNoticeReceiver(
    conn: *mut PGconn,
    proc: PQnoticeReceiver,
    arg: *mut c_void,
) -> PQnoticeReceiver {
    let set = |conn: &mut PGconn| {
        let former = conn.hooks.receiver;
        if proc.is_some() {
            conn.hooks.receiver = proc;
            conn.hooks.receiver_arg = arg;
        }
        former
    };
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, None, |driver| driver.conn(set)) }
}

/// Sets who gets notices as text, and returns who did so before. With NULL for `proc` nothing is
/// set. NULL for a NULL connection.
///
/// Results keep the processor that was set when they were made.
///
/// Manual: "Notice Processing".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetNoticeProcessor(
    conn: *mut PGconn,
    proc: PQnoticeProcessor,
    arg: *mut c_void,
) -> PQnoticeProcessor {
    let set = |conn: &mut PGconn| {
        let former = conn.hooks.processor;
        if proc.is_some() {
            conn.hooks.processor = proc;
            conn.hooks.processor_arg = arg;
        }
        former
    };
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, None, |driver| driver.conn(set)) }
}
