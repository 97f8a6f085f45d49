//! Driving a connection that belongs to C.
//!
//! Between the steps of the engine C's callbacks run, and they may use the same connection: a
//! [`Driver`] holds a pointer and borrows what it points to for one step at a time.

use super::conn::PGconn;
use super::events;
use super::key_hook;
use super::notice;
use super::oauth;
use super::result::{OwnedResult, PGresult};
use crate::connection::blocking::Host;
use crate::connection::oauth::{DevicePrompt, Prompted, TokenAnswer, TokenRequest};
use crate::connection::{Connection, TlsStart};
use crate::result::QueryResult;
use crate::transport::NotEncrypted;
use crate::transport::tls::Handshake;

/// A connection that is worked on in a call of C's.
pub struct Driver(*mut PGconn);

impl Driver {
    /// The driver of a connection; `None` for NULL.
    ///
    /// # Safety
    /// The pointer contract of [`super`], as long as the driver is used.
    pub unsafe fn new(conn: *mut PGconn) -> Option<Self> {
        (!conn.is_null()).then_some(Self(conn))
    }

    /// The pointer, for callbacks.
    pub fn as_ptr(&self) -> *mut PGconn {
        self.0
    }

    /// Lends the connection to `step`, which calls nobody back.
    pub fn conn<R>(&mut self, step: impl FnOnce(&mut PGconn) -> R) -> R {
        // SAFETY: the connection is alive and used by this thread alone, as `new` demands, and the
        // borrow ends with `step`, before any callback can run.
        step(unsafe { &mut *self.0 })
    }

    /// The end of each call: delivers what has come up in it.
    pub fn end_call(&mut self) {
        self.deliver_notices();
        self.conn(PGconn::publish_settings);
    }

    /// Delivers what has come up, in order.
    #[cold]
    fn deliver_all(&mut self) {
        // All are taken out first: what a receiver calls delivers what has come up in that call,
        // and not what still waits here.
        let made_in = self.conn(|conn| conn.engine.style());
        for mut notice in self.conn(|conn| conn.engine.take_notices()) {
            let (hooks, style) = self.conn(|conn| (conn.hooks, conn.engine.style()));
            if style != made_in {
                notice::restyle(&mut notice, style);
            }
            notice::deliver(hooks, *notice);
        }
    }
}

impl Host for Driver {
    type Result = OwnedResult;

    fn engine(&mut self) -> &mut Connection {
        // SAFETY: as in `conn`; the borrow of `self` ends before `deliver_notices` and `adopt`,
        // which alone call back, can be called.
        unsafe { &mut (*self.0).engine }
    }

    #[inline]
    fn deliver_notices(&mut self) {
        if self.conn(|conn| conn.engine.has_notices()) {
            self.deliver_all();
        }
    }

    fn begin_tls(&mut self, start: TlsStart) -> Result<Handshake, NotEncrypted> {
        start.begin(key_hook::for_conn(self.0))
    }

    fn adopt(&mut self, result: Box<QueryResult>) -> OwnedResult {
        let result = self.conn(|conn| PGresult::adopt(result, conn));
        if result.has_events() && !self.engine().is_over() {
            // SAFETY: the connection is alive, and the result has just been made.
            unsafe { events::fire_create(self.0, result.as_ptr()) };
        }
        result
    }

    fn core(result: &OwnedResult) -> &QueryResult {
        result.core()
    }

    fn begin_token(&mut self, request: &TokenRequest) -> TokenAnswer {
        // SAFETY: the connection is alive, as `new` demands, and nothing of it is borrowed.
        unsafe { oauth::begin(self.0, request) }
    }

    fn continue_token(&mut self) -> TokenAnswer {
        // SAFETY: as in `begin_token`.
        unsafe { oauth::go_on(self.0) }
    }

    fn end_token(&mut self) {
        // SAFETY: as in `begin_token`.
        unsafe { oauth::end(self.0) }
    }

    fn prompt(&mut self, prompt: &DevicePrompt) -> Prompted {
        // SAFETY: as in `begin_token`.
        unsafe { oauth::prompt(self.0, prompt) }
    }
}
