//! The two kinds of cancel handles, which free themselves.

use libc::c_int;

use crate::api::Api;
use crate::conn::Conn;
use crate::raw::{PGcancel, PGcancelConn};
use crate::text::copy;
use crate::transcript::Text;

/// A `PGcancel`.
pub(crate) struct Cancel<'a> {
    api: &'a Api,
    raw: *mut PGcancel,
}

impl<'a> Cancel<'a> {
    pub(crate) fn of(conn: &Conn<'a>) -> Self {
        // SAFETY: the connection is NULL or live.
        let raw = unsafe { conn.api.PQgetCancel(conn.raw) };
        Self { api: conn.api, raw }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.raw.is_null()
    }

    /// `PQcancel` with a buffer of `size` bytes for the message.
    pub(crate) fn cancel(&self, size: usize) -> (c_int, Text) {
        let mut message = vec![0_u8; size.max(1)];
        // SAFETY: the handle is NULL or live, and the buffer has the size that is said.
        unsafe {
            let code = self
                .api
                .PQcancel(self.raw, message.as_mut_ptr().cast(), size as c_int);
            (code, copy(message.as_ptr().cast()))
        }
    }
}

impl Drop for Cancel<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is NULL or live and freed nowhere else.
        unsafe { self.api.PQfreeCancel(self.raw) }
    }
}

/// A `PGcancelConn`, or NULL.
pub(crate) struct CancelConn<'a> {
    api: &'a Api,
    raw: *mut PGcancelConn,
}

/// One method per function that takes only the handle.
macro_rules! cancel_calls {
    ($($method:ident => $symbol:ident -> $ret:ty;)*) => {
        impl CancelConn<'_> {
            $(pub(crate) fn $method(&self) -> $ret {
                // SAFETY: the handle is NULL or live.
                unsafe { self.api.$symbol(self.raw) }
            })*
        }
    };
}

cancel_calls! {
    start => PQcancelStart -> c_int;
    blocking => PQcancelBlocking -> c_int;
    poll => PQcancelPoll -> c_int;
    status => PQcancelStatus -> c_int;
    socket => PQcancelSocket -> c_int;
    reset => PQcancelReset -> ();
}

impl<'a> CancelConn<'a> {
    pub(crate) fn of(conn: &Conn<'a>) -> Self {
        // SAFETY: the connection is NULL or live.
        let raw = unsafe { conn.api.PQcancelCreate(conn.raw) };
        Self { api: conn.api, raw }
    }

    pub(crate) fn null(api: &'a Api) -> Self {
        Self {
            api,
            raw: std::ptr::null_mut(),
        }
    }

    /// What each poll answers and leaves as the status, repetitions left out.
    pub(crate) fn steps(&self) -> Vec<(c_int, c_int)> {
        let mut seen = vec![(2, self.status())];
        while !matches!(seen.last(), Some((0 | 3, _)) | None) && self.socket() >= 0 {
            let reading = matches!(seen.last(), Some((1, _)));
            let mut poll = libc::pollfd {
                fd: self.socket(),
                events: if reading { libc::POLLIN } else { libc::POLLOUT },
                revents: 0,
            };
            // SAFETY: one entry, which is writable.
            unsafe { libc::poll(&raw mut poll, 1, 2000) };
            let now = (self.poll(), self.status());
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        seen
    }

    pub(crate) fn error_message(&self) -> Text {
        // SAFETY: the handle is NULL or live; the string outlives the call.
        unsafe { copy(self.api.PQcancelErrorMessage(self.raw)) }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.raw.is_null()
    }
}

impl Drop for CancelConn<'_> {
    fn drop(&mut self) {
        // A case that found the symbols missing has no handle to give back.
        if self.api.address("PQcancelFinish").is_some() {
            // SAFETY: the handle is NULL or live and finished nowhere else.
            unsafe { self.api.PQcancelFinish(self.raw) }
        }
    }
}
