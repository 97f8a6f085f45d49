//! Whether a request of the server keeps to what the user requires: the options `require_auth` and
//! `channel_binding`.
//!
//! Manual: `require_auth`.

use std::ffi::CStr;

use super::auth_error;
use super::mechanism::Mechanism;
use crate::conninfo::{AuthMethod, ChannelBinding, RequireAuth, Settings};
use crate::error::Error;
use crate::wire::backend::Authentication;

/// How far authentication has come when a request is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The client has given the proof asked for, and seen the server's where the method has one.
    pub is_complete: bool,
    /// That proof was bound to the TLS connection.
    pub is_channel_bound: bool,
    /// GSSAPI encrypts the connection, and so has authenticated the client.
    pub is_gss_encrypted: bool,
}

/// What the user requires of the server.
#[derive(Debug, Clone, Copy)]
pub struct Requirement<'a> {
    methods: RequireAuth,
    /// The option as it was given, for messages.
    text: &'a CStr,
    needs_binding: bool,
}

impl<'a> Requirement<'a> {
    /// The requirements in these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self {
            methods: settings.require_auth,
            text: settings.require_auth_text(),
            needs_binding: settings.channel_binding == ChannelBinding::Require,
        }
    }

    /// Fails where this request must not be answered, or AuthenticationOk not be believed.
    pub fn check(&self, request: &Authentication<'_>, progress: Progress) -> Result<(), Error> {
        if self.methods.is_restrictive() && !self.permits(request, progress) {
            return Err(self.failed(reason(request)));
        }
        if !self.needs_binding {
            return Ok(());
        }
        match request {
            Authentication::Sasl(_)
            | Authentication::SaslContinue(_)
            | Authentication::SaslFinal(_) => Ok(()),
            Authentication::Ok if progress.is_channel_bound => Ok(()),
            Authentication::Ok => Err(auth_error(
                "channel binding required, but server authenticated client without channel binding",
            )),
            _ => Err(auth_error(
                "channel binding required but not supported by server's authentication request",
            )),
        }
    }

    /// Fails where this mechanism must not be used, though some other of SASL may.
    pub fn check_mechanism(&self, mechanism: Mechanism) -> Result<(), Error> {
        let method = match mechanism {
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => AuthMethod::ScramSha256,
            Mechanism::OauthBearer => AuthMethod::Oauth,
        };
        if self.methods.allows(method) {
            return Ok(());
        }
        Err(self.failed(&format!("server requested {mechanism} authentication")))
    }

    fn permits(&self, request: &Authentication<'_>, progress: Progress) -> bool {
        let allows = |method| self.methods.allows(method);
        match request {
            Authentication::Ok => {
                progress.is_complete
                    || !self.methods.demands_authentication()
                    || (progress.is_gss_encrypted && allows(AuthMethod::Gss))
            }
            Authentication::CleartextPassword => allows(AuthMethod::Password),
            Authentication::Md5Password { .. } => allows(AuthMethod::Md5),
            Authentication::Gss => allows(AuthMethod::Gss),
            // Only what has been begun goes on.
            Authentication::GssContinue(_) => allows(AuthMethod::Gss) || allows(AuthMethod::Sspi),
            Authentication::Sspi => allows(AuthMethod::Sspi),
            Authentication::Sasl(_)
            | Authentication::SaslContinue(_)
            | Authentication::SaslFinal(_) => {
                allows(AuthMethod::ScramSha256) || allows(AuthMethod::Oauth)
            }
            Authentication::KerberosV5
            | Authentication::ScmCredential
            | Authentication::Unknown(_) => false,
        }
    }

    fn failed(&self, reason: &str) -> Error {
        let text = self.text.to_string_lossy();
        auth_error(format!(
            "authentication method requirement \"{text}\" failed: {reason}"
        ))
    }
}

