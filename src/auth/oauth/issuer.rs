//! Who may hand out tokens: the option `oauth_issuer`, and the addresses of discovery documents
//! that servers tell.
//!
//! A server is believed only where the address that it tells is made of the issuer that the user
//! trusts: else one server could obtain a token that is good for another.
//!
//! Manual: `oauth_issuer`; RFC 8414, section 3.

use crate::auth::auth_error;
use crate::error::Error;

/// What stands between an issuer and the name of a discovery document.
const WELL_KNOWN: &str = "/.well-known/";

/// The names of discovery documents.
const DOCUMENTS: [&str; 2] = ["openid-configuration", "oauth-authorization-server"];

/// A trusted issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its identifier.
    pub id: String,
    /// The address of its discovery document, once it is known.
    pub discovery: Option<String>,
}

impl Issuer {
    /// The issuer of the option `oauth_issuer`: its identifier, or the address of its discovery
    /// document. With `allows_http` that need not be an `https` one.
    pub fn new(option: &str, allows_http: bool) -> Result<Self, Error> {
        if !option.contains(WELL_KNOWN) {
            return Ok(Self {
                id: option.to_owned(),
                discovery: None,
            });
        }
        Ok(Self {
            id: issuer_of(option, allows_http)?,
            discovery: Some(option.to_owned()),
        })
    }

    /// Takes the address of the discovery document that a server tells.
    pub fn discover(&mut self, uri: &str, allows_http: bool) -> Result<(), Error> {
        let id = issuer_of(uri, allows_http)?;
        if id != self.id {
            let trusted = &self.id;
            return Err(auth_error(format!(
                "server's discovery document at {uri} (issuer \"{id}\") is incompatible with \
                 oauth_issuer ({trusted})"
            )));
        }
        match &self.discovery {
            Some(known) if known != uri => Err(auth_error(format!(
                "server's discovery document has moved to {uri} (previous location was {known})"
            ))),
            _ => {
                self.discovery = Some(uri.to_owned());
                Ok(())
            }
        }
    }
}

/// What stands behind `https://`, or `http://` where that will do, in capitals or not.
pub fn behind_scheme(uri: &str, allows_http: bool) -> Option<usize> {
    let begins = |scheme: &str| {
        let start = uri.as_bytes().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    match () {
        () if begins("https://") => Some("https://".len()),
        () if allows_http && begins("http://") => Some("http://".len()),
        () => None,
    }
}

/// The identifier of the issuer whose discovery document has this address: the address without
/// the part that begins with `/.well-known/`.
fn issuer_of(uri: &str, allows_http: bool) -> Result<String, Error> {
    let fault = |what: &str| Err(auth_error(format!("OAuth discovery URI \"{uri}\" {what}")));
    let Some(authority) = behind_scheme(uri, allows_http) else {
        return fault("must use HTTPS");
    };
    if uri.contains(['?', '#']) {
        return fault("must not contain query or fragment components");
    }
    let Some(at) = uri[authority..].find(WELL_KNOWN).map(|at| authority + at) else {
        return fault("is not a .well-known URI");
    };
    let document = &uri[at + WELL_KNOWN.len()..];
    let end = document.find('/').unwrap_or(document.len());
    let (name, path) = document.split_at(end);
    if !DOCUMENTS.contains(&name) {
        return fault("uses an unsupported .well-known suffix");
    }
    // An issuer's path stands before the well-known part or behind it.
    if !path.is_empty() && uri[authority..at].contains('/') {
        return fault("uses an invalid format");
    }
    Ok([&uri[..at], path].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(option: &str) -> Result<String, String> {
        let issuer = Issuer::new(option, false);
        issuer
            .map(|issuer| issuer.id)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn the_issuer_is_what_is_left_of_a_well_known_address() {
        for (uri, expected) in [
            ("https://i.example", "https://i.example"),
            ("https://i.example/", "https://i.example/"),
            ("ftp://i.example", "ftp://i.example"),
            (
                "https://i.example/.well-known/openid-configuration",
                "https://i.example",
            ),
            (
                "https://i.example/.well-known/oauth-authorization-server/a/b",
                "https://i.example/a/b",
            ),
            (
                "https://i.example/x/.well-known/oauth-authorization-server",
                "https://i.example/x",
            ),
            (
                "https://i.example/.well-known/openid-configuration/",
                "https://i.example/",
            ),
            (
                "HTTPS://i.example/.well-known/openid-configuration",
                "HTTPS://i.example",
            ),
            ("https:///.well-known/openid-configuration", "https://"),
            (
                "https://i.example//.well-known/openid-configuration",
                "https://i.example/",
            ),
        ] {
            assert_eq!(issuer(uri).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_address_that_will_not_do_is_refused_with_its_reason() {
        const QUERY: &str = "must not contain query or fragment components";
        for (uri, reason) in [
            (
                "http://i.example/.well-known/openid-configuration",
                "must use HTTPS",
            ),
            (
                "https://i.example/.well-known/openid-configuration?x",
                QUERY,
            ),
            (
                "https://i.example/.well-known/openid-configuration#x",
                QUERY,
            ),
            (
                "https://.well-known/openid-configuration",
                "is not a .well-known URI",
            ),
            (
                "https://i.example/.well-known/",
                "uses an unsupported .well-known suffix",
            ),
            (
                "https://i.example/.well-known/oauth-authorization-serverx",
                "uses an unsupported .well-known suffix",
            ),
            (
                "https://i.example/x/.well-known/oauth-authorization-server/y",
                "uses an invalid format",
            ),
        ] {
            let expected = format!("OAuth discovery URI \"{uri}\" {reason}");
            assert_eq!(issuer(uri), Err(expected));
        }
    }

    #[test]
    fn without_encryption_only_where_that_is_asked_for() {
        let uri = "http://i.example/.well-known/openid-configuration";
        assert_eq!(Issuer::new(uri, true).unwrap().id, "http://i.example");
        assert!(Issuer::new(uri, false).is_err());
        assert_eq!(behind_scheme("http", true), None);
        assert_eq!(behind_scheme("https:/é", true), None);
    }

    #[test]
    fn a_server_tells_the_address_that_belongs_to_the_issuer() {
        let told = |option: &str, uri: &str| {
            let mut issuer = Issuer::new(option, false).expect("valid");
            let outcome = issuer.discover(uri, false);
            outcome.map_err(|error| error.message().to_owned())
        };
        let uri = "https://i.example/.well-known/openid-configuration";
        let other = "https://i.example/.well-known/oauth-authorization-server";
        assert_eq!(told("https://i.example", uri), Ok(()));
        assert_eq!(told("https://i.example", other), Ok(()));
        assert_eq!(told(uri, uri), Ok(()));
        let moved = "server's discovery document has moved to \
            https://i.example/.well-known/oauth-authorization-server (previous location was \
            https://i.example/.well-known/openid-configuration)";
        assert_eq!(told(uri, other), Err(moved.to_owned()));
        let foreign = "server's discovery document at \
            https://i.example/.well-known/openid-configuration (issuer \"https://i.example\") is \
            incompatible with oauth_issuer (https://i.example/)";
        assert_eq!(told("https://i.example/", uri), Err(foreign.to_owned()));
    }
}
