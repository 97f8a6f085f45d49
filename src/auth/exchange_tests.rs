use super::*;
use crate::auth::scram::{KEY_LEN, ScramKeys};
use crate::conninfo::ConnInfo;
use crate::error::ErrorKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const OK: &[u8] = b"\0\0\0\0";
const CLEARTEXT: &[u8] = b"\0\0\0\x03";
const MD5: &[u8] = b"\0\0\0\x05\x2a\x3d\x8f\xe0";
const SASL: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256\0\0";
const SASL_PLUS: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
const SALT: &[u8] = b"0123456789abcdef";

/// A client under test and the server that a test plays against it.
struct Play {
    exchange: Exchange,
    settings: Settings,
    password: Option<&'static str>,
    is_tls: bool,
    is_gss_encrypted: bool,
    /// The two messages that SCRAM signs and the server has seen so far.
    client_first: Vec<u8>,
    server_first: Vec<u8>,
}

impl Play {
    fn new(options: &str, password: Option<&'static str>) -> Self {
        let options = format!("user=md5_user dbname=d {options}");
        let info = ConnInfo::parse(options.as_bytes()).expect("valid");
        Self {
            exchange: Exchange::new(),
            settings: Settings::resolve(&info).expect("valid"),
            password,
            is_tls: false,
            is_gss_encrypted: false,
            client_first: Vec::new(),
            server_first: Vec::new(),
        }
    }

    fn tls(options: &str, password: Option<&'static str>) -> Self {
        Self {
            is_tls: true,
            ..Self::new(options, password)
        }
    }

    fn answer(&mut self, body: &[u8]) -> Result<Answer, Error> {
        let context = Context {
            settings: &self.settings,
            password: self.password.map(str::as_bytes),
            is_tls: self.is_tls,
            is_gss_encrypted: self.is_gss_encrypted,
            end_point: &|| Some(vec![7; 32]),
            gss: &|| Ok(Box::new(Tokens::default())),
        };
        let request = Authentication::decode(body).expect("well-formed");
        self.exchange.answer(&request, &context)
    }

    fn refused(&mut self, body: &[u8]) -> String {
        let error = self.answer(body).expect_err("must be refused");
        assert_eq!(error.kind(), ErrorKind::Auth);
        error.message().to_owned()
    }

    /// Plays SASL up to the client's proof and gives the server's last message.
    fn play_scram(&mut self, offer: &[u8], keys: &ScramKeys) -> Vec<u8> {
        let Ok(Answer::SaslInitial { response, .. }) = self.answer(offer) else {
            panic!("no initial response");
        };
        let bare = find(&response, b"n=,r=");
        self.client_first = response[bare..].to_vec();
        self.server_first = [b"r=", &response[bare + 5..], b"server,s="].concat();
        self.server_first
            .extend_from_slice(STANDARD.encode(SALT).as_bytes());
        self.server_first.extend_from_slice(b",i=4096");
        let challenge = [b"\0\0\0\x0b", &self.server_first[..]].concat();
        let Ok(Answer::Sasl(proof)) = self.answer(&challenge) else {
            panic!("no proof");
        };
        self.outcome(&proof, keys)
    }

    fn outcome(&self, client_final: &[u8], keys: &ScramKeys) -> Vec<u8> {
        let unsigned = &client_final[..find(client_final, b",p=")];
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(keys.server_key()).unwrap();
        for part in [
            &self.client_first[..],
            b",",
            &self.server_first[..],
            b",",
            unsigned,
        ] {
            mac.update(part);
        }
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        [b"\0\0\0\x0cv=", signature.as_bytes()].concat()
    }
}

fn find(text: &[u8], part: &[u8]) -> usize {
    memchr::memmem::find(text, part).expect("is there")
}

fn keys() -> ScramKeys {
    ScramKeys::derive(b"password", SALT, 4096)
}

fn text(bytes: &[u8]) -> Answer {
    Answer::Password(Zeroizing::new(bytes.to_vec()))
}

#[test]
fn trust_asks_for_nothing() {
    let mut play = Play::new("", None);
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
    assert!(!play.exchange.has_been_asked_for_password());
}

#[test]
fn a_cleartext_password_is_sent_as_it_is() {
    let mut play = Play::new("require_auth=password", Some("password"));
    assert_eq!(play.answer(CLEARTEXT).unwrap(), text(b"password"));
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
    assert!(play.exchange.has_been_asked_for_password());
}

