//! Event procedures that write down what they are told.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;

use libc::{c_int, c_void};

use crate::conn::Conn;
use crate::raw::{PGconn, PGresult};
use crate::result::Res;

const NAMES: [&str; 6] = [
    "register",
    "reset",
    "destroy",
    "result create",
    "result copy",
    "result destroy",
];

/// What an event procedure writes to. Must outlive the connections and results it is registered with.
pub(crate) struct EventLog {
    name: &'static str,
    seen: RefCell<Vec<String>>,
    /// The event to fail at, if any.
    refuse: Cell<c_int>,
}

impl EventLog {
    /// A log that lives as long as the process: results may outlive every owner that a case could name.
    pub(crate) fn new(name: &'static str) -> &'static Self {
        Box::leak(Box::new(Self {
            name,
            seen: RefCell::default(),
            refuse: Cell::new(-1),
        }))
    }

    /// Makes the procedure return failure for an event, -1 for none.
    pub(crate) fn refuse(&self, event: c_int) {
        self.refuse.set(event);
    }

    pub(crate) fn take(&self) -> String {
        self.seen.take().join(", ")
    }

    fn argument(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    fn record(&self, event: c_int, info: *mut c_void) -> c_int {
        let what = usize::try_from(event)
            .ok()
            .and_then(|event| NAMES.get(event))
            .copied()
            .unwrap_or("unknown");
        let info = if info.is_null() { " without info" } else { "" };
        self.seen
            .borrow_mut()
            .push(format!("{} {what}{info}", self.name));
        c_int::from(self.refuse.get() != event)
    }
}

unsafe extern "C" fn first(event: c_int, info: *mut c_void, argument: *mut c_void) -> c_int {
    // SAFETY: registered with a log that lives for ever.
    unsafe { &*argument.cast::<EventLog>() }.record(event, info)
}

unsafe extern "C" fn second(event: c_int, info: *mut c_void, argument: *mut c_void) -> c_int {
    // SAFETY: registered with a log that lives for ever.
    let log = unsafe { &*argument.cast::<EventLog>() };
    log.record(event, info) + c_int::from(log.name.is_empty())
}

/// Which of the two procedures.
#[derive(Clone, Copy)]
pub(crate) enum Procedure {
    First,
    Second,
}

type Raw = unsafe extern "C" fn(c_int, *mut c_void, *mut c_void) -> c_int;

impl Procedure {
    fn raw(self) -> Option<Raw> {
        Some(match self {
            Self::First => first,
            Self::Second => second,
        })
    }
}

impl Conn<'_> {
    pub(crate) fn register(
        &self,
        procedure: Procedure,
        name: Option<&CStr>,
        log: &'static EventLog,
    ) -> c_int {
        let name = name.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: connection and name are NULL or live; the log lives for ever.
        unsafe {
            self.api
                .PQregisterEventProc(self.raw, procedure.raw(), name, log.argument())
        }
    }

    pub(crate) fn register_nothing(&self) -> c_int {
        // SAFETY: a NULL procedure must be refused.
        unsafe {
            self.api
                .PQregisterEventProc(self.raw, None, c"none".as_ptr(), std::ptr::null_mut())
        }
    }

    /// Sets the instance data to a number; it is never dereferenced.
    pub(crate) fn set_instance_data(&self, procedure: Procedure, number: usize) -> c_int {
        // SAFETY: the library keeps the pointer without looking at it.
        unsafe {
            self.api.PQsetInstanceData(
                self.raw,
                procedure.raw(),
                std::ptr::without_provenance_mut(number),
            )
        }
    }

    pub(crate) fn instance_data(&self, procedure: Procedure) -> usize {
        // SAFETY: the connection is NULL or live.
        unsafe {
            self.api
                .PQinstanceData(self.raw.cast_const().cast::<PGconn>(), procedure.raw())
        }
        .addr()
    }

    pub(crate) fn fire_create(&self, result: &Res<'_>) -> c_int {
        // SAFETY: connection and result are NULL or live.
        unsafe { self.api.PQfireResultCreateEvents(self.raw, result.raw) }
    }
}

impl Res<'_> {
    pub(crate) fn set_instance_data(&self, procedure: Procedure, number: usize) -> c_int {
        // SAFETY: the library keeps the pointer without looking at it.
        unsafe {
            self.api.PQresultSetInstanceData(
                self.raw,
                procedure.raw(),
                std::ptr::without_provenance_mut(number),
            )
        }
    }

    pub(crate) fn instance_data(&self, procedure: Procedure) -> usize {
        // SAFETY: the result is NULL or live.
        unsafe {
            self.api
                .PQresultInstanceData(self.raw.cast_const().cast::<PGresult>(), procedure.raw())
        }
        .addr()
    }
}
