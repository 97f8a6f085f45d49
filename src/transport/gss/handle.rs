//! What the library hands out, given back when dropped.

use std::ffi::c_void;
use std::ops::Deref;
use std::ptr;

use super::library::Library;
use super::status::Status;
use super::sys::{BufferDesc, COMPLETE, HOSTBASED_SERVICE, Handle, INITIATE, OidDesc};
use crate::error::Error;

/// Bytes that belong to the library.
pub(super) struct Buffer {
    gssapi: &'static Library,
    desc: BufferDesc,
}

// SAFETY: the memory is the library's and nobody else knows of it; RFC 2744 lets any thread read
// and release it.
unsafe impl Send for Buffer {}

impl Buffer {
    pub(super) fn empty(gssapi: &'static Library) -> Self {
        let desc = BufferDesc::EMPTY;
        Self { gssapi, desc }
    }

    /// Where a call of the library puts its answer. The buffer must be empty.
    pub(super) fn receiver(&mut self) -> *mut BufferDesc {
        debug_assert!(self.desc.value.is_null());
        &mut self.desc
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.desc.value.is_null() || self.desc.length == 0 {
            return &[];
        }
        // SAFETY: the library describes bytes that it has written, which stay where they are until
        // they are released, which takes the buffer by `&mut`.
        unsafe { std::slice::from_raw_parts(self.desc.value.cast(), self.desc.length) }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.desc.value.is_null() {
            let mut minor = 0;
            // SAFETY: the description is one that the library has filled in, and is released once.
            unsafe { (self.gssapi.release_buffer)(&mut minor, &mut self.desc) };
        }
    }
}

/// The name of a service on a host.
pub(super) struct Name {
    gssapi: &'static Library,
    handle: Handle,
}

// SAFETY: the library's objects may be used by any thread, one at a time, and this one has one
// owner.
unsafe impl Send for Name {}

impl Name {
    /// The name `service@host`.
    pub(super) fn of_service(
        gssapi: &'static Library,
        service: &[u8],
        host: &[u8],
    ) -> Result<Self, Error> {
        let text = [service, b"@", host].concat();
        let mut text = BufferDesc::of(&text);
        let mut kind = OidDesc {
            length: HOSTBASED_SERVICE.len() as u32,
            elements: HOSTBASED_SERVICE.as_ptr().cast_mut().cast::<c_void>(),
        };
        let (mut minor, mut handle) = (0, ptr::null_mut());
        // SAFETY: all the pointers are to variables that live through the call; the library copies
        // the text, and reads the kind of the name without changing it.
        let major = unsafe { (gssapi.import_name)(&mut minor, &mut text, &mut kind, &mut handle) };
        if major != COMPLETE {
            return Err(Status { major, minor }.error(gssapi, "GSSAPI name import error"));
        }
        Ok(Self { gssapi, handle })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the name came from the library and is released once.
        unsafe { (self.gssapi.release_name)(&mut minor, &mut self.handle) };
    }
}

/// The user's credentials: the tickets in the credential cache.
pub struct Credential {
    gssapi: &'static Library,
    handle: Handle,
}

// SAFETY: as for `Name`.
unsafe impl Send for Credential {}

impl Credential {
    /// The default credentials, if there are any and there is a library to read them.
    ///
    /// A cache whose tickets have expired counts too: using it tells why it will not do.
    pub fn acquire() -> Option<Self> {
        let gssapi = Library::get().ok()?;
        let (mut minor, mut handle) = (0, ptr::null_mut());
        // SAFETY: the pointers that are not NULL are to variables that live through the call; NULL
        // stands for the default name and mechanisms, and for answers that nobody wants.
        let major = unsafe {
            (gssapi.acquire_cred)(
                &mut minor,
                ptr::null_mut(),
                0,
                ptr::null_mut(),
                INITIATE,
                &mut handle,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        (major == COMPLETE).then_some(Self { gssapi, handle })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the credentials came from the library and are released once.
        unsafe { (self.gssapi.release_cred)(&mut minor, &mut self.handle) };
    }
}
