//! Who is at the other end of a Unix-domain socket (option `requirepeer`).

use std::ffi::CStr;
use std::io;
use std::os::fd::AsRawFd;

use super::os_error;
use super::socket::Socket;
use crate::error::{Error, ErrorKind};

/// Checks that the server runs under the operating-system user of this name.
pub fn require_peer(socket: &Socket, required: &CStr) -> Result<(), Error> {
    let uid = peer_uid(socket).map_err(|error| {
        let reason = os_error::text(&error);
        connect_error(format!("could not get peer credentials: {reason}"))
    })?;
    let actual = user_name(uid)?;
    if actual == required.to_bytes() {
        return Ok(());
    }
    let required = required.to_string_lossy();
    let actual = String::from_utf8_lossy(&actual);
    Err(connect_error(format!(
        "requirepeer specifies \"{required}\", but actual peer user name is \"{actual}\""
    )))
}

fn connect_error(message: String) -> Error {
    Error::new(ErrorKind::Connect, message)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn peer_uid(socket: &Socket) -> io::Result<libc::uid_t> {
    let mut credentials = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the pointers are to a ucred and to its length, both of which live through the call.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &mut len,
        )
    };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    if len as usize != size_of::<libc::ucred>() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    Ok(credentials.uid)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn peer_uid(socket: &Socket) -> io::Result<libc::uid_t> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both pointers are to locals that live through the call.
    match unsafe { libc::getpeereid(socket.as_raw_fd(), &mut uid, &mut gid) } {
        0 => Ok(uid),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The name of the user with this number.
fn user_name(uid: libc::uid_t) -> Result<Vec<u8>, Error> {
    let mut room = vec![0u8; 1024];
    loop {
        // SAFETY: passwd is plain data for which all zeros are valid.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found = std::ptr::null_mut();
        // SAFETY: the entry, the room with its true length and the out parameter live through the
        // call.
        let code = unsafe {
            libc::getpwuid_r(
                uid,
                &mut entry,
                room.as_mut_ptr().cast(),
                room.len(),
                &mut found,
            )
        };
        match code {
            0 if found.is_null() => {
                return Err(connect_error(format!(
                    "local user with ID {uid} does not exist"
                )));
            }
            0 => {
                // SAFETY: the entry was filled in; its name is a NUL-terminated string in `room`,
                // which is still alive.
                let name = unsafe { CStr::from_ptr(entry.pw_name) };
                return Ok(name.to_bytes().to_vec());
            }
            libc::EINTR => {}
            libc::ERANGE if room.len() < 1 << 20 => room.resize(room.len() * 2, 0),
            code => {
                let reason = os_error::text(&io::Error::from_raw_os_error(code));
                return Err(connect_error(format!(
                    "could not look up local user ID {uid}: {reason}"
                )));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_peer_must_be_the_user_asked_for() {
        let (a, _b) = UnixStream::pair().unwrap();
        let socket = Socket::from(a);
        // SAFETY: getuid has no preconditions.
        let me = user_name(unsafe { libc::getuid() }).unwrap();
        let me = CString::new(me).unwrap();
        require_peer(&socket, &me).unwrap();
        let error = require_peer(&socket, c"somebody else").unwrap_err();
        let me = me.to_string_lossy();
        assert_eq!(
            error.message(),
            format!(
                "requirepeer specifies \"somebody else\", but actual peer user name is \"{me}\""
            )
        );
    }

    #[test]
    fn a_user_without_an_entry_is_told() {
        let error = user_name(4_111_222_333).unwrap_err();
        assert_eq!(
            error.message(),
            "local user with ID 4111222333 does not exist"
        );
    }
}
