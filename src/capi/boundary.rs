//! The wrappers through which C's calls go.
//!
//! - A NULL handle gives the fallback, which the function chooses as libpq documents it.
//! - A panic does not reach C: the call gives the fallback, and a connection that was being worked
//!   on is lost, with `internal error: …` as its message. What its fields hold by then may not
//!   belong together, so it is not used any further.
//! - Notices that have come up in a call are delivered before it returns, in order.
//!
//! The readers that programs call for every value (`PQgetvalue` and its kin) use [`peek`], which
//! catches nothing: it would cost more than they do. Nothing in them can panic, as each says; and
//! should one panic all the same, Rust ends the process there instead of unwinding into C.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::conn::PGconn;
use super::driver::Driver;
use super::result::PGresult;

/// Runs the body of a function that works on no handle.
pub fn guard<R>(fallback: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        discard(payload);
        fallback
    })
}

/// Runs the body of a function that works on a connection.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn with_conn<R>(
    conn: *mut PGconn,
    fallback: R,
    body: impl FnOnce(&mut Driver) -> R,
) -> R {
    // SAFETY: as the caller promises.
    let Some(mut driver) = (unsafe { Driver::new(conn) }) else {
        return fallback;
    };
    let call = || {
        let answer = body(&mut driver);
        driver.end_call();
        answer
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(answer) => answer,
        Err(payload) => {
            give_up(&mut driver, &*payload);
            discard(payload);
            fallback
        }
    }
}

/// Runs the body of a function that only looks at a connection.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn with_conn_ref<R>(
    conn: *const PGconn,
    fallback: R,
    body: impl FnOnce(&PGconn) -> R,
) -> R {
    // SAFETY: as the caller promises.
    match unsafe { conn.as_ref() } {
        Some(conn) => guard(fallback, || body(conn)),
        None => fallback,
    }
}

/// Runs the body of a function that looks at a result.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn with_result<R>(
    result: *const PGresult,
    fallback: R,
    body: impl FnOnce(&PGresult) -> R,
) -> R {
    // SAFETY: as the caller promises.
    match unsafe { result.as_ref() } {
        Some(result) => guard(fallback, || body(result)),
        None => fallback,
    }
}

/// Runs the body of a function that changes a result and calls nobody back.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn with_result_mut<R>(
    result: *mut PGresult,
    fallback: R,
    body: impl FnOnce(&mut PGresult) -> R,
) -> R {
    // SAFETY: as the caller promises; a result that is being changed is not read meanwhile.
    match unsafe { result.as_mut() } {
        Some(result) => guard(fallback, || body(result)),
        None => fallback,
    }
}

/// A result, for a reader that cannot panic.
///
/// # Safety
/// The pointer contract of [`super`].
#[inline(always)]
pub unsafe fn peek<'a>(result: *const PGresult) -> Option<&'a PGresult> {
    // SAFETY: as the caller promises.
    unsafe { result.as_ref() }
}

/// Drops what a panic has carried; should that panic in turn, what the second one carried is left.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Marks the connection of a call that has panicked as lost.
#[cold]
fn give_up(driver: &mut Driver, payload: &(dyn Any + Send)) {
    let reason = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic");
    let message = format!("internal error: {reason}");
    // The state is what the panic has left; if it does not even allow this, nothing is left to do.
    guard((), || driver.conn(|conn| conn.engine.give_up(&message)));
}
