//! The hosts to try: pairing the lists of `host`, `hostaddr` and `port`.
//!
//! Manual: "Specifying Multiple Hosts".

use std::ffi::{CStr, CString};
use std::fmt;

use super::secret::quoted_unless;
use super::{ConnInfo, DEFAULT_PORT, DEFAULT_SOCKET_DIR, MASK, OptionId, integer, invalid};
use crate::error::Error;

/// One host to try.
#[derive(Clone)]
pub struct HostSpec {
    /// The host's name or socket directory; the default directory where neither a name nor an
    /// address is given, `None` where only an address is.
    pub host: Option<CString>,
    /// The numeric address, where one is given.
    pub hostaddr: Option<CString>,
    /// The port as given, or the default one.
    pub port_text: CString,
    /// Where to connect to.
    pub target: HostTarget,
    /// The password that the password file has for this host.
    pub password: Option<CString>,
    /// What stands in place of the port may be the beginning of a password: `/` has ended the
    /// hosts of a URI in its middle, and the database's name has the `@` behind it.
    hides_port: bool,
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostTarget {
    /// TCP, to the addresses that this name has.
    Name(CString),
    /// TCP, to this numeric address.
    Address(CString),
    /// The socket in this directory, or in the abstract namespace where it begins with `@`.
    UnixSocket(CString),
}

impl HostSpec {
    /// The hosts of a connection string, in its order.
    ///
    /// Fails where the lists have different lengths. The password file is not looked at.
    pub fn list(info: &ConnInfo) -> Result<Vec<Self>, Error> {
        let names = items(info, OptionId::Host);
        let addresses = items(info, OptionId::Hostaddr);
        let ports = items(info, OptionId::Port);
        if !names.is_empty() && !addresses.is_empty() && names.len() != addresses.len() {
            let (names, addresses) = (names.len(), addresses.len());
            return Err(invalid(format!(
                "could not match {names} host names to {addresses} hostaddr values"
            )));
        }
        let hosts = names.len().max(addresses.len()).max(1);
        if ports.len() > 1 && ports.len() != hosts {
            let ports = ports.len();
            return Err(invalid(format!(
                "could not match {ports} port numbers to {hosts} hosts"
            )));
        }
        let hides_port = info
            .get(OptionId::Dbname)
            .is_some_and(|name| name.to_bytes().contains(&b'@'));
        Ok((0..hosts)
            .map(|index| {
                let port = if ports.len() == 1 { 0 } else { index };
                let host = Self::new(
                    item(&names, index),
                    item(&addresses, index),
                    item(&ports, port),
                );
                Self { hides_port, ..host }
            })
            .collect())
    }

    /// The host that stands first, also where the lists do not match: what is told of a connection
    /// whose options are not valid.
    pub fn first(info: &ConnInfo) -> Self {
        let names = items(info, OptionId::Host);
        let addresses = items(info, OptionId::Hostaddr);
        let ports = items(info, OptionId::Port);
        // Ports are looked at once names and addresses match.
        let matching = names.is_empty() || addresses.is_empty() || names.len() == addresses.len();
        let port = if matching { item(&ports, 0) } else { b"" };
        Self::new(item(&names, 0), item(&addresses, 0), port)
    }

    /// Checks that the port is a number at all, whatever its size. As in libpq it is judged only when
    /// the host's turn comes; what is no number ends the attempt, while a number that is no port is
    /// the fault of this host alone.
    pub fn check_port(&self) -> Result<(), Error> {
        self.port_number().map(drop)
    }

    fn port_number(&self) -> Result<i32, Error> {
        integer::parse(OptionId::Port, &self.port_text).map_err(|fault| match self.hides_port {
            true => integer::invalid_integer(OptionId::Port, MASK),
            false => fault,
        })
    }

    /// The port number.
    pub fn port(&self) -> Result<u16, Error> {
        let number = self.port_number()?;
        u16::try_from(number)
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| {
                let text = quoted_unless(self.port_text.to_bytes(), self.hides_port);
                invalid(format!("invalid port number: \"{text}\""))
            })
    }

    /// The host as `PQhost` names it: the name if there is one, else the address.
    pub fn shown_host(&self) -> &CStr {
        let either = self.host.as_ref().or(self.hostaddr.as_ref());
        either.map_or(c"", |host| host)
    }

    /// The host as the password file names it.
    pub(super) fn passfile_host(&self) -> &CStr {
        match self.shown_host() {
            host if host == DEFAULT_SOCKET_DIR => c"localhost",
            host => host,
        }
    }

    fn new(host: &[u8], hostaddr: &[u8], port: &[u8]) -> Self {
        let host = match (host, hostaddr) {
            (b"", b"") => Some(DEFAULT_SOCKET_DIR.to_owned()),
            (b"", _) => None,
            _ => Some(text(host)),
        };
        let hostaddr = (!hostaddr.is_empty()).then(|| text(hostaddr));
        let target = match (&hostaddr, &host) {
            (Some(address), _) => HostTarget::Address(address.clone()),
            (None, Some(name)) if is_socket_path(name.to_bytes()) => {
                HostTarget::UnixSocket(name.clone())
            }
            (None, name) => HostTarget::Name(name.clone().unwrap_or_default()),
        };
        let port_text = match port {
            b"" => DEFAULT_PORT.to_owned(),
            _ => text(port),
        };
        Self {
            host,
            hostaddr,
            port_text,
            target,
            password: None,
            hides_port: false,
        }
    }
}

impl fmt::Debug for HostSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostSpec")
            .field("host", &self.host)
            .field("hostaddr", &self.hostaddr)
            .field("port_text", &self.port_text)
            .field("target", &self.target)
            .field("has_password", &self.password.is_some())
            .finish()
    }
}

