//! OpenSSL itself, which the shared library loads when it is needed first: `build/late.rs` tells how
//! its functions are reached. Elsewhere it is there from the start.

use std::ffi::{CStr, c_void};
use std::ptr;

/// OpenSSL, loaded.
pub(super) struct Library {
    handle: *mut c_void,
}

// SAFETY: the handle is only handed to `dlsym`, which any thread may do; the library stays for good.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// The library; an error, the same every time, that says why it is not there.
    #[cfg(late_openssl)]
    pub(super) fn get() -> Result<&'static Self, &'static str> {
        use std::ffi::c_char;
        use std::sync::OnceLock;

        unsafe extern "C" {
            fn ferropq_load_openssl(handle: *mut *mut c_void) -> *const c_char;
        }

        static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
        let library = LIBRARY.get_or_init(|| {
            let mut handle = ptr::null_mut();
            // SAFETY: the out parameter lives through the call, and OpenSSL's initialisers are meant
            // to run whenever it is loaded.
            let reason = unsafe { ferropq_load_openssl(&mut handle) };
            if reason.is_null() {
                return Ok(Self { handle });
            }
            // SAFETY: a text that lives until this thread's next call of the dynamic linker.
            let reason = unsafe { CStr::from_ptr(reason) };
            Err(reason.to_string_lossy().into_owned())
        });
        library.as_ref().map_err(String::as_str)
    }

    /// The library, which this program or library is linked with.
    #[cfg(not(late_openssl))]
    pub(super) fn get() -> Result<&'static Self, &'static str> {
        // The default handle: what is loaded already.
        static LIBRARY: Library = Library {
            handle: ptr::null_mut(),
        };
        Ok(&LIBRARY)
    }

    /// The address of a function that not every OpenSSL has.
    pub(super) fn symbol(&self, name: &CStr) -> Option<*mut c_void> {
        // SAFETY: the name is NUL-terminated, and the handle that of a library that stays loaded, or
        // the default one.
        let address = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        (!address.is_null()).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_their_names() {
        let library = Library::get().expect("OpenSSL");
        assert!(library.symbol(c"SSL_new").is_some());
        assert!(library.symbol(c"SSL_no_such_function").is_none());
    }
}