#[test]
fn an_md5_challenge_is_answered_with_the_hash() {
    let mut play = Play::new("require_auth=md5", Some("password"));
    let hash = b"md562af4dd09bbb41884907a838a3233294";
    assert_eq!(play.answer(MD5).unwrap(), text(hash));
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
}

#[test]
fn a_missing_password_is_reported_and_remembered() {
    for password in [None, Some("")] {
        for body in [CLEARTEXT, MD5, SASL] {
            let mut play = Play::new("", password);
            assert_eq!(play.refused(body), "fe_sendauth: no password supplied");
            assert!(play.exchange.has_been_asked_for_password());
        }
    }
}

#[test]
fn scram_ends_with_the_servers_proof() {
    let mut play = Play::new("require_auth=scram-sha-256", Some("password"));
    let outcome = play.play_scram(SASL, &keys());
    assert_eq!(play.answer(&outcome).unwrap(), Answer::Wait);
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
    assert!(play.exchange.has_been_asked_for_password());
}

#[test]
fn scram_plus_satisfies_required_channel_binding() {
    let mut play = Play::tls("channel_binding=require", Some("password"));
    let outcome = play.play_scram(SASL_PLUS, &keys());
    assert_eq!(play.answer(&outcome).unwrap(), Answer::Wait);
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
}

#[test]
fn both_keys_stand_in_for_the_password() {
    let keys = ScramKeys::new(&[1; KEY_LEN], &[2; KEY_LEN]);
    let options = format!(
        "scram_client_key='{}' scram_server_key='{}'",
        STANDARD.encode([1; KEY_LEN]),
        STANDARD.encode([2; KEY_LEN])
    );
    let mut play = Play::new(&options, None);
    let outcome = play.play_scram(SASL, &keys);
    assert_eq!(play.answer(&outcome).unwrap(), Answer::Wait);
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
}

#[test]
fn one_key_alone_does_not_stand_in_for_the_password() {
    let options = format!("scram_client_key='{}'", STANDARD.encode([1; KEY_LEN]));
    let mut play = Play::new(&options, None);
    assert_eq!(play.refused(SASL), "fe_sendauth: no password supplied");
}

#[test]
fn a_server_that_does_not_know_the_secret_is_refused() {
    let mut play = Play::new("", Some("password"));
    let outcome = play.play_scram(SASL, &ScramKeys::derive(b"other", SALT, 4096));
    assert_eq!(play.refused(&outcome), "incorrect server signature");
}

#[test]
fn success_without_the_servers_proof_is_not_believed() {
    let early = "server reported success before it completed SCRAM authentication";
    let mut play = Play::new("", Some("password"));
    play.answer(SASL).unwrap();
    assert_eq!(play.refused(OK), early);
    let mut play = Play::new("", Some("password"));
    play.play_scram(SASL, &keys());
    assert_eq!(play.refused(OK), early);
    let mut play = Play::new("require_auth=scram-sha-256", Some("password"));
    play.play_scram(SASL, &keys());
    assert!(
        play.refused(OK)
            .ends_with("failed: server did not complete authentication")
    );
}

#[test]
fn sasl_messages_out_of_order_are_refused() {
    let stray = "fe_sendauth: invalid authentication request from server: \
        AUTH_REQ_SASL_CONT without AUTH_REQ_SASL";
    for body in [b"\0\0\0\x0br=x", b"\0\0\0\x0cv=x"] {
        assert_eq!(Play::new("", Some("password")).refused(body), stray);
    }
    let mut play = Play::new("", Some("password"));
    play.answer(SASL).unwrap();
    assert_eq!(play.refused(SASL), "duplicate SASL authentication request");
    let mut play = Play::new("", Some("password"));
    play.answer(SASL).unwrap();
    assert_eq!(
        play.refused(b"\0\0\0\x0cv=x"),
        "malformed SCRAM message (attribute \"r\" expected)"
    );
    let mut play = Play::new("", Some("password"));
    let outcome = play.play_scram(SASL, &keys());
    play.answer(&outcome).unwrap();
    assert_eq!(play.refused(&outcome), "invalid SCRAM exchange state");
}

