//! GSSAPI authentication: tokens to and fro, until both sides have proved who they are.
//!
//! What is in the tokens is the business of whoever implements [`Initiator`].
//!
//! Manual: "GSSAPI Authentication"; "Start-up" in "Message Flow", AuthenticationGSS.

use std::ffi::c_void;
use std::ptr;

use crate::error::Error;

/// The client's side of a GSSAPI exchange.
pub trait Initiator: Send {
    /// Takes the server's token, an empty one at first, and gives what to send, if anything.
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, Error>;

    /// Whether both sides have proved who they are.
    fn is_complete(&self) -> bool;

    /// The GSSAPI library's own context, or NULL. It belongs to `self`.
    fn raw(&self) -> *mut c_void {
        ptr::null_mut()
    }
}
