//! What the library has to say about a failure.

use super::gss_error;
use super::handle::Buffer;
use super::library::Library;
use super::sys::{COMPLETE, GSS_CODE, MECH_CODE, Uint32};
use crate::error::Error;

/// A status that consists of more texts than this is a fault of the library.
const MOST_TEXTS: usize = 16;

/// A call's two statuses: GSSAPI's own, and that of the mechanism below.
#[derive(Clone, Copy)]
pub(super) struct Status {
    pub(super) major: Uint32,
    pub(super) minor: Uint32,
}

impl Status {
    /// Whether the call has failed, rather than asked to be continued.
    pub(super) fn is_error(self) -> bool {
        // Calling errors and routine errors; the lower half informs.
        self.major & 0xffff_0000 != 0
    }

    /// The error of the call that was meant to do this.
    pub(super) fn error(self, gssapi: &'static Library, what: &str) -> Error {
        let major = texts(gssapi, self.major, GSS_CODE);
        let minor = texts(gssapi, self.minor, MECH_CODE);
        gss_error(format!("{what}: {major}: {minor}"))
    }
}

/// All the texts of one status.
fn texts(gssapi: &'static Library, status: Uint32, kind: i32) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut more = 0;
    while texts.len() < MOST_TEXTS {
        let mut text = Buffer::empty(gssapi);
        let mut minor = 0;
        // SAFETY: all the pointers are to variables that live through the call; without a mechanism
        // the library uses its default one.
        let major = unsafe {
            (gssapi.display_status)(
                &mut minor,
                status,
                kind,
                std::ptr::null_mut(),
                &mut more,
                text.receiver(),
            )
        };
        if major != COMPLETE {
            break;
        }
        texts.push(String::from_utf8_lossy(&text).into_owned());
        if more == 0 {
            break;
        }
    }
    texts.join(" ")
}
