//! Whether a certificate is for a host.
//!
//! The rules of the manual's section "Client Verification of Server Certificates". A host name is
//! compared with the alternative names of type dNSName, and with the common name if there are none
//! of that type; an address with those of type iPAddress and dNSName, and with the common name if
//! there is no iPAddress. `*.` stands for exactly one label, at the beginning only.
//!
//! Stricter than libpq in one point: a wildcard never covers an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::tls_error;
use crate::error::Error;

/// A subject alternative name of a type that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// dNSName: the bytes of the name.
    Dns(Vec<u8>),
    /// iPAddress: 4 or 16 bytes.
    Ip(Vec<u8>),
}

/// The names in a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateNames {
    /// The alternative names in the certificate's order.
    pub alternative: Vec<AlternativeName>,
    /// The first common name of the subject.
    pub common: Option<Vec<u8>>,
}

/// Checks that a certificate with these names is for this host.
pub fn verify(names: &CertificateNames, host: &str) -> Result<(), Error> {
    let mut search = Search {
        host,
        address: parse_address(host),
        first: None,
        examined: 0,
    };
    let mut common_counts = true;
    for name in &names.alternative {
        let matches = match name {
            AlternativeName::Dns(name) => {
                common_counts &= search.address.is_some();
                search.name(name)?
            }
            AlternativeName::Ip(bytes) => {
                common_counts &= search.address.is_none();
                search.address(bytes)?
            }
        };
        if matches {
            return Ok(());
        }
    }
    match &names.common {
        Some(common) if common_counts && search.name(common)? => Ok(()),
        _ => Err(search.failure()),
    }
}

/// The names looked at so far.
struct Search<'a> {
    host: &'a str,
    address: Option<IpAddr>,
    first: Option<String>,
    examined: usize,
}

impl Search<'_> {
    fn note(&mut self, name: impl FnOnce() -> String) {
        self.examined += 1;
        self.first.get_or_insert_with(name);
    }

    fn name(&mut self, name: &[u8]) -> Result<bool, Error> {
        // A NUL would end the name early for whoever reads it as a C string: an old trick to get a
        // certificate for another's host.
        if name.contains(&0) {
            return Err(tls_error("SSL certificate's name contains embedded null"));
        }
        self.note(|| String::from_utf8_lossy(name).into_owned());
        let host = self.host.as_bytes();
        let wildcard = self.address.is_none() && covers(name, host);
        Ok(wildcard || name.eq_ignore_ascii_case(host))
    }

    fn address(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let address = if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            IpAddr::from(v4)
        } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
            IpAddr::from(v6)
        } else {
            let len = bytes.len();
            return Err(tls_error(format!(
                "certificate contains IP address with invalid length {len}"
            )));
        };
        self.note(|| address.to_string());
        Ok(self.address == Some(address))
    }

    fn failure(&self) -> Error {
        let host = self.host;
        let Some(first) = &self.first else {
            return tls_error("could not get server's host name from server certificate");
        };
        let others = match self.examined {
            1 => String::new(),
            2 => " (and 1 other name)".to_owned(),
            n => format!(" (and {} other names)", n - 1),
        };
        tls_error(format!(
            "server certificate for \"{first}\"{others} does not match host name \"{host}\""
        ))
    }
}

/// Whether a pattern `*.rest` covers this host: one label in the place of the asterisk.
fn covers(pattern: &[u8], host: &[u8]) -> bool {
    let Some(rest) = pattern.strip_prefix(b"*") else {
        return false;
    };
    if rest.len() < 2 || rest[0] != b'.' || host.len() <= rest.len() {
        return false;
    }
    let (label, tail) = host.split_at(host.len() - rest.len());
    tail.eq_ignore_ascii_case(rest) && !label.contains(&b'.')
}

/// The address that this host name is, in any of the forms that the resolver takes for one: `127.1`
/// is 127.0.0.1.
fn parse_address(host: &str) -> Option<IpAddr> {
    if let Ok(v6) = host.parse::<Ipv6Addr>() {
        return Some(IpAddr::V6(v6));
    }
    let parts: Option<Vec<u32>> = host.split('.').map(parse_part).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, leading) = parts.split_last()?;
    let mut value = 0u32;
    for (index, part) in leading.iter().enumerate() {
        let byte = u8::try_from(*part).ok()?;
        value |= u32::from(byte) << (24 - 8 * index);
    }
    // The last part fills all bytes that are left.
    let room = u32::MAX.checked_shr(8 * u32::try_from(leading.len()).ok()?)?;
    if *last > room {
        return None;
    }
    Some(IpAddr::V4(Ipv4Addr::from(value | last)))
}