/// A part of a value, which has no NUL.
fn text(part: &[u8]) -> CString {
    CString::new(part).unwrap_or_default()
}

/// Whether a host is a socket directory: an absolute path, or a name in the abstract namespace.
fn is_socket_path(host: &[u8]) -> bool {
    matches!(host.first(), Some(b'/' | b'@'))
}

/// An item of a list; empty where the option is not given.
fn item<'a>(list: &[&'a [u8]], index: usize) -> &'a [u8] {
    list.get(index).copied().unwrap_or_default()
}

/// The items of a list; none where the option is unset or empty.
fn items(info: &ConnInfo, id: OptionId) -> Vec<&[u8]> {
    let list = info.non_empty(id).map(CStr::to_bytes);
    list.map_or(Vec::new(), |list| list.split(|b| *b == b',').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(conninfo: &str) -> Result<Vec<HostSpec>, Error> {
        HostSpec::list(&ConnInfo::parse(conninfo.as_bytes()).expect(conninfo))
    }

    fn shapes(conninfo: &str) -> Vec<(HostTarget, String)> {
        let hosts = hosts(conninfo).expect(conninfo);
        let port = |host: &HostSpec| host.port_text.to_string_lossy().into_owned();
        hosts.iter().map(|h| (h.target.clone(), port(h))).collect()
    }

    fn socket(path: &CStr) -> HostTarget {
        HostTarget::UnixSocket(path.to_owned())
    }

    fn name(name: &CStr) -> HostTarget {
        HostTarget::Name(name.to_owned())
    }

    fn address(address: &CStr) -> HostTarget {
        HostTarget::Address(address.to_owned())
    }

    fn with_port(target: HostTarget, port: &str) -> (HostTarget, String) {
        (target, port.to_owned())
    }

    #[test]
    fn the_first_host_is_told_although_lists_do_not_match() {
        let first = |conninfo: &str| {
            let host = HostSpec::first(&ConnInfo::parse(conninfo.as_bytes()).expect(conninfo));
            (host.shown_host().to_owned(), host.port_text)
        };
        let expected = |host: &CStr, port: &CStr| (host.to_owned(), port.to_owned());
        assert_eq!(first("host=a port=1,2"), expected(c"a", c"1"));
        assert_eq!(
            first("host=a,b hostaddr=1.2.3.4 port=1"),
            expected(c"a", c"5432")
        );
        assert_eq!(first("hostaddr=1.2.3.4,::1"), expected(c"1.2.3.4", c"5432"));
    }

    #[test]
    fn nothing_given_means_the_default_socket() {
        for conninfo in ["", "host=''", "hostaddr='' port=''"] {
            let expected = [with_port(socket(DEFAULT_SOCKET_DIR), "5432")];
            assert_eq!(shapes(conninfo), expected);
        }
    }

    #[test]
    fn paths_and_abstract_names_are_sockets() {
        let expected = [
            with_port(socket(c"/tmp"), "5432"),
            with_port(socket(c"@x"), "5432"),
            with_port(name(c"h"), "5432"),
            with_port(socket(DEFAULT_SOCKET_DIR), "5432"),
        ];
        assert_eq!(shapes("host=/tmp,@x,h,"), expected);
    }

    #[test]
    fn address_is_used_where_there_is_one() {
        let expected = [
            with_port(address(c"1.2.3.4"), "1"),
            with_port(name(c"b"), "5432"),
        ];
        assert_eq!(shapes("host=a,b hostaddr=1.2.3.4, port=1,"), expected);
        let only = hosts("hostaddr=1.2.3.4").expect("valid");
        assert_eq!(only[0].host, None);
        assert_eq!(only[0].shown_host(), c"1.2.3.4");
    }

    #[test]
    fn single_port_is_for_all_hosts() {
        let expected = [with_port(name(c"a"), "7"), with_port(name(c"b"), "7")];
        assert_eq!(shapes("host=a,b port=7"), expected);
    }

    #[test]
    fn lists_of_different_length_are_refused() {
        for (conninfo, message) in [
            (
                "host=a,b hostaddr=1",
                "could not match 2 host names to 1 hostaddr values",
            ),
            (
                "host=a,b port=1,2,3",
                "could not match 3 port numbers to 2 hosts",
            ),
            ("port=,", "could not match 2 port numbers to 1 hosts"),
        ] {
            assert_eq!(hosts(conninfo).expect_err(conninfo).message(), message);
        }
    }

    #[test]
    fn port_is_judged_when_asked_for() {
        let port = |text: &str| hosts(&format!("port={text}")).expect(text)[0].port();
        assert_eq!(port("65535").expect("valid"), 65535);
        assert_eq!(port("' 05 '").expect("valid"), 5);
        for text in ["0", "65536", "-1"] {
            let error = port(text).expect_err(text);
            assert_eq!(error.message(), format!("invalid port number: \"{text}\""));
        }
        let error = port("x").expect_err("not a number");
        assert_eq!(
            error.message(),
            "invalid integer value \"x\" for connection option \"port\""
        );
    }

    #[test]
    fn default_socket_is_localhost_in_the_password_file() {
        let host = |conninfo| {
            hosts(conninfo).expect("valid")[0]
                .passfile_host()
                .to_owned()
        };
        assert_eq!(host("").as_c_str(), c"localhost");
        assert_eq!(host("host=/tmp").as_c_str(), c"/tmp");
        assert_eq!(host("host=a hostaddr=1").as_c_str(), c"a");
        assert_eq!(host("hostaddr=1").as_c_str(), c"1");
    }
}
