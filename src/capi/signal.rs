//! Signal handlers, for programs that took `pqsignal` for a function of theirs. No header declares
//! it.

use std::ffi::c_int;

/// A signal handler, or one of the numbers `SIG_DFL` and `SIG_IGN`; what fails returns `SIG_ERR`.
pub type pqsigfunc = libc::sighandler_t;

/// Sets the handler of a signal, with calls that the signal interrupts being started anew (but for
/// SIGALRM), and returns the former one; `SIG_ERR` for a failure.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn pqsignal(signo: c_int, func: pqsigfunc) -> pqsigfunc {
    // SAFETY: the structures are plain data, and the handler is one that the caller answers for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut former: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = func;
        libc::sigemptyset(&raw mut action.sa_mask);
        if signo != libc::SIGALRM {
            action.sa_flags |= libc::SA_RESTART;
        }
        if signo == libc::SIGCHLD {
            action.sa_flags |= libc::SA_NOCLDSTOP;
        }
        match libc::sigaction(signo, &raw const action, &raw mut former) {
            0 => former.sa_sigaction,
            _ => libc::SIG_ERR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn handler(_: c_int) {}

    #[test]
    #[cfg_attr(miri, ignore = "Miri runs no C")]
    fn the_former_handler_comes_back() {
        let handler = handler as *const () as pqsigfunc;
        let before = pqsignal(libc::SIGWINCH, handler);
        assert_eq!(pqsignal(libc::SIGWINCH, before), handler);
        assert_eq!(pqsignal(-1, handler), libc::SIG_ERR);
    }
}