/// A number in C's notation: hexadecimal after `0x`, octal after `0`.
fn parse_part(part: &str) -> Option<u32> {
    let lower = part.to_ascii_lowercase();
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlternativeName::{Dns, Ip};

    fn dns(name: &str) -> AlternativeName {
        Dns(name.as_bytes().to_vec())
    }

    fn ip(address: &str) -> AlternativeName {
        match address.parse().unwrap() {
            IpAddr::V4(v4) => Ip(v4.octets().to_vec()),
            IpAddr::V6(v6) => Ip(v6.octets().to_vec()),
        }
    }

    fn check(common: &str, alternative: &[AlternativeName], host: &str) -> Result<(), String> {
        let names = CertificateNames {
            alternative: alternative.to_vec(),
            common: Some(common.as_bytes().to_vec()).filter(|name| !name.is_empty()),
        };
        verify(&names, host).map_err(|error| error.message().to_owned())
    }

    fn refused(common: &str, alternative: &[AlternativeName], host: &str) -> String {
        check(common, alternative, host).unwrap_err()
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        check("LocalHost", &[], "localhost").unwrap();
        check("", &[dns("a.example"), dns("B.example")], "b.EXAMPLE").unwrap();
    }

    #[test]
    fn an_asterisk_stands_for_exactly_the_first_label() {
        let wild = [dns("*.example.com")];
        check("", &wild, "a.example.com").unwrap();
        check("", &wild, "A.EXAMPLE.com").unwrap();
        for host in [
            "a.b.example.com",
            "example.com",
            ".example.com",
            "aexample.com",
        ] {
            refused("", &wild, host);
        }
        for pattern in ["a*.example.com", "*", "*.", "**.example.com", "a.*.com"] {
            refused("", &[dns(pattern)], "ab.example.com");
        }
        check("", &[dns("*.a")], "b.a").unwrap();
    }

    #[test]
    fn the_common_name_counts_only_without_names_of_the_hosts_type() {
        refused("localhost", &[dns("a.example")], "localhost");
        check("localhost", &[ip("10.0.0.1")], "localhost").unwrap();
        check("127.0.0.1", &[dns("a.example")], "127.0.0.1").unwrap();
        refused("127.0.0.1", &[ip("10.0.0.1")], "127.0.0.1");
        refused(
            "localhost",
            &[ip("10.0.0.1"), dns("a.example")],
            "localhost",
        );
    }

    #[test]
    fn an_address_is_compared_by_value_and_by_text() {
        check("", &[ip("127.0.0.1")], "127.0.0.1").unwrap();
        check("", &[ip("127.0.0.1")], "127.1").unwrap();
        check("", &[ip("127.0.0.1")], "0x7f.0.0.01").unwrap();
        check("", &[ip("fe80::1")], "FE80:0::1").unwrap();
        check("", &[dns("127.0.0.1")], "127.0.0.1").unwrap();
        refused("", &[dns("*.0.0.1")], "127.0.0.1");
        refused("", &[ip("127.0.0.1")], "::ffff:127.0.0.1");
        refused("", &[ip("127.0.0.1")], "localhost");
    }

    #[test]
    fn a_mismatch_tells_how_many_names_were_looked_at() {
        let all = [dns("a.example"), dns("b.example"), dns("c.example")];
        assert_eq!(
            refused("wrong.example", &[], "h"),
            "server certificate for \"wrong.example\" does not match host name \"h\""
        );
        assert_eq!(
            refused("h", &all[..1], "h"),
            "server certificate for \"a.example\" does not match host name \"h\""
        );
        assert_eq!(
            refused("h", &all[..2], "h"),
            "server certificate for \"a.example\" (and 1 other name) does not match host name \"h\""
        );
        assert_eq!(
            refused("h", &all, "h"),
            "server certificate for \"a.example\" (and 2 other names) does not match host name \"h\""
        );
        assert_eq!(
            refused("localhost", &[ip("10.0.0.1")], "h"),
            "server certificate for \"10.0.0.1\" (and 1 other name) does not match host name \"h\""
        );
    }

    #[test]
    fn a_certificate_without_names_is_told() {
        assert_eq!(
            refused("", &[], "h"),
            "could not get server's host name from server certificate"
        );
    }

    #[test]
    fn a_name_with_a_nul_and_an_address_of_odd_length_end_the_search() {
        let error = refused("", &[dns("h\0.evil"), dns("h")], "h");
        assert_eq!(error, "SSL certificate's name contains embedded null");
        let error = refused("h", &[Ip(vec![1, 2, 3])], "h");
        assert_eq!(
            error,
            "certificate contains IP address with invalid length 3"
        );
    }

    #[test]
    fn what_is_no_address_is_a_name() {
        for name in [
            "1.2.3.4.5",
            "1..2",
            "256.1.1.1",
            "1.2.3.256",
            "4294967296",
            "0x",
            "08.1.1.1",
            "+1.2.3.4",
            "",
            "a.b",
            "1.2.3.",
        ] {
            assert_eq!(parse_address(name), None, "{name}");
        }
        let one = Some(IpAddr::from([0, 0, 0, 1]));
        assert_eq!(parse_address("1"), one);
        assert_eq!(
            parse_address("1.65535"),
            Some(IpAddr::from([1, 0, 255, 255]))
        );
    }
}
