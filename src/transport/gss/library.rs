//! The GSSAPI library, loaded when it is needed first.

use super::{gss_error, sys};
use crate::error::Error;
use crate::library::functions;

/// Where the library may be found: MIT's, then Heimdal's.
#[cfg(not(target_vendor = "apple"))]
const NAMES: [&str; 2] = ["libgssapi_krb5.so.2", "libgssapi.so.3"];
/// The system's own, which is Heimdal's.
#[cfg(target_vendor = "apple")]
const NAMES: [&str; 2] = [
    "/System/Library/Frameworks/GSS.framework/GSS",
    "libgssapi_krb5.dylib",
];

functions! {
    /// The functions of the library, by RFC 2744. It is never unloaded, so that they are valid for
    /// good.
    pub(super) struct Library {
        pub(super) import_name: sys::ImportName = "gss_import_name",
        pub(super) release_name: sys::Release = "gss_release_name",
        pub(super) acquire_cred: sys::AcquireCred = "gss_acquire_cred",
        pub(super) release_cred: sys::Release = "gss_release_cred",
        pub(super) init_sec_context: sys::InitSecContext = "gss_init_sec_context",
        pub(super) delete_sec_context: sys::DeleteSecContext = "gss_delete_sec_context",
        pub(super) wrap: sys::Wrap = "gss_wrap",
        pub(super) unwrap: sys::Unwrap = "gss_unwrap",
        pub(super) wrap_size_limit: sys::WrapSizeLimit = "gss_wrap_size_limit",
        pub(super) display_status: sys::DisplayStatus = "gss_display_status",
        pub(super) release_buffer: sys::ReleaseBuffer = "gss_release_buffer",
    }
}

impl Library {
    /// The library; an error, the same every time, where there is none.
    pub(super) fn get() -> Result<&'static Self, Error> {
        Self::loaded(&NAMES)
            .map_err(|reason| gss_error(format!("could not load a library for GSSAPI: {reason}")))
    }
}
