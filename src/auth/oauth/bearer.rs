//! OAUTHBEARER: the client shows a token, or asks what token the server wants.
//!
//! A client without a token learns from the server's refusal who hands one out. It gets one and
//! connects anew: what has been learnt outlives the connection.
//!
//! Manual: "OAUTHBEARER Authentication"; RFC 7628.
//!
//! What differs from libpq, on purpose: a token with control characters is not sent, as it could
//! say more than a token may.

use std::ffi::{CStr, CString};

use zeroize::Zeroizing;

use super::TokenRequest;
use super::issuer::Issuer;
use super::json::{self, Field, Kind};
use crate::auth::auth_error;
use crate::conninfo::Settings;
use crate::error::Error;

/// What ends the client's half of an exchange that the server has refused.
pub const END: &[u8] = b"\x01";

/// The status of a token that is not there, or no longer good.
const INVALID_TOKEN: &str = "invalid_token";

/// How far the exchange on one connection has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing has been said.
    #[default]
    Closed,
    /// The client has said its first; it had no token to show.
    Asked,
    /// The client has shown its token.
    Shown,
    /// The server has refused.
    Refused,
}

/// The client's side.
pub struct Bearer {
    issuer: Issuer,
    /// The scopes that the user wants, or else the server.
    scope: Option<CString>,
    token: Option<Zeroizing<Vec<u8>>>,
    phase: Phase,
    /// The token was shown on this connection, whatever the server thought of it.
    has_shown: bool,
    /// What has become of a refusal: an error, or the need of a token.
    verdict: Option<Result<(), Error>>,
    allows_http: bool,
}

impl Bearer {
    /// The client's side with the issuer of these settings.
    pub fn new(settings: &Settings, allows_http: bool) -> Result<Self, Error> {
        let (Some(issuer), Some(_)) = (&settings.oauth_issuer, &settings.oauth_client_id) else {
            return Err(auth_error(
                "server requires OAuth authentication, but oauth_issuer and oauth_client_id are \
                 not both set",
            ));
        };
        Ok(Self {
            issuer: Issuer::new(&issuer.to_string_lossy(), allows_http)?,
            scope: settings.oauth_scope.clone(),
            token: None,
            phase: Phase::Closed,
            has_shown: false,
            verdict: None,
            allows_http,
        })
    }

    /// The same for a new connection: what has been learnt is still known.
    pub fn renewed(self) -> Self {
        Self {
            phase: Phase::Closed,
            has_shown: false,
            verdict: None,
            ..self
        }
    }

    /// Whether the client has said something on this connection.
    pub fn is_open(&self) -> bool {
        self.phase != Phase::Closed
    }

    /// Whether the client has shown a token on this connection.
    pub fn has_shown_token(&self) -> bool {
        self.has_shown
    }

    /// Whether a token can be got before the server is asked anything.
    pub fn may_get_token_first(&self) -> bool {
        self.token.is_none() && self.issuer.discovery.is_some()
    }

    /// What whoever gets the token needs to know.
    pub fn request(&self) -> TokenRequest {
        let discovery = self.issuer.discovery.clone().unwrap_or_default();
        TokenRequest {
            // No address with a NUL in it is taken from a server.
            discovery: CString::new(discovery).unwrap_or_default(),
            scope: self.scope.clone(),
        }
    }

    /// The identifier of the issuer that the user trusts.
    pub fn issuer_id(&self) -> &str {
        &self.issuer.id
    }

    /// Takes the token that has been got.
    pub fn set_token(&mut self, token: Zeroizing<Vec<u8>>) {
        self.token = Some(token);
    }

    /// The client's first message: it shows the token, or asks what token the server wants.
    pub fn initial_response(&mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let Some(token) = &self.token else {
            self.phase = Phase::Asked;
            return Ok(Zeroizing::new(b"n,,\x01auth=\x01\x01".to_vec()));
        };
        if token.iter().any(u8::is_ascii_control) {
            return Err(auth_error(
                "OAuth bearer token contains a control character",
            ));
        }
        self.phase = Phase::Shown;
        self.has_shown = true;
        Ok(Zeroizing::new(
            [b"n,,\x01auth=Bearer ", &token[..], b"\x01\x01"].concat(),
        ))
    }

