//! The lock that Kerberos libraries without thread safety of their own need around their use.
//!
//! This library never takes it; a program may have set one, and other code may ask for it.
//!
//! Manual: "Behavior in Threaded Programs".

use std::ffi::c_int;
use std::sync::{Condvar, Mutex, PoisonError};

use super::boundary::guard;

/// Takes the lock where `acquire` is not 0, else gives it back.
pub type pgthreadlock_t = Option<unsafe extern "C" fn(acquire: c_int)>;

/// The lock that a program has set.
static LOCK: Mutex<pgthreadlock_t> = Mutex::new(None);

/// Whether the default lock is taken, and the signal that it has been given back: the thread that
/// gives it back need not be known to the mutex, as it would be with a guard.
static TAKEN: Mutex<bool> = Mutex::new(false);
static GIVEN_BACK: Condvar = Condvar::new();

/// One address for the default lock, so that it can be recognised.
static DEFAULT: pgthreadlock_t = Some(default_lock);

/// The lock that is in force as long as a program sets none.
unsafe extern "C" fn default_lock(acquire: c_int) {
    guard((), || {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if acquire == 0 {
            *taken = false;
            GIVEN_BACK.notify_one();
            return;
        }
        while *taken {
            taken = GIVEN_BACK
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
    });
}

/// Sets the lock to use, NULL for the library's own, and returns the former one.
#[unsafe(no_mangle)]
pub extern "C" fn PQregisterThreadLock(newhandler: pgthreadlock_t) -> pgthreadlock_t {
    guard(None, || {
        let mut lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *lock, newhandler).or(DEFAULT)
    })
}

/// The lock in force: the library's own where the program has set none.
#[unsafe(no_mangle)]
pub extern "C" fn PQgetThreadLock() -> pgthreadlock_t {
    guard(None, || {
        let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        lock.or(DEFAULT)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn own(_acquire: c_int) {}

    #[test]
    fn the_former_lock_comes_back_and_null_restores_the_default() {
        let address = |lock: pgthreadlock_t| lock.map(|lock| lock as usize);
        let default = PQgetThreadLock();
        let own: pgthreadlock_t = Some(own);
        assert_eq!(address(PQregisterThreadLock(own)), address(default));
        assert_eq!(address(PQgetThreadLock()), address(own));
        assert_eq!(address(PQregisterThreadLock(None)), address(own));
        assert_eq!(address(PQgetThreadLock()), address(default));
        // SAFETY: the default lock may be taken and given back by anybody.
        unsafe {
            default_lock(1);
            default_lock(0);
            default_lock(1);
            default_lock(0);
        }
    }
}
