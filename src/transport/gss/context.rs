//! A security context: who the two sides are, and the keys that they share.

use std::ffi::c_void;
use std::ptr;

use super::gss_error;
use super::handle::{Buffer, Credential, Name};
use super::library::Library;
use super::status::Status;
use super::stream::Protection;
use super::sys::{BufferDesc, COMPLETE, CONTINUE_NEEDED, Handle, Uint32, flag};
use crate::error::Error;

/// Whom to talk to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The service's name (option `krbsrvname`).
    pub service: &'a [u8],
    /// The host's.
    pub host: &'a [u8],
}

/// What the context is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To prove who one is.
    Authentication,
    /// To encrypt.
    Encryption,
}

impl Purpose {
    fn flags(self) -> Uint32 {
        match self {
            Self::Authentication => flag::MUTUAL,
            Self::Encryption => {
                flag::MUTUAL | flag::REPLAY | flag::SEQUENCE | flag::CONFIDENTIAL | flag::INTEGRITY
            }
        }
    }

    /// What is said of a token that cannot be made or understood.
    fn failure(self) -> &'static str {
        match self {
            Self::Authentication => "GSSAPI continuation error",
            Self::Encryption => "could not initiate GSSAPI security context",
        }
    }
}

/// One side's context, the client's.
pub struct SecurityContext {
    gssapi: &'static Library,
    target: Name,
    /// The default ones, where there are none here.
    credential: Option<Credential>,
    purpose: Purpose,
    flags: Uint32,
    is_complete: bool,
    // Goes last: as long as there is a context, MIT's library need not read its configuration anew,
    // which it does for each call otherwise, even to release a name.
    context: Context,
}

/// What the library knows of the exchange; NULL before it begins.
struct Context {
    gssapi: &'static Library,
    handle: Handle,
}

// SAFETY: the library's objects may be used by any thread, one at a time, and these have one owner.
unsafe impl Send for SecurityContext {}

impl SecurityContext {
    /// A context that has not exchanged any token yet.
    ///
    /// With `delegate` the server is given a ticket with which it can act as the user
    /// (option `gssdelegation`).
    pub fn new(
        target: Target<'_>,
        purpose: Purpose,
        credential: Option<Credential>,
        delegate: bool,
    ) -> Result<Self, Error> {
        let gssapi = Library::get()?;
        let delegation = if delegate { flag::DELEGATE } else { 0 };
        Ok(Self {
            gssapi,
            target: Name::of_service(gssapi, target.service, target.host)?,
            credential,
            purpose,
            flags: purpose.flags() | delegation,
            is_complete: false,
            context: Context {
                gssapi,
                handle: ptr::null_mut(),
            },
        })
    }

    /// Takes the peer's token, none at first, and gives what to send to the peer, if anything.
    ///
    /// May wait for a KDC.
    pub fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        if self.is_complete {
            return Err(gss_error("received a GSSAPI token after the last one"));
        }
        let mut input = BufferDesc::of(token);
        let input = match self.context.handle.is_null() {
            true => ptr::null_mut(),
            false => &raw mut input,
        };
        let credential = self.credential.as_ref().map(Credential::handle);
        let mut output = Buffer::empty(self.gssapi);
        let mut minor = 0;
        // SAFETY: the context is NULL or the one that an earlier call has made; name and
        // credentials are owned by `self`; the other pointers are to variables that live through
        // the call, or NULL for defaults and for answers that nobody wants.
        let major = unsafe {
            (self.gssapi.init_sec_context)(
                &mut minor,
                credential.unwrap_or(ptr::null_mut()),
                &mut self.context.handle,
                self.target.handle(),
                ptr::null_mut(),
                self.flags,
                0,
                ptr::null_mut(),
                input,
                ptr::null_mut(),
                output.receiver(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        match major {
            COMPLETE => self.is_complete = true,
            CONTINUE_NEEDED => {}
            _ => {
                let status = Status { major, minor };
                return Err(status.error(self.gssapi, self.purpose.failure()));
            }
        }
        Ok(output.to_vec())
    }

    /// Whether both sides have proved who they are.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The library's own context (`PQgetgssctx`). It belongs to `self`.
    pub fn raw(&self) -> *mut c_void {
        self.context.handle
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            let mut minor = 0;
            // SAFETY: the context came from the library and is deleted once; no token for the peer
            // is asked for.
            unsafe {
                (self.gssapi.delete_sec_context)(&mut minor, &mut self.handle, ptr::null_mut())
            };
        }
    }
}

/// A context whose exchange of tokens is complete: it can encrypt.
pub(super) struct Established(SecurityContext);

impl Established {
    /// `None` while tokens are still to be exchanged.
    pub(super) fn new(context: SecurityContext) -> Option<Self> {
        context.is_complete.then_some(Self(context))
    }

    /// How many bytes fit into a packet of this size once encrypted.
    pub(super) fn wrap_size_limit(&self, packet: usize) -> Result<usize, Error> {
        let Self(context) = self;
        let (mut minor, mut limit) = (0, 0);
        let packet = Uint32::try_from(packet).unwrap_or(Uint32::MAX);
        // SAFETY: the context is established, and owned by `self`; the pointers are to variables that live through the
        // call.
        let major = unsafe {
            (context.gssapi.wrap_size_limit)(&mut minor, context.raw(), 1, 0, packet, &mut limit)
        };
        let status = Status { major, minor };
        if status.is_error() || limit == 0 {
            return Err(status.error(context.gssapi, "GSSAPI size check error"));
        }
        Ok(limit as usize)
    }
}

impl Protection for Established {
    type Text = Buffer;

    fn wrap(&mut self, plain: &[u8]) -> Result<Buffer, Error> {
        let Self(context) = self;
        let mut input = BufferDesc::of(plain);
        let mut output = Buffer::empty(context.gssapi);
        let (mut minor, mut confidential) = (0, 0);
        // SAFETY: the context is established, and owned by `self`; the pointers are to variables that live through the
        // call, and the library only reads the input.
        let major = unsafe {
            (context.gssapi.wrap)(
                &mut minor,
                context.raw(),
                1,
                0,
                &mut input,
                &mut confidential,
                output.receiver(),
            )
        };
        if major != COMPLETE {
            let status = Status { major, minor };
            return Err(status.error(context.gssapi, "GSSAPI wrap error"));
        }
        if confidential == 0 {
            return Err(gss_error(
                "outgoing GSSAPI message would not use confidentiality",
            ));
        }
        Ok(output)
    }

    fn unwrap(&mut self, packet: &[u8]) -> Result<Buffer, Error> {
        let Self(context) = self;
        let mut input = BufferDesc::of(packet);
        let mut output = Buffer::empty(context.gssapi);
        let (mut minor, mut confidential) = (0, 0);
        // SAFETY: as for `wrap`.
        let major = unsafe {
            (context.gssapi.unwrap)(
                &mut minor,
                context.raw(),
                &mut input,
                output.receiver(),
                &mut confidential,
                ptr::null_mut(),
            )
        };
        // Anything but plain success: a packet that was repeated or left out is one of the others.
        if major != COMPLETE {
            let status = Status { major, minor };
            return Err(status.error(context.gssapi, "GSSAPI unwrap error"));
        }
        if confidential == 0 {
            return Err(gss_error(
                "incoming GSSAPI message did not use confidentiality",
            ));
        }
        Ok(output)
    }

    fn raw(&self) -> *mut c_void {
        self.0.raw()
    }
}
