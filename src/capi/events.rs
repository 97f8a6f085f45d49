//! Events: procedures that are told of the life of connections and results.
//!
//! The structures and functions of this file are declared in `libpq-events.h`.
//!
//! A procedure may register others, set instance data and use the connection while it runs, so
//! lists are walked by index and nothing is borrowed across a call.
//!
//! Manual: "Event System".

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::boundary::{guard, with_conn, with_conn_ref, with_result, with_result_mut};
use super::conn::PGconn;
use super::memory;
use super::result::PGresult;

/// What an event procedure is told of.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_EventId {
    /// The procedure has been registered; the information is a PGEventRegister.
    PGEVT_REGISTER,
    /// The connection has been reset; the information is a PGEventConnReset.
    PGEVT_CONNRESET,
    /// The connection is about to be freed; the information is a PGEventConnDestroy.
    PGEVT_CONNDESTROY,
    /// A result has been made; the information is a PGEventResultCreate.
    PGEVT_RESULTCREATE,
    /// A result has been copied; the information is a PGEventResultCopy.
    PGEVT_RESULTCOPY,
    /// A result is about to be freed; the information is a PGEventResultDestroy.
    PGEVT_RESULTDESTROY,
}
/// What an event procedure is told of.
pub type PGEventId = pg_EventId;

/// What comes with PGEVT_REGISTER.
#[repr(C)]
pub struct pg_EventRegister {
    /// The connection that the procedure has been registered with.
    pub conn: *mut PGconn,
}
/// What comes with PGEVT_REGISTER.
pub type PGEventRegister = pg_EventRegister;

/// What comes with PGEVT_CONNRESET.
#[repr(C)]
pub struct pg_EventConnReset {
    /// The connection that has been reset.
    pub conn: *mut PGconn,
}
/// What comes with PGEVT_CONNRESET.
pub type PGEventConnReset = pg_EventConnReset;

/// What comes with PGEVT_CONNDESTROY.
#[repr(C)]
pub struct pg_EventConnDestroy {
    /// The connection that is about to be freed; it is closed already.
    pub conn: *mut PGconn,
}
/// What comes with PGEVT_CONNDESTROY.
pub type PGEventConnDestroy = pg_EventConnDestroy;

/// What comes with PGEVT_RESULTCREATE.
#[repr(C)]
pub struct pg_EventResultCreate {
    /// The connection that the result comes from.
    pub conn: *mut PGconn,
    /// The result.
    pub result: *mut PGresult,
}
/// What comes with PGEVT_RESULTCREATE.
pub type PGEventResultCreate = pg_EventResultCreate;

/// What comes with PGEVT_RESULTCOPY.
#[repr(C)]
pub struct pg_EventResultCopy {
    /// The result that has been copied.
    pub src: *const PGresult,
    /// The copy.
    pub dest: *mut PGresult,
}
/// What comes with PGEVT_RESULTCOPY.
pub type PGEventResultCopy = pg_EventResultCopy;

/// What comes with PGEVT_RESULTDESTROY.
#[repr(C)]
pub struct pg_EventResultDestroy {
    /// The result that is about to be freed.
    pub result: *mut PGresult,
}
/// What comes with PGEVT_RESULTDESTROY.
pub type PGEventResultDestroy = pg_EventResultDestroy;

/// An event procedure; returns 0 when it fails.
pub type PGEventProc = Option<
    unsafe extern "C" fn(evtId: PGEventId, evtInfo: *mut c_void, passThrough: *mut c_void) -> c_int,
>;

/// An event procedure registered with a connection, or known to a result.
///
/// Its name is not kept: no message mentions it.
#[derive(Clone, Copy)]
pub struct EventProc {
    proc: PGEventProc,
    pass_through: *mut c_void,
    data: *mut c_void,
    /// Whether the procedure knows of the result: it took its creation or copy for a success.
    knows: bool,
}

impl EventProc {
    /// The same procedure for a new result, which it does not know of yet.
    pub(super) fn for_result(&self) -> Self {
        Self {
            data: ptr::null_mut(),
            knows: false,
            ..*self
        }
    }

    fn is(&self, proc: PGEventProc) -> bool {
        address(self.proc) == address(proc)
    }

