//! Options that a directory keeps, for lines of a service file that begin with `ldap://`.
//!
//! Manual: "LDAP Lookup of Connection Parameters". The library for LDAP is the system's, loaded when
//! the first such line is read.

mod entry;
mod library;
mod url;

use std::ffi::CStr;

use super::{ConnInfo, invalid};
use crate::error::Error;
use library::{Failure, Library};
use url::Url;

/// What a URL of a directory begins with.
pub(super) const SCHEME: &[u8] = b"ldap://";

/// What a lookup has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The directory has answered, and the options it keeps are set.
    Done,
    /// The directory cannot be reached: what follows the line in the file counts.
    Unreachable,
}

/// Asks the directory that the URL names, and sets the options that it keeps and that are not set
/// yet.
pub(super) fn apply(info: &mut ConnInfo, url: &[u8]) -> Result<Lookup, Error> {
    let url = Url::parse(url)?;
    let library = Library::get()?;
    let text = match library.find(&url) {
        Ok(text) => text,
        Err(Failure::Unreachable) => return Ok(Lookup::Unreachable),
        Err(failure) => return Err(told(failure)),
    };
    entry::apply(info, &text)?;
    Ok(Lookup::Done)
}

fn told(failure: Failure) -> Error {
    match failure {
        Failure::Unreachable | Failure::NoSession => invalid("could not create LDAP structure"),
        Failure::Refused(reason) => {
            let reason = reason.map_or_else(Default::default, CStr::to_string_lossy);
            invalid(format!("lookup on LDAP server failed: {reason}"))
        }
        Failure::SeveralEntries => invalid("more than one entry found on LDAP lookup"),
        Failure::NoEntry => invalid("no entry found on LDAP lookup"),
        Failure::NoValues => invalid("attribute has no values on LDAP lookup"),
    }
}