    /// Takes the server's refusal. In any case [`END`] is to be sent; what then happens is told by
    /// [`settle`](Self::settle).
    pub fn refused(&mut self, challenge: &[u8]) -> Result<(), Error> {
        if self.phase == Phase::Refused {
            return Err(additional_data());
        }
        let had_token = self.phase == Phase::Shown;
        self.phase = Phase::Refused;
        self.verdict = match self.read_refusal(challenge) {
            Err(fault) => Some(Err(fault)),
            // The server ends the matter with an ErrorResponse.
            Ok(()) if had_token => None,
            Ok(()) if self.issuer.discovery.is_some() => Some(Ok(())),
            Ok(()) => Some(Err(auth_error(
                "server requires OAuth authentication, but no discovery metadata was provided",
            ))),
        };
        Ok(())
    }

    /// What a refusal leads to, once it has been answered: an error, or `true` where a token is
    /// needed, and a new connection to show it on.
    pub fn settle(&mut self) -> Result<bool, Error> {
        match self.verdict.take() {
            None => Ok(false),
            Some(verdict) => verdict.map(|()| true),
        }
    }

    /// The error about an AuthenticationSASLFinal, which this mechanism does not have.
    pub fn unexpected_final(&self) -> Error {
        if self.phase == Phase::Refused {
            return additional_data();
        }
        auth_error("server sent unexpected additional OAuth data")
    }

    /// Reads why the server has refused, and who hands out what it wants.
    fn read_refusal(&mut self, challenge: &[u8]) -> Result<(), Error> {
        if challenge.contains(&0) {
            return Err(auth_error(
                "server's error message contained an embedded NULL, and was discarded",
            ));
        }
        let Ok(text) = std::str::from_utf8(challenge) else {
            return Err(auth_error("server's error response is not valid UTF-8"));
        };
        let mut fields =
            ["status", "scope", "openid-configuration"].map(|name| Field::new(name, Kind::Text));
        json::read(text, json::SERVER_DEPTH, &mut fields).map_err(|fault| {
            auth_error(format!("failed to parse server's error response: {fault}"))
        })?;
        let [status, scope, discovery] = &fields;
        if let Some(uri) = discovery.text() {
            self.issuer.discover(uri, self.allows_http)?;
        }
        if let (Some(scope), None) = (scope.text(), &self.scope) {
            self.scope = CString::new(scope).ok();
        }
        match status.text() {
            Some(INVALID_TOKEN) => Ok(()),
            Some(status) => Err(auth_error(format!(
                "server rejected OAuth bearer token: {status}"
            ))),
            None => Err(auth_error("server sent error response without a status")),
        }
    }

    /// The scopes to ask for.
    pub fn scope(&self) -> Option<&CStr> {
        self.scope.as_deref()
    }
}