    /// Tells the procedure; `false` when it fails.
    ///
    /// # Safety
    /// `info` is of the kind that goes with `id`, and nothing is borrowed that it leads to.
    unsafe fn tell<T>(&self, id: PGEventId, info: &mut T) -> bool {
        let info: *mut T = info;
        // SAFETY: a callback that C has registered, with the argument registered along with it.
        self.proc
            .is_some_and(|proc| unsafe { proc(id, info.cast(), self.pass_through) } != 0)
    }
}

/// Procedures are told apart by their addresses, as the manual says.
fn address(proc: PGEventProc) -> usize {
    proc.map_or(0, |proc| proc as usize)
}

fn find(events: &[EventProc], proc: PGEventProc) -> Option<usize> {
    proc?;
    events.iter().position(|event| event.is(proc))
}

/// The event procedure with this index of a connection.
///
/// # Safety
/// The pointer contract of [`super`]; `conn` is not NULL.
unsafe fn conn_event(conn: *const PGconn, index: usize) -> Option<EventProc> {
    // SAFETY: as the caller promises; the borrow ends here.
    unsafe { &(*conn).events }.get(index).copied()
}

/// The event procedure with this index of a result.
///
/// # Safety
/// The pointer contract of [`super`]; `result` is not NULL.
unsafe fn result_event(result: *const PGresult, index: usize) -> Option<EventProc> {
    // SAFETY: as the caller promises; the borrow ends here.
    unsafe { (*result).events() }.get(index).copied()
}

/// Notes that a procedure knows of a result.
///
/// # Safety
/// As [`result_event`].
unsafe fn mark_known(result: *mut PGresult, index: usize) {
    // SAFETY: as the caller promises; the borrow ends here.
    if let Some(event) = unsafe { (*result).events_mut() }.get_mut(index) {
        event.knows = true;
    }
}

/// Tells the procedures of a connection that it has been reset.
///
/// # Safety
/// The pointer contract of [`super`]; `conn` is not NULL and not borrowed.
pub unsafe fn fire_reset(conn: *mut PGconn) {
    let mut index = 0;
    // SAFETY: as the caller promises.
    while let Some(event) = unsafe { conn_event(conn, index) } {
        let mut info = PGEventConnReset { conn };
        // SAFETY: the information that goes with the event. Its answer does not matter.
        unsafe { event.tell(PGEventId::PGEVT_CONNRESET, &mut info) };
        index += 1;
    }
}

/// Tells the procedures of a connection that it is about to be freed.
///
/// # Safety
/// As [`fire_reset`].
pub unsafe fn fire_destroy(conn: *mut PGconn) {
    let mut index = 0;
    // SAFETY: as the caller promises.
    while let Some(event) = unsafe { conn_event(conn, index) } {
        let mut info = PGEventConnDestroy { conn };
        // SAFETY: the information that goes with the event. Its answer does not matter.
        unsafe { event.tell(PGEventId::PGEVT_CONNDESTROY, &mut info) };
        index += 1;
    }
}

/// Tells the procedures that a result has been made, those that do not know it yet. `false` when
/// one of them fails.
///
/// # Safety
/// The pointer contract of [`super`]; `result` is not NULL, and neither is borrowed.
pub unsafe fn fire_create(conn: *mut PGconn, result: *mut PGresult) -> bool {
    let mut succeeded = true;
    let mut index = 0;
    // SAFETY: as the caller promises.
    while let Some(event) = unsafe { result_event(result, index) } {
        if !event.knows {
            let mut info = PGEventResultCreate { conn, result };
            // SAFETY: the information that goes with the event.
            if unsafe { event.tell(PGEventId::PGEVT_RESULTCREATE, &mut info) } {
                // SAFETY: as the caller promises.
                unsafe { mark_known(result, index) };
            } else {
                succeeded = false;
            }
        }
        index += 1;
    }
    succeeded
}

/// Tells the procedures that know `src` that `dest` is a copy of it. Both have the same list.
///
/// # Safety
/// The pointer contract of [`super`]; neither is NULL or borrowed.
pub unsafe fn fire_copy(src: *const PGresult, dest: *mut PGresult) {
    let mut index = 0;
    // SAFETY: as the caller promises.
    while let Some(event) = unsafe { result_event(dest, index) } {
        // SAFETY: as the caller promises.
        let knows_src = unsafe { result_event(src, index) }.is_some_and(|event| event.knows);
        let mut info = PGEventResultCopy { src, dest };
        // SAFETY: the information that goes with the event.
        if knows_src && unsafe { event.tell(PGEventId::PGEVT_RESULTCOPY, &mut info) } {
            // SAFETY: as the caller promises.
            unsafe { mark_known(dest, index) };
        }
        index += 1;
    }
}

