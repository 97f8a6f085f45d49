//! The address of a server: Internet or Unix-domain.

use std::ffi::OsStr;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr};

use crate::error::{Error, ErrorKind};

/// How long the path of a Unix-domain socket may be, in bytes.
const MAX_PATH: usize = {
    let whole = size_of::<libc::sockaddr_un>();
    // One byte of the room is for the terminator.
    whole - std::mem::offset_of!(libc::sockaddr_un, sun_path) - 1
};

/// One address to try.
#[derive(Clone)]
pub struct Address {
    raw: SockAddr,
    path: Option<PathBuf>,
}

impl Address {
    /// The socket of the server with this port in this directory: `DIRECTORY/.s.PGSQL.PORT`.
    ///
    /// A directory that begins with `@` is in Linux's abstract namespace.
    pub fn unix(directory: &[u8], port: u16) -> Result<Self, Error> {
        let mut path = directory.to_vec();
        path.extend_from_slice(format!("/.s.PGSQL.{port}").as_bytes());
        Self::unix_path(&path)
    }

    /// The Unix-domain socket at exactly this path; `@` at its beginning stands for the abstract
    /// namespace.
    pub fn unix_path(path: &[u8]) -> Result<Self, Error> {
        let shown = String::from_utf8_lossy(path);
        if path.len() > MAX_PATH {
            return Err(Error::new(
                ErrorKind::Connect,
                format!(
                    "Unix-domain socket path \"{shown}\" is too long (maximum {MAX_PATH} bytes)"
                ),
            ));
        }
        let mut name = path.to_vec();
        if let Some(first) = name.first_mut().filter(|first| **first == b'@') {
            *first = 0;
        }
        let raw = SockAddr::unix(Path::new(OsStr::from_bytes(&name))).map_err(|error| {
            let reason = super::os_error::text(&error);
            Error::new(
                ErrorKind::Connect,
                format!(
                    "could not translate Unix-domain socket path \"{shown}\" to address: {reason}"
                ),
            )
        })?;
        let path = Some(PathBuf::from(OsStr::from_bytes(path)));
        Ok(Self { raw, path })
    }

    pub(super) fn from_raw(raw: SockAddr) -> Self {
        Self { raw, path: None }
    }

    /// Whether this is a Unix-domain socket.
    pub fn is_unix(&self) -> bool {
        self.path.is_some()
    }

    /// The path of a Unix-domain socket.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The Internet address, without the port.
    pub fn ip(&self) -> Option<IpAddr> {
        Some(self.raw.as_socket()?.ip())
    }

    /// The Internet address as text (`PQhostaddr`); empty for a Unix-domain socket.
    pub fn ip_text(&self) -> String {
        self.ip().map_or_else(String::new, |ip| ip.to_string())
    }

    /// The address in the kernel's form, for calls that may not allocate.
    pub fn raw(&self) -> &SockAddr {
        &self.raw
    }

    pub(super) fn domain(&self) -> Domain {
        self.raw.domain()
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::from_raw(SockAddr::from(address))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.raw.as_socket()) {
            (Some(path), _) => write!(f, "Address({})", path.display()),
            (None, Some(address)) => write!(f, "Address({address})"),
            (None, None) => f.write_str("Address(?)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_named_after_the_port() {
        let address = Address::unix(b"/run/postgresql", 5433).unwrap();
        let path = Path::new("/run/postgresql/.s.PGSQL.5433");
        assert_eq!(address.path(), Some(path));
        assert!(address.is_unix());
        assert_eq!(address.ip_text(), "");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_path_of_107_bytes_fits_and_one_more_does_not() {
        let mut path = vec![b'/'; 107];
        assert!(Address::unix_path(&path).is_ok());
        path.push(b'/');
        let error = Address::unix_path(&path).unwrap_err();
        let shown = "/".repeat(108);
        assert_eq!(
            error.message(),
            format!("Unix-domain socket path \"{shown}\" is too long (maximum 107 bytes)")
        );
    }

    #[test]
    fn internet_addresses_are_told_without_port_or_brackets() {
        let v4: SocketAddr = "127.0.0.1:5432".parse().unwrap();
        let v6: SocketAddr = "[::ffff:127.0.0.1]:5432".parse().unwrap();
        assert_eq!(Address::from(v4).ip_text(), "127.0.0.1");
        assert_eq!(Address::from(v6).ip_text(), "::ffff:127.0.0.1");
        assert!(!Address::from(v4).is_unix());
    }
}
