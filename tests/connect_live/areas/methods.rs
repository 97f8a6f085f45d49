//! Which methods of authentication are accepted: `require_auth` and `channel_binding` against
//! servers that try them in every order, and the keys of SCRAM in place of a password.

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use support::scripted::{Peer, Scripted, authentication_ok, message, ready};
use support::{Server, ServerOptions};

use super::{Told, said};
use crate::compare::{But, Compare, Talk};

const EMPTY: &str = "an empty requirement requires nothing";
const NO_GSS: &str = "it is built without GSSAPI";
const ONE_KEY: &str = "one key alone is of no use, and a password makes up for the other";

const REQUIRED: [&str; 20] = [
    "",
    "none",
    "password",
    "md5",
    "scram-sha-256",
    "gss",
    "sspi",
    "oauth",
    "!none",
    "!password",
    "!md5",
    "!scram-sha-256",
    "password,md5",
    "password,none",
    "!password,!md5",
    "!none,!scram-sha-256",
    "md5,md5",
    "!md5,none",
    "wrong",
    "none,",
];

pub(crate) fn run() -> Result<Told, String> {
    let mut compare = Compare::new()?;
    orders(&mut compare);
    Ok(Told::All(compare))
}

/// Real servers.
pub(crate) fn run_keys() -> Result<Told, String> {
    let mut compare = Compare::new()?;
    for found in super::every_installation()? {
        let server = Server::start(&found, &ServerOptions::default()).map_err(said)?;
        real(&mut compare, &server);
        keys(&mut compare, &server);
    }
    if compare.told == 0 {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    }
    Ok(Told::All(compare))
}

/// What a scripted server says; behind each of these it waits for an answer.
#[derive(Clone, Copy, Debug)]
enum Say {
    Ok,
    Password,
    Md5,
    Sasl,
    SaslPlus,
    SaslUnknown,
    SaslContinue,
    SaslFinal,
    Gss,
    Sspi,
    Kerberos,
    Crypt,
    Unknown,
}

