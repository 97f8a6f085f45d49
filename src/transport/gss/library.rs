//! The GSSAPI library, loaded when it is needed first.

use std::sync::OnceLock;

use libloading::{Error as LoadError, Library as Loaded};

use super::{gss_error, sys};
use crate::error::Error;

/// Where the library may be found: MIT's, then Heimdal's.
#[cfg(not(target_vendor = "apple"))]
const NAMES: [&str; 2] = ["libgssapi_krb5.so.2", "libgssapi.so.3"];
/// The system's own, which is Heimdal's.
#[cfg(target_vendor = "apple")]
const NAMES: [&str; 2] = [
    "/System/Library/Frameworks/GSS.framework/GSS",
    "libgssapi_krb5.dylib",
];

/// The functions of the library. It is never unloaded, so that they are valid for good.
pub(super) struct Library {
    pub(super) import_name: sys::ImportName,
    pub(super) release_name: sys::Release,
    pub(super) acquire_cred: sys::AcquireCred,
    pub(super) release_cred: sys::Release,
    pub(super) init_sec_context: sys::InitSecContext,
    pub(super) delete_sec_context: sys::DeleteSecContext,
    pub(super) wrap: sys::Wrap,
    pub(super) unwrap: sys::Unwrap,
    pub(super) wrap_size_limit: sys::WrapSizeLimit,
    pub(super) display_status: sys::DisplayStatus,
    pub(super) release_buffer: sys::ReleaseBuffer,
    /// Unloading it would pull the functions from under us.
    _loaded: Loaded,
}

/// Copies functions out of the library, each looked up by its name.
macro_rules! functions {
    ($loaded:ident: $($field:ident = $name:literal),+ $(,)?) => {
        Library {
            $(
                // SAFETY: the type of the field is the prototype that RFC 2744 gives to the
                // function of this name.
                $field: unsafe { *$loaded.get(concat!($name, "\0").as_bytes())? },
            )+
            _loaded: $loaded,
        }
    };
}

impl Library {
    /// The library; an error, the same every time, where there is none.
    pub(super) fn get() -> Result<&'static Self, Error> {
        static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
        LIBRARY
            .get_or_init(Self::load)
            .as_ref()
            .map_err(|reason| gss_error(format!("could not load a library for GSSAPI: {reason}")))
    }

    fn load() -> Result<Self, String> {
        let mut reasons = Vec::new();
        for name in NAMES {
            match Self::open(name) {
                Ok(library) => return Ok(library),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        Err(reasons.join("; "))
    }

    fn open(name: &str) -> Result<Self, LoadError> {
        // SAFETY: the code that a GSSAPI library runs when it is loaded sets up its own locks and
        // tables; programs that are linked with one rely on the same.
        let loaded = unsafe { Loaded::new(name)? };
        Ok(functions! { loaded:
            import_name = "gss_import_name",
            release_name = "gss_release_name",
            acquire_cred = "gss_acquire_cred",
            release_cred = "gss_release_cred",
            init_sec_context = "gss_init_sec_context",
            delete_sec_context = "gss_delete_sec_context",
            wrap = "gss_wrap",
            unwrap = "gss_unwrap",
            wrap_size_limit = "gss_wrap_size_limit",
            display_status = "gss_display_status",
            release_buffer = "gss_release_buffer",
        })
    }
}
