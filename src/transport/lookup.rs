//! From what a connection string names to the addresses to try.
//!
//! Where the wait has an end and the name is not a number, the system's resolver runs on a thread
//! of its own, which is left behind when the time is over: there is no way to interrupt it. It
//! owns all it uses and touches nothing shared.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, SocketAddr};
use std::ptr;
use std::sync::mpsc::{self, RecvTimeoutError};

use socket2::SockAddr;

use super::address::Address;
use super::background;
use super::wait::Deadline;
use crate::conninfo::quoted_host;
use crate::error::{Error, ErrorKind};

/// What the server's place is given as.
#[derive(Debug, Clone, Copy)]
pub enum Host<'a> {
    /// A host name, or a number in its place (option `host`).
    Name(&'a CStr),
    /// A number only, never looked up (option `hostaddr`).
    Address(&'a CStr),
    /// The directory of a Unix-domain socket.
    UnixDirectory(&'a CStr),
}

/// The addresses of the server, in the order in which the system wants them tried.
///
/// At least one when this succeeds. A lookup that is not over at the deadline is an error of kind
/// [`ErrorKind::Timeout`].
pub fn lookup(host: Host<'_>, port: u16, deadline: Deadline) -> Result<Vec<Address>, Error> {
    match host {
        Host::UnixDirectory(directory) => Ok(vec![Address::unix(directory.to_bytes(), port)?]),
        Host::Address(number) => resolve(number, port, libc::AI_NUMERICHOST).map_err(|reason| {
            let number = number.to_string_lossy();
            Error::new(
                ErrorKind::Connect,
                format!("could not parse network address \"{number}\": {reason}"),
            )
        }),
        Host::Name(name) => lookup_name(name, port, deadline),
    }
}

fn lookup_name(name: &CStr, port: u16, deadline: Deadline) -> Result<Vec<Address>, Error> {
    let answer = if deadline.is_set() && number(name).is_none() {
        resolve_until(name, port, deadline)
    } else {
        Some(resolve(name, port, 0))
    };
    let (kind, reason) = match answer {
        Some(Ok(addresses)) => return Ok(addresses),
        Some(Err(reason)) => (ErrorKind::Connect, reason),
        None => (ErrorKind::Timeout, "timeout expired".to_owned()),
    };
    let name = quoted_host(name.to_bytes());
    Err(Error::new(
        kind,
        format!("could not translate host name \"{name}\" to address: {reason}"),
    ))
}

/// The address that the name is already, in the usual notation, so that its translation never waits.
/// The resolver knows some notations more, which are left to it.
fn number(name: &CStr) -> Option<IpAddr> {
    name.to_str().ok()?.parse().ok()
}

/// Addresses, or the resolver's words for why there are none.
type Resolved = Result<Vec<Address>, String>;

/// Asks on another thread; `None` when the deadline passes first.
fn resolve_until(name: &CStr, port: u16, deadline: Deadline) -> Option<Resolved> {
    let (answer, receiver) = mpsc::sync_channel(1);
    let owned: CString = name.to_owned();
    let spawned = background::spawn("ferropq lookup", move || {
        // Nobody listens any more once the deadline has passed.
        let _ = answer.send(resolve(&owned, port, 0));
    });
    if spawned.is_err() {
        // Without threads to spare, a late answer is better than none.
        return Some(resolve(name, port, 0));
    }
    match receiver.recv_timeout(deadline.remaining().unwrap_or_default()) {
        Ok(resolved) => Some(resolved),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err("the lookup ended early".to_owned())),
    }
}

/// A list from the resolver, given back to it when dropped.
struct AddressList(*mut libc::addrinfo);

impl Drop for AddressList {
    fn drop(&mut self) {
        // SAFETY: the list came from a getaddrinfo that succeeded and is freed only here.
        unsafe { libc::freeaddrinfo(self.0) }
    }
}

fn resolve(name: &CStr, port: u16, flags: libc::c_int) -> Resolved {
    if let Some(ip) = number(name) {
        // Nothing to look up, so the resolver need not be woken.
        return Ok(vec![SocketAddr::new(ip, port).into()]);
    }
    // SAFETY: addrinfo is plain data for which all zeros mean "no wishes".
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = libc::AF_UNSPEC;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = flags | libc::AI_NUMERICSERV;
    let service = CString::new(port.to_string()).unwrap_or_default();

    let mut list = ptr::null_mut();
    // SAFETY: the strings are NUL-terminated and live through the call, as do the hints; the list
    // is an out parameter.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), service.as_ptr(), &hints, &mut list) };
    if code != 0 {
        return Err(resolver_text(code));
    }
    let list = AddressList(list);
    let addresses = collect(&list);
    if addresses.is_empty() {
        return Err(resolver_text(libc::EAI_NONAME));
    }
    Ok(addresses)
}

fn collect(list: &AddressList) -> Vec<Address> {
    let mut addresses = Vec::new();
    let mut next = list.0;
    // SAFETY: every entry of the list is valid until the list is freed, and the last one's link is
    // NULL.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ai_next;
        if entry.ai_family != libc::AF_INET && entry.ai_family != libc::AF_INET6 {
            continue;
        }
        if let Some(raw) = copy_address(entry) {
            addresses.push(Address::from_raw(raw));
        }
    }
    addresses
}