impl Say {
    fn bytes(self) -> Vec<u8> {
        let request = |code: i32, rest: &[u8]| message(b'R', &[&code.to_be_bytes(), rest].concat());
        match self {
            Self::Ok => authentication_ok(),
            Self::Password => request(3, b""),
            Self::Md5 => request(5, b"salt"),
            Self::Sasl => request(10, b"SCRAM-SHA-256\0\0"),
            Self::SaslPlus => request(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"),
            Self::SaslUnknown => request(10, b"SCRAM-SHA-999\0\0"),
            Self::SaslContinue => request(11, b"r=nonsense,s=c2FsdA==,i=4096"),
            Self::SaslFinal => request(12, b"v=bm9uc2Vuc2U="),
            Self::Gss => request(7, b""),
            Self::Sspi => request(9, b""),
            Self::Kerberos => request(2, b""),
            Self::Crypt => request(4, b"xx"),
            Self::Unknown => request(99, b""),
        }
    }
}

const ORDERS: [&[Say]; 20] = [
    &[Say::Ok],
    &[Say::Password, Say::Ok],
    &[Say::Md5, Say::Ok],
    &[Say::Sasl, Say::Ok],
    &[Say::Sasl, Say::SaslContinue, Say::Ok],
    &[Say::Sasl, Say::SaslFinal, Say::Ok],
    &[Say::SaslPlus, Say::Ok],
    &[Say::SaslUnknown],
    &[Say::SaslContinue, Say::Ok],
    &[Say::SaslFinal, Say::Ok],
    &[Say::Sasl, Say::Sasl, Say::Ok],
    &[Say::Sasl, Say::Password, Say::Ok],
    &[Say::Password, Say::Password, Say::Ok],
    &[Say::Password, Say::Md5, Say::Ok],
    &[Say::Md5, Say::Sasl, Say::Ok],
    &[Say::Gss, Say::Ok],
    &[Say::Sspi, Say::Ok],
    &[Say::Kerberos],
    &[Say::Crypt],
    &[Say::Unknown],
];

/// Every order, every requirement.
fn orders(compare: &mut Compare) {
    for order in ORDERS {
        for required in REQUIRED {
            for binding in ["disable", "prefer", "require"] {
                for password in ["", "password=secret"] {
                    if password.is_empty() && (binding != "prefer" || required.contains(',')) {
                        continue;
                    }
                    let name = format!("{order:?}, {required}, {binding}, {password}");
                    let more = format!(
                        "require_auth='{required}' channel_binding={binding} {password} \
                         passfile=/nonexistent"
                    );
                    let but = known_of_orders(order, required, binding, password);
                    compare.story_but(&name, &but, |talk| tell(talk, order, &more));
                }
            }
        }
    }
}

/// The requirements that forbid something else than what they do not name.
const FORBIDDING: [&str; 6] = [
    "!none",
    "!password",
    "!md5",
    "!scram-sha-256",
    "!password,!md5",
    "!none,!scram-sha-256",
];

fn known_of_orders(order: &[Say], required: &str, binding: &str, password: &str) -> Vec<But> {
    // Those that libpq lets pass where the server ends a SCRAM exchange before its time.
    let lenient: &[&str] = match order {
        [Say::Ok] => return Vec::new(),
        _ if required.is_empty() => return vec![But::Ours(EMPTY, "!requirement")],
        _ if binding == "require" => return Vec::new(),
        [Say::Gss, ..] if required == "gss" || FORBIDDING.contains(&required) => {
            return vec![But::Packaged(18, NO_GSS)];
        }
        [Say::Sspi, ..] if required == "sspi" || FORBIDDING.contains(&required) => {
            return vec![But::Packaged(18, NO_GSS)];
        }
        _ if password.is_empty() => &[],
        [Say::Sasl, Say::Ok] => &["!password", "!md5", "!password,!md5"],
        [Say::Sasl, Say::Password, Say::Ok] => &["!none", "!md5"],
        [Say::Md5, Say::Sasl, Say::Ok] => &["!none", "!password"],
        _ => &[],
    };
    if lenient.contains(&required) {
        let why = "success in the middle of SCRAM is refused";
        return vec![But::Ours(why, "-> refused")];
    }
    Vec::new()
}

fn tell(talk: &mut Talk<'_>, order: &'static [Say], more: &str) {
    let server = Scripted::run(move |peer| {
        if peer.try_packet().is_some() {
            say_all(peer, order);
        }
    });
    let port = server.port();
    talk.hide(port.to_string(), "PORT");
    talk.open(&format!("{} {more}", server.conninfo()));
    talk.close();
    // Where the options are refused, nobody has come.
    drop(std::net::TcpStream::connect(("127.0.0.1", port)));
    server.finish();
}

fn say_all(peer: &mut Peer, order: &[Say]) {
    for say in order {
        peer.try_send(&say.bytes());
        if matches!(say, Say::Ok) {
            peer.try_send(&ready(b'I'));
        }
        if peer.try_message().is_none() {
            return;
        }
    }
}

/// What a real server asks for, against what is required.
fn real(compare: &mut Compare, server: &Server) {
    let (port, major) = (server.port(), server.major());
    let users = [
        "trust_user",
        "password_user password='clear secret'",
        "md5_user password='md5 secret'",
        "scram_user password='scram secret'",
    ];
    for user in users {
        for required in REQUIRED {
            for (mode, binding) in [
                ("disable", "prefer"),
                ("require", "prefer"),
                ("require", "require"),
                ("require", "disable"),
            ] {
                let more = format!("require_auth='{required}' channel_binding={binding}");
                let name = format!("{major}, {user}, {mode}, {more}");
                let but: &[But] = match (required, user, binding) {
                    ("", "trust_user", _) => &[],
                    ("", _, _) => &[But::Ours(EMPTY, "!requirement")],
                    _ => &[],
                };
                let ours = compare.story_but(&name, but, |talk| {
                    talk.hide(port.to_string(), "PORT");
                    talk.open(&format!(
                        "host=127.0.0.1 port={port} user={user} dbname=postgres \
                         gssencmode=disable sslmode={mode} {more}"
                    ));
                    talk.close();
                });
                // The method that is required is the one that the role is asked by, or it is not.
                let own = user.split('_').next().unwrap_or_default();
                let methods = ["password", "md5", "scram-sha-256"];
                if binding != "require" && methods.contains(&required) {
                    compare.expect_open(&name, &ours, required.starts_with(own));
                }
            }
        }
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
    signer.update(text).expect("bytes");
    signer.sign_to_vec().expect("a signature")
}

/// The keys that go with a password: the client's and the server's.
fn scram_keys(password: &str, salt: &[u8], iterations: usize) -> (Vec<u8>, Vec<u8>) {
    let mut salted = [0; 32];
    let digest = MessageDigest::sha256();
    pbkdf2_hmac(password.as_bytes(), salt, iterations, digest, &mut salted).expect("a key");
    (hmac(&salted, b"Client Key"), hmac(&salted, b"Server Key"))
}

/// SCRAM with the keys that a proxy has learnt, and without the password.
fn keys(compare: &mut Compare, server: &Server) {
    let (port, major) = (server.port(), server.major());
    let superuser = server.conninfo(support::SUPERUSER, support::Via::Unix);
    compare.ours_alone(&["open", "admin", &superuser]);
    let stored = compare.ours_alone(&[
        "exec",
        "admin",
        "select rolpassword from pg_authid where rolname = 'scram_user'",
    ]);
    compare.ours_alone(&["close", "admin"]);
    let stored = stored.rsplit(' ').next().unwrap_or_default();
    let mut parts = stored.split(['$', ':']);
    let (_, iterations, salt) = (parts.next(), parts.next(), parts.next());
    let iterations = iterations.and_then(|count| count.parse().ok());
    let salt = openssl::base64::decode_block(salt.unwrap_or_default()).expect("a salt");
    let (client, server_key) = scram_keys("scram secret", &salt, iterations.expect("a verifier"));
    let encode = openssl::base64::encode_block;
    let (client, server_key) = (encode(&client), encode(&server_key));
    let other = encode(&[7; 32]);
    let short = encode(&[7; 31]);
    for (what, more) in [
        (
            "both",
            format!("scram_client_key={client} scram_server_key={server_key}"),
        ),
        (
            "both and a wrong password",
            format!("scram_client_key={client} scram_server_key={server_key} password=wrong"),
        ),
        ("the client's", format!("scram_client_key={client}")),
        (
            "the client's and a password",
            format!("scram_client_key={client} password='scram secret'"),
        ),
        ("the server's", format!("scram_server_key={server_key}")),
        (
            "the server's and a password",
            format!("scram_server_key={server_key} password='scram secret'"),
        ),
        (
            "another client's",
            format!("scram_client_key={other} scram_server_key={server_key}"),
        ),
        (
            "another server's",
            format!("scram_client_key={client} scram_server_key={other}"),
        ),
        (
            "short client's",
            format!("scram_client_key={short} scram_server_key={server_key}"),
        ),
        (
            "short server's",
            format!("scram_client_key={client} scram_server_key={short}"),
        ),
        (
            "no base64",
            format!("scram_client_key=!!!! scram_server_key={server_key}"),
        ),
        (
            "no base64 in the server's",
            format!("scram_client_key={client} scram_server_key=x"),
        ),
        (
            "empty",
            "scram_client_key='' scram_server_key=''".to_owned(),
        ),
    ] {
        for user in ["scram_user", "password_user", "md5_user", "trust_user"] {
            for mode in ["disable", "require", "require channel_binding=require"] {
                let name = format!("keys, {major}, {what}, {user}, {mode}");
                let alone = what.starts_with("the client's") && user == "scram_user";
                let bound = major > 10 || !mode.ends_with("=require");
                let but: &[But] = if alone && bound {
                    &[But::Ours(
                        ONE_KEY,
                        if what == "the client's" {
                            "no password supplied"
                        } else {
                            "-> connected"
                        },
                    )]
                } else {
                    &[]
                };
                compare.story_but(&name, but, |talk| {
                    talk.hide(port.to_string(), "PORT");
                    for (text, label) in [(&client, "CLIENT"), (&server_key, "SERVER")] {
                        talk.hide(text.clone(), label);
                    }
                    talk.open(&format!(
                        "host=127.0.0.1 port={port} user={user} dbname=postgres \
                         gssencmode=disable passfile=/nonexistent sslmode={mode} {more}"
                    ));
                    talk.ask(&["option", "", "scram_client_key"]);
                    talk.close();
                });
            }
        }
    }
}