/// What the server did that was not wanted, in libpq's words.
fn reason(request: &Authentication<'_>) -> &'static str {
    match request {
        Authentication::Ok => "server did not complete authentication",
        Authentication::CleartextPassword => "server requested a cleartext password",
        Authentication::Md5Password { .. } => "server requested a hashed password",
        Authentication::Gss | Authentication::GssContinue(_) => {
            "server requested GSSAPI authentication"
        }
        Authentication::Sspi => "server requested SSPI authentication",
        Authentication::Sasl(_)
        | Authentication::SaslContinue(_)
        | Authentication::SaslFinal(_) => "server requested SASL authentication",
        Authentication::KerberosV5 | Authentication::ScmCredential | Authentication::Unknown(_) => {
            "server requested an unknown authentication type"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conninfo::ConnInfo;

    fn settings(options: &str) -> Settings {
        let info = ConnInfo::parse(format!("user=u dbname=d {options}").as_bytes());
        Settings::resolve(&info.expect("valid")).expect("valid")
    }

    fn answer(options: &str, body: &[u8], progress: Progress) -> Result<(), String> {
        let settings = settings(options);
        let request = Authentication::decode(body).expect("well-formed");
        let checked = Requirement::new(&settings).check(&request, progress);
        checked.map_err(|error| error.message().to_owned())
    }

    const OK: &[u8] = b"\0\0\0\0";
    const CLEARTEXT: &[u8] = b"\0\0\0\x03";
    const MD5: &[u8] = b"\0\0\0\x05salt";
    const GSS: &[u8] = b"\0\0\0\x07";
    const SSPI: &[u8] = b"\0\0\0\x09";
    const SASL: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256\0\0";
    const SASL_CONTINUE: &[u8] = b"\0\0\0\x0bx";
    const UNKNOWN: &[u8] = b"\0\0\0\x4d";

    const BODIES: [&[u8]; 8] = [OK, CLEARTEXT, MD5, GSS, SSPI, SASL, SASL_CONTINUE, UNKNOWN];

    #[test]
    fn without_a_requirement_every_request_will_do() {
        for body in BODIES {
            assert_eq!(answer("", body, Progress::default()), Ok(()));
        }
    }

    #[test]
    fn a_requirement_permits_what_libpq_permits() {
        // One letter for each of BODIES: y permitted, n refused.
        for (list, expected) in [
            ("none", "ynnnnnnn"),
            ("!none", "nyyyyyyn"),
            ("password", "nynnnnnn"),
            ("md5,password", "nyynnnnn"),
            ("scram-sha-256", "nnnnnyyn"),
            ("!password", "ynyyyyyn"),
            ("!scram-sha-256", "yyyyyyyn"),
            ("!scram-sha-256,!oauth", "yyyyynnn"),
            ("gss", "nnnynnnn"),
            ("sspi", "nnnnynnn"),
            ("oauth", "nnnnnyyn"),
            ("!gss,!sspi", "yyynnyyn"),
        ] {
            let options = format!("require_auth={list}");
            let permitted = BODIES.map(|body| match answer(&options, body, Progress::default()) {
                Ok(()) => 'y',
                Err(_) => 'n',
            });
            assert_eq!(String::from_iter(permitted), expected, "{list}");
        }
    }

    #[test]
    fn the_message_quotes_the_option_and_says_what_the_server_did() {
        for (body, reason) in [
            (OK, "server did not complete authentication"),
            (CLEARTEXT, "server requested a cleartext password"),
            (MD5, "server requested a hashed password"),
            (SSPI, "server requested SSPI authentication"),
            (SASL, "server requested SASL authentication"),
            (SASL_CONTINUE, "server requested SASL authentication"),
            (UNKNOWN, "server requested an unknown authentication type"),
        ] {
            let expected = format!("authentication method requirement \"gss\" failed: {reason}");
            let got = answer("require_auth=gss", body, Progress::default());
            assert_eq!(got, Err(expected));
        }
    }

    #[test]
    fn a_complete_exchange_satisfies_a_requirement() {
        let complete = Progress {
            is_complete: true,
            ..Progress::default()
        };
        assert_eq!(answer("require_auth=scram-sha-256", OK, complete), Ok(()));
    }

    #[test]
    fn gss_encryption_counts_as_gss_authentication() {
        let encrypted = Progress {
            is_gss_encrypted: true,
            ..Progress::default()
        };
        assert_eq!(answer("require_auth=gss", OK, encrypted), Ok(()));
        assert!(answer("require_auth=md5", OK, encrypted).is_err());
    }

    #[test]
    fn a_mechanism_is_refused_by_its_name() {
        for (list, mechanism) in [
            ("oauth", Mechanism::ScramSha256),
            ("!scram-sha-256", Mechanism::ScramSha256Plus),
            ("scram-sha-256", Mechanism::OauthBearer),
            ("!oauth", Mechanism::OauthBearer),
        ] {
            let settings = settings(&format!("require_auth={list}"));
            let error = Requirement::new(&settings).check_mechanism(mechanism);
            let expected = format!(
                "authentication method requirement \"{list}\" failed: \
                 server requested {mechanism} authentication"
            );
            assert_eq!(error.unwrap_err().message(), expected);
        }
    }

    #[test]
    fn required_channel_binding_is_enforced_on_every_request() {
        let require = |body, progress| answer("channel_binding=require", body, progress);
        let unsupported =
            "channel binding required but not supported by server's authentication request";
        let unbound =
            "channel binding required, but server authenticated client without channel binding";
        let bound = Progress {
            is_complete: true,
            is_channel_bound: true,
            is_gss_encrypted: false,
        };
        assert_eq!(require(SASL, Progress::default()), Ok(()));
        assert_eq!(require(SASL_CONTINUE, Progress::default()), Ok(()));
        assert_eq!(require(OK, bound), Ok(()));
        assert_eq!(require(OK, Progress::default()), Err(unbound.into()));
        for body in [CLEARTEXT, MD5, GSS, SSPI, UNKNOWN] {
            assert_eq!(require(body, Progress::default()), Err(unsupported.into()));
        }
    }

    #[test]
    fn require_auth_is_checked_before_channel_binding() {
        let options = "require_auth=md5 channel_binding=require";
        let refused = answer(options, CLEARTEXT, Progress::default()).unwrap_err();
        assert!(refused.ends_with("server requested a cleartext password"));
    }
}
