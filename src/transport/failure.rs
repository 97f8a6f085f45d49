//! libpq's words around a failure of the network.

use std::io;

use super::address::Address;
use super::os_error;
use crate::error::{Error, ErrorKind};

/// What is said of a connection that the server has ended without a word.
pub const CLOSED: &str = "server closed the connection unexpectedly\n\
    \tThis probably means the server terminated abnormally\n\
    \tbefore or while processing the request.";

/// What begins the message of every failure to connect: which server, by which address.
///
/// `host` is what the connection string calls the server; the address is shown behind it where it
/// says more.
pub fn connect_prefix(host: &str, port: &str, address: &Address) -> String {
    if let Some(path) = address.path() {
        let path = path.to_string_lossy();
        return format!("connection to server on socket \"{path}\" failed: ");
    }
    let ip = address.ip_text();
    if host.is_empty() || host == ip || ip.is_empty() {
        address_prefix(if host.is_empty() { &ip } else { host }, port)
    } else {
        format!("connection to server at \"{host}\" ({ip}), port {port} failed: ")
    }
}

/// The same for a server of which nothing but one name or address is to be told.
pub fn address_prefix(address: &str, port: &str) -> String {
    format!("connection to server at \"{address}\", port {port} failed: ")
}

/// What to look at when there is no answer at the address; it stands on a line of its own.
pub fn connect_hint(address: &Address) -> &'static str {
    if address.is_unix() {
        "\tIs the server running locally and accepting connections on that socket?"
    } else {
        "\tIs the server running on that host and accepting TCP/IP connections?"
    }
}

/// The error of a read that failed.
pub fn receive(error: io::Error) -> Error {
    broken("could not receive data from server", error)
}

/// The error of a write that failed.
pub fn send(error: io::Error) -> Error {
    broken("could not send data to server", error)
}

fn broken(what: &str, error: io::Error) -> Error {
    let message = match error.raw_os_error() {
        Some(libc::EPIPE | libc::ECONNRESET) => CLOSED.to_owned(),
        Some(_) => format!("{what}: {}", os_error::text(&error)),
        // An encrypted stream brings the whole message along.
        None => error.to_string(),
    };
    let closed = matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
    );
    let kind = if closed {
        ErrorKind::Closed
    } else {
        ErrorKind::Io
    };
    Error::new(kind, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    #[test]
    fn the_address_is_told_where_it_says_more_than_the_name() {
        let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let address = Address::from(address);
        assert_eq!(
            connect_prefix("localhost", "1", &address),
            "connection to server at \"localhost\" (127.0.0.1), port 1 failed: "
        );
        assert_eq!(
            connect_prefix("127.0.0.1", "1", &address),
            "connection to server at \"127.0.0.1\", port 1 failed: "
        );
        assert_eq!(
            connect_prefix("", "1", &address),
            "connection to server at \"127.0.0.1\", port 1 failed: "
        );
    }

    #[test]
    fn a_unix_socket_is_told_by_its_path() {
        let address = Address::unix(b"@abc", 1).unwrap();
        assert_eq!(
            connect_prefix("@abc", "1", &address),
            "connection to server on socket \"@abc/.s.PGSQL.1\" failed: "
        );
        assert!(connect_hint(&address).contains("locally"));
    }

    #[test]
    fn a_reset_and_a_broken_pipe_read_as_a_closed_connection() {
        for code in [libc::EPIPE, libc::ECONNRESET] {
            let error = send(io::Error::from_raw_os_error(code));
            assert_eq!(error.kind(), ErrorKind::Closed);
            assert_eq!(error.message(), CLOSED);
        }
        let error = receive(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        assert_eq!(
            error.message(),
            "could not receive data from server: Connection timed out"
        );
        let own = io::Error::new(io::ErrorKind::ConnectionReset, "own words");
        assert_eq!(receive(own).message(), "own words");
    }
}
