//! The URL of an entry of a directory: `ldap://[hostname[:port]]/search_base?attribute?scope?filter`.

use std::ffi::{CString, c_int};

use crate::conninfo::{invalid, shown};
use crate::error::Error;

use super::SCHEME;

/// Where the directory is when the URL does not say so.
const DEFAULT_HOST: &[u8] = b"localhost";
const DEFAULT_PORT: u16 = 389;

/// Which entries are searched (RFC 4511, "SearchRequest.scope").
const SCOPES: [(&[u8], c_int); 3] = [(b"base", 0), (b"one", 1), (b"sub", 2)];

/// What is to be looked up, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Host and port, as the library wants them.
    pub(super) server: CString,
    pub(super) base: CString,
    pub(super) attribute: CString,
    pub(super) scope: c_int,
    pub(super) filter: CString,
}

impl Url {
    /// Takes a URL apart. Nothing in it is decoded, as in libpq.
    pub(super) fn parse(url: &[u8]) -> Result<Self, Error> {
        let fault = |what: &str| {
            let url = shown(url);
            invalid(format!("invalid LDAP URL \"{url}\": {what}"))
        };
        let rest = url
            .strip_prefix(SCHEME)
            .ok_or_else(|| fault("scheme must be ldap://"))?;
        let (place, path) = cut(rest, b'/');
        let path = path
            .filter(|path| !path.is_empty() && path[0] != b'?')
            .ok_or_else(|| fault("missing distinguished name"))?;
        let (base, rest) = cut(path, b'?');
        let (attribute, rest) = cut(rest.unwrap_or_default(), b'?');
        if attribute.is_empty() || attribute.contains(&b',') {
            return Err(fault("must have exactly one attribute"));
        }
        let (scope, rest) = cut(rest.unwrap_or_default(), b'?');
        if scope.is_empty() {
            return Err(fault("must have search scope (base/one/sub)"));
        }
        let (filter, _) = cut(rest.unwrap_or_default(), b'?');
        if filter.is_empty() {
            return Err(fault("no filter"));
        }
        let (host, port) = cut(place, b':');
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => parse_port(port).ok_or_else(|| fault("invalid port number"))?,
        };
        let scope = SCOPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(scope))
            .map(|(_, scope)| *scope)
            .ok_or_else(|| fault("must have search scope (base/one/sub)"))?;
        let host = if host.is_empty() { DEFAULT_HOST } else { host };
        let server = [SCHEME, host, b":", port.to_string().as_bytes()].concat();
        // A line of a service file ends at a NUL.
        let text = |bytes: &[u8]| CString::new(bytes).unwrap_or_default();
        Ok(Self {
            server: text(&server),
            base: text(base),
            attribute: text(attribute),
            scope,
            filter: text(filter),
        })
    }
}

/// The text in front of the separator, and what is behind it, where it is there.
fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(separator, text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn parse_port(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    text.trim_start().parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_found() {
        let url = Url::parse(b"ldap://h:1/dc=a,dc=b?info?ONE?(cn=x)?more").expect("valid");
        assert_eq!(url.server.as_c_str(), c"ldap://h:1");
        assert_eq!(url.base.as_c_str(), c"dc=a,dc=b");
        assert_eq!(url.attribute.as_c_str(), c"info");
        assert_eq!(url.scope, 1);
        assert_eq!(url.filter.as_c_str(), c"(cn=x)");
        let url = Url::parse(b"ldap:///dc=a?info?base?(cn=x)").expect("valid");
        assert_eq!(url.server.as_c_str(), c"ldap://localhost:389");
    }

    #[test]
    fn what_is_missing_is_told() {
        for (url, fault) in [
            ("ldap://h", "missing distinguished name"),
            ("ldap://h/", "missing distinguished name"),
            ("ldap://h/a", "must have exactly one attribute"),
            ("ldap://h/a?b,c?one?d", "must have exactly one attribute"),
            ("ldap://h/a?b", "must have search scope (base/one/sub)"),
            ("ldap://h/a?b?c?d", "must have search scope (base/one/sub)"),
            ("ldap://h/a?b?one", "no filter"),
            ("ldap://h:x/a?b?one?c", "invalid port number"),
            ("ldap://h:0/a?b?one?c", "invalid port number"),
        ] {
            let error = Url::parse(url.as_bytes()).expect_err(url);
            assert_eq!(
                error.message(),
                format!("invalid LDAP URL \"{url}\": {fault}")
            );
        }
    }
}