fn additional_data() -> Error {
    auth_error("server sent additional OAuth data after error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conninfo::ConnInfo;

    const ISSUER: &str = "oauth_client_id=c oauth_issuer=https://i.example";
    const DOCUMENT: &str = "https://i.example/.well-known/openid-configuration";

    fn bearer(options: &str) -> Result<Bearer, Error> {
        let info = ConnInfo::parse(format!("user=u dbname=d {options}").as_bytes());
        let settings = Settings::resolve(&info.expect("valid")).expect("valid");
        Bearer::new(&settings, false)
    }

    fn refusal(scope: &str) -> Vec<u8> {
        format!(r#"{{"status":"invalid_token",{scope}"openid-configuration":"{DOCUMENT}"}}"#)
            .into_bytes()
    }

    fn message(error: Error) -> String {
        error.message().to_owned()
    }

    #[test]
    fn without_issuer_and_client_there_is_nothing_to_do() {
        for options in ["", "oauth_issuer=https://i.example", "oauth_client_id=c"] {
            let error = bearer(options).err().map(message);
            let expected = "server requires OAuth authentication, but oauth_issuer and \
                oauth_client_id are not both set";
            assert_eq!(error.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_client_without_a_token_asks_and_then_needs_one() {
        let mut bearer = bearer(ISSUER).unwrap();
        assert!(!bearer.may_get_token_first());
        assert_eq!(
            &bearer.initial_response().unwrap()[..],
            b"n,,\x01auth=\x01\x01"
        );
        bearer.refused(&refusal(r#""scope":"a b","#)).unwrap();
        assert!(bearer.settle().unwrap());
        assert!(!bearer.has_shown_token());
        let request = bearer.request();
        assert_eq!(request.discovery.to_str(), Ok(DOCUMENT));
        assert_eq!(request.scope.as_deref(), Some(c"a b"));

        bearer.set_token(Zeroizing::new(b"tok".to_vec()));
        let mut bearer = bearer.renewed();
        let response = bearer.initial_response().unwrap();
        assert_eq!(&response[..], b"n,,\x01auth=Bearer tok\x01\x01");
        assert!(bearer.has_shown_token());
    }

    #[test]
    fn the_users_scope_counts_and_not_the_servers() {
        for (options, expected) in [("oauth_scope=mine", c"mine"), ("oauth_scope=''", c"")] {
            let mut bearer = bearer(&format!("{ISSUER} {options}")).unwrap();
            bearer.initial_response().unwrap();
            bearer.refused(&refusal(r#""scope":"theirs","#)).unwrap();
            assert_eq!(bearer.request().scope.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_token_that_is_refused_is_left_to_the_servers_own_error() {
        let mut bearer = bearer(ISSUER).unwrap();
        bearer.set_token(Zeroizing::new(b"tok".to_vec()));
        bearer.initial_response().unwrap();
        bearer.refused(&refusal("")).unwrap();
        assert!(!bearer.settle().unwrap());
        let again = bearer.refused(&refusal("")).map_err(message);
        let expected = "server sent additional OAuth data after error";
        assert_eq!(again, Err(expected.to_owned()));
        assert_eq!(message(bearer.unexpected_final()), expected);
    }

    #[test]
    fn a_refusal_that_leads_nowhere_is_told() {
        for (refusal, expected) in [
            (
                &br#"{"status":"invalid_token"}"#[..],
                "server requires OAuth authentication, but no discovery metadata was provided",
            ),
            (
                br#"{"status":"insufficient_scope"}"#,
                "server rejected OAuth bearer token: insufficient_scope",
            ),
            (b"{}", "server sent error response without a status"),
            (
                b"{\"status\":\"\0\"}",
                "server's error message contained an embedded NULL, and was discarded",
            ),
            (
                b"{\"status\":\"\xff\"}",
                "server's error response is not valid UTF-8",
            ),
            (
                b"[",
                "failed to parse server's error response: top-level element must be an object",
            ),
            (
                br#"{"status":"x","openid-configuration":"bad"}"#,
                "OAuth discovery URI \"bad\" must use HTTPS",
            ),
        ] {
            let mut bearer = bearer(ISSUER).unwrap();
            bearer.initial_response().unwrap();
            bearer.refused(refusal).unwrap();
            assert_eq!(bearer.settle().map_err(message), Err(expected.to_owned()));
        }
    }

    #[test]
    fn with_the_discovery_documents_address_a_token_comes_first() {
        let options = format!("oauth_client_id=c oauth_issuer={DOCUMENT}");
        let bearer = bearer(&options).unwrap();
        assert!(bearer.may_get_token_first());
        assert_eq!(bearer.request().scope, None);
        assert_eq!(bearer.issuer_id(), "https://i.example");
    }

    #[test]
    fn a_token_cannot_say_more_than_a_token() {
        let mut bearer = bearer(ISSUER).unwrap();
        bearer.set_token(Zeroizing::new(b"a\x01host=x".to_vec()));
        let error = bearer.initial_response().map(|_| ()).map_err(message);
        let expected = "OAuth bearer token contains a control character";
        assert_eq!(error, Err(expected.to_owned()));
    }
}