#[test]
fn requirements_are_checked_in_libpqs_order() {
    let required = "authentication method requirement \"!scram-sha-256\" failed: server requested";
    for (options, is_tls, offer, password, message) in [
        (
            "require_auth=!scram-sha-256",
            false,
            SASL,
            None,
            format!("{required} SCRAM-SHA-256 authentication"),
        ),
        (
            "require_auth=!scram-sha-256 channel_binding=require",
            true,
            SASL,
            Some("x"),
            format!("{required} SCRAM-SHA-256 authentication"),
        ),
        (
            "require_auth=!scram-sha-256 channel_binding=require",
            true,
            SASL_PLUS,
            Some("x"),
            format!("{required} SCRAM-SHA-256-PLUS authentication"),
        ),
        (
            "require_auth=!scram-sha-256 channel_binding=require",
            false,
            SASL,
            Some("x"),
            "channel binding required, but SSL not in use".into(),
        ),
        (
            "channel_binding=require",
            true,
            SASL,
            None,
            "channel binding is required, but server did not offer an authentication method that \
             supports channel binding"
                .into(),
        ),
    ] {
        let mut play = Play::new(options, password);
        play.is_tls = is_tls;
        assert_eq!(play.refused(offer), message);
    }
}

#[test]
fn methods_that_are_not_supported_are_named() {
    for (code, message) in [
        (1, "Kerberos 4 authentication not supported"),
        (2, "Kerberos 5 authentication not supported"),
        (4, "Crypt authentication not supported"),
        (6, "authentication method 6 not supported"),
        (77, "authentication method 77 not supported"),
    ] {
        let mut play = Play::new("", Some("password"));
        assert_eq!(play.refused(&[0, 0, 0, code]), message);
    }
}

const GSS: &[u8] = b"\0\0\0\x07";
const GSS_CONTINUE: &[u8] = b"\0\0\0\x08reply";
const SSPI: &[u8] = b"\0\0\0\x09";

/// Stands in for the GSSAPI library: one token each way.
#[derive(Default)]
struct Tokens {
    steps: usize,
}

impl Initiator for Tokens {
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        self.steps += 1;
        match (self.steps, token) {
            (1, b"") => Ok(b"hello".to_vec()),
            (2, b"reply") => Ok(Vec::new()),
            _ => Err(auth_error("GSSAPI continuation error: bad token")),
        }
    }

    fn is_complete(&self) -> bool {
        self.steps == 2
    }
}

#[test]
fn gss_tokens_go_to_and_fro() {
    for request in [GSS, SSPI] {
        let mut play = Play::new("", None);
        let hello = Answer::Gss(b"hello".to_vec());
        assert_eq!(play.answer(request).unwrap(), hello);
        assert_eq!(play.answer(GSS_CONTINUE).unwrap(), Answer::Wait);
        assert_eq!(play.answer(OK).unwrap(), Answer::Done);
        assert!(play.exchange.take_gss().is_some());
        assert!(!play.exchange.has_been_asked_for_password());
    }
}

#[test]
fn the_server_s_gss_token_cannot_be_left_out() {
    let mut play = Play::new("", None);
    play.answer(GSS).unwrap();
    assert_eq!(
        play.refused(OK),
        "server reported success before it completed GSSAPI authentication"
    );
    assert!(play.exchange.take_gss().is_none());
}

#[test]
fn gss_out_of_order_is_refused() {
    let mut play = Play::new("", None);
    assert_eq!(
        play.refused(GSS_CONTINUE),
        "received GSSAPI data from server, but no GSSAPI authentication was begun"
    );
    play.answer(GSS).unwrap();
    let duplicate = "duplicate GSS authentication request";
    assert_eq!(play.refused(GSS), duplicate);
    let mut encrypted = Play::new("", None);
    encrypted.is_gss_encrypted = true;
    assert_eq!(encrypted.refused(GSS), duplicate);
    let mut bad = Play::new("", None);
    bad.answer(GSS).unwrap();
    assert_eq!(
        bad.refused(b"\0\0\0\x08other"),
        "GSSAPI continuation error: bad token"
    );
}

#[test]
fn required_gss_is_complete_or_the_connection_s_own() {
    let mut play = Play::new("require_auth=gss", None);
    let incomplete = "authentication method requirement \"gss\" failed: \
        server did not complete authentication";
    assert_eq!(play.refused(OK), incomplete);
    play.answer(GSS).unwrap();
    play.answer(GSS_CONTINUE).unwrap();
    assert_eq!(play.answer(OK).unwrap(), Answer::Done);
    let mut encrypted = Play::new("require_auth=gss", None);
    encrypted.is_gss_encrypted = true;
    assert_eq!(encrypted.answer(OK).unwrap(), Answer::Done);
    let mut sspi = Play::new("require_auth=sspi", None);
    sspi.answer(SSPI).unwrap();
    assert_eq!(sspi.answer(GSS_CONTINUE).unwrap(), Answer::Wait);
}
