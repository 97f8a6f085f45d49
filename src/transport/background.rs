//! Threads of our own, for what would otherwise wait longer than a caller may.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread that no signal reaches: signals belong to the program, whose handlers may count
/// on the thread they run in.
///
/// What it starts in turn is kept from signals too. That includes the SIGPIPE of a connection that
/// its other end has closed.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let thread = Builder::new().name(name.to_owned());
    without_signals(|| thread.spawn(work))
}

/// Runs with all signals kept away from the threads that are started meanwhile.
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are filled in before they are read, and the mask is put back as it was.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut former = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut former);
        let started = start();
        libc::pthread_sigmask(libc::SIG_SETMASK, &former, std::ptr::null_mut());
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(signal: libc::c_int) -> bool {
        // SAFETY: the set is filled in before it is read; the mask is only asked for.
        unsafe {
            let mut mask = std::mem::zeroed();
            libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &mut mask);
            libc::sigismember(&mask, signal) == 1
        }
    }

    #[test]
    fn signals_are_kept_from_the_thread_and_not_from_its_starter() {
        let inside = spawn("quiet", || is_blocked(libc::SIGINT)).map(JoinHandle::join);
        assert!(matches!(inside, Ok(Ok(true))));
        assert!(!is_blocked(libc::SIGINT));
    }
}