/// Tells the procedures that know a result that it is about to be freed.
///
/// # Safety
/// The pointer contract of [`super`]; `result` is not NULL and not borrowed.
pub unsafe fn fire_result_destroy(result: *mut PGresult) {
    let mut index = 0;
    // SAFETY: as the caller promises.
    while let Some(event) = unsafe { result_event(result, index) } {
        if event.knows {
            let mut info = PGEventResultDestroy { result };
            // SAFETY: the information that goes with the event. Its answer does not matter.
            unsafe { event.tell(PGEventId::PGEVT_RESULTDESTROY, &mut info) };
        }
        index += 1;
    }
}

/// Registers an event procedure with a connection and tells it so by PGEVT_REGISTER.
///
/// `name` must not be NULL or empty; `passThrough` is handed to the procedure at each call. Returns
/// 1, or 0 when an argument is missing, the procedure is registered already, or it fails.
///
/// Manual: "Event Support Functions".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQregisterEventProc(
    conn: *mut PGconn,
    proc: PGEventProc,
    name: *const c_char,
    passThrough: *mut c_void,
) -> c_int {
    // SAFETY: the pointer contract; the procedure is told after the connection's borrow has ended.
    unsafe {
        if memory::bytes(name).unwrap_or_default().is_empty() || proc.is_none() {
            return 0;
        }
        with_conn(conn, 0, |driver| {
            let event = EventProc {
                proc,
                pass_through: passThrough,
                data: ptr::null_mut(),
                knows: false,
            };
            let is_new = driver.conn(|conn| {
                let is_new = find(&conn.events, proc).is_none();
                if is_new {
                    conn.events.push(event);
                }
                is_new
            });
            if !is_new {
                return 0;
            }
            let mut info = PGEventRegister {
                conn: driver.as_ptr(),
            };
            if event.tell(PGEventId::PGEVT_REGISTER, &mut info) {
                return 1;
            }
            driver.conn(|conn| conn.events.retain(|event| !event.is(proc)));
            0
        })
    }
}

/// Sets what a procedure keeps for a connection. Returns 0 when it is not registered there, else 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetInstanceData(
    conn: *mut PGconn,
    proc: PGEventProc,
    data: *mut c_void,
) -> c_int {
    let set = |conn: &mut PGconn| match find(&conn.events, proc) {
        Some(index) => {
            conn.events[index].data = data;
            1
        }
        None => 0,
    };
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, 0, |driver| driver.conn(set)) }
}

/// What a procedure keeps for a connection; NULL where it keeps nothing or is not registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQinstanceData(conn: *const PGconn, proc: PGEventProc) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, ptr::null_mut(), |conn| {
            find(&conn.events, proc).map_or(ptr::null_mut(), |index| conn.events[index].data)
        })
    }
}

/// Sets what a procedure keeps for a result. Returns 0 when the result does not know it, else 1.
///
/// Memory from PQresultAlloc is freed along with the result and counted by PQresultMemorySize.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultSetInstanceData(
    result: *mut PGresult,
    proc: PGEventProc,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_result_mut(result, 0, |result| match find(result.events(), proc) {
            Some(index) => {
                result.events_mut()[index].data = data;
                1
            }
            None => 0,
        })
    }
}

/// What a procedure keeps for a result; NULL where it keeps nothing or the result does not know it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultInstanceData(
    result: *const PGresult,
    proc: PGEventProc,
) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(result, ptr::null_mut(), |result| {
            let events = result.events();
            find(events, proc).map_or(ptr::null_mut(), |index| events[index].data)
        })
    }
}

/// Tells the event procedures of a result that it has been made: for results of PQmakeEmptyPGresult,
/// as all others have been told of already. A procedure is told of a result once.
///
/// Returns 1, or 0 when a procedure fails or `res` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfireResultCreateEvents(conn: *mut PGconn, res: *mut PGresult) -> c_int {
    if res.is_null() {
        return 0;
    }
    // SAFETY: the pointer contract.
    guard(0, || unsafe { fire_create(conn, res) }.into())
}