fn copy_address(entry: &libc::addrinfo) -> Option<SockAddr> {
    let len = entry.ai_addrlen as usize;
    if entry.ai_addr.is_null() || len > size_of::<libc::sockaddr_storage>() {
        return None;
    }
    // SAFETY: all zeros are a valid storage; `len` bytes are readable at the source (the resolver's
    // contract) and fit the destination (checked above); `len` is the length of what was copied.
    unsafe {
        let mut storage: libc::sockaddr_storage = std::mem::zeroed();
        ptr::copy_nonoverlapping(
            entry.ai_addr.cast::<u8>(),
            (&raw mut storage).cast::<u8>(),
            len,
        );
        Some(SockAddr::new(storage, entry.ai_addrlen))
    }
}

/// The resolver's words, such as `Name or service not known`.
fn resolver_text(code: libc::c_int) -> String {
    // SAFETY: gai_strerror returns a string that is never freed or changed, for any code.
    let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn numbers_need_no_resolver() {
        for deadline in [Deadline::NEVER, Deadline::after(Duration::ZERO)] {
            let found = lookup(Host::Name(c"127.0.0.1"), 5432, deadline).unwrap();
            assert_eq!(found.len(), 1);
            let expected: std::net::SocketAddr = "127.0.0.1:5432".parse().unwrap();
            assert_eq!(found[0].raw().as_socket(), Some(expected));
        }
        let found = lookup(Host::Address(c"::1"), 1, Deadline::NEVER).unwrap();
        assert_eq!(found[0].ip_text(), "::1");
    }

    #[test]
    fn hostaddr_is_never_looked_up() {
        let error = lookup(Host::Address(c"localhost"), 1, Deadline::NEVER).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert_eq!(
            error.message(),
            "could not parse network address \"localhost\": Name or service not known"
        );
    }

    #[test]
    fn localhost_is_found_with_and_without_a_deadline() {
        for deadline in [Deadline::NEVER, Deadline::after(Duration::from_secs(20))] {
            let found = lookup(Host::Name(c"localhost"), 7, deadline).unwrap();
            assert!(found.iter().all(|a| a.ip().unwrap().is_loopback()));
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_told_in_the_resolvers_words() {
        let deadline = Deadline::after(Duration::from_secs(20));
        let error = lookup(Host::Name(c"no such name.invalid"), 7, deadline).unwrap_err();
        let prefix = "could not translate host name \"no such name.invalid\" to address: ";
        assert!(error.message().starts_with(prefix), "{error}");
        assert!(error.message().len() > prefix.len());
    }

    #[test]
    fn a_lookup_gives_up_at_its_deadline() {
        let expired = Deadline::after(Duration::ZERO);
        let error = lookup(Host::Name(c"slow.invalid"), 7, expired).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(
            error.message(),
            "could not translate host name \"slow.invalid\" to address: timeout expired"
        );
    }

    #[test]
    fn a_directory_becomes_a_socket_path() {
        let found = lookup(Host::UnixDirectory(c"/run"), 5432, Deadline::NEVER).unwrap();
        assert!(found[0].is_unix());
    }
}
