//! OAUTHBEARER with a program's own tokens, against a scripted server: only libpq 18 knows it.

use std::sync::{Arc, Mutex};

use support::scripted::{Peer, Script, Scripted, authentication_ok, error_fields, message, ready};

use super::Told;
use crate::compare::{But, Compare};

const ISSUER: &str = "https://i.example";
const DOCUMENT: &str = "https://i.example/.well-known/openid-configuration";

/// How the hook behaves; see `tokens`.
const WAYS: [&str; 12] = [
    "good",
    "bad",
    "nothing",
    "empty",
    "spaced",
    "fails",
    "odd",
    "unhandled",
    "in steps",
    "fails in steps",
    "nothing in steps",
    "no socket",
];

pub(crate) fn run() -> Result<Told, String> {
    let mut compare = Compare::new()?;
    ways(&mut compare);
    options(&mut compare);
    servers(&mut compare);
    Ok(Told::All(compare))
}

/// As many as no client makes.
const CONNECTIONS: usize = 4;

type Heard = Arc<Mutex<Vec<String>>>;

fn request(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

/// What the server refuses a token with.
fn reason(document: &str, scope: &str) -> String {
    format!(r#"{{"status":"invalid_token","scope":"{scope}","openid-configuration":"{document}"}}"#)
}

/// A server for some connections: it takes the token `good` and refuses others with this reason.
fn start(mechanisms: &'static [u8], reason: &str) -> (Scripted, Heard) {
    let heard = Heard::default();
    let once = || -> Script {
        let (reason, heard) = (reason.to_owned(), Arc::clone(&heard));
        Box::new(move |peer| serve(peer, mechanisms, &reason, &heard))
    };
    let scripts = (0..CONNECTIONS).map(|_| once()).collect();
    (Scripted::run_all(scripts), heard)
}

fn serve(peer: &mut Peer, mechanisms: &[u8], reason: &str, heard: &Heard) {
    let note = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        // The nonce of SCRAM is another every time.
        let text = text.split(",r=").next().unwrap_or_default();
        let text = text.escape_default().to_string();
        heard.lock().expect("no panic").push(text);
    };
    if peer.try_packet().is_none() {
        return;
    }
    peer.try_send(&request(10, mechanisms));
    let Some((b'p', said)) = peer.try_message() else {
        return;
    };
    note(&said);
    if said.windows(12).any(|part| part == b"Bearer good\x01") {
        peer.try_send(&[authentication_ok(), ready(b'I')].concat());
        peer.try_message();
        return;
    }
    peer.try_send(&request(11, reason.as_bytes()));
    let Some((b'p', said)) = peer.try_message() else {
        return;
    };
    note(&said);
    let refusal = [(b'S', "FATAL"), (b'C', "28000"), (b'M', "bearer refused")];
    peer.try_send(&error_fields(b'E', &refusal));
    peer.close();
}

fn tell(
    compare: &mut Compare,
    name: &str,
    but: &[But],
    (way, more): (&str, &str),
    (mechanisms, reason): (&'static [u8], &str),
) {
    compare.story_but(name, but, |talk| {
        let (server, heard) = start(mechanisms, reason);
        talk.hide(server.port().to_string(), "PORT");
        talk.ask_quietly(&["token hook", way]);
        talk.open(&format!("{} {more}", server.conninfo()));
        talk.close();
        talk.ask(&["token story"]);
        talk.ask_quietly(&["token hook", "off"]);
        for _ in 0..CONNECTIONS {
            // Somebody has to come in place of a client that is content with less.
            drop(std::net::TcpStream::connect(("127.0.0.1", server.port())));
        }
        server.finish();
        let heard = heard.lock().expect("no panic").join(", ");
        talk.note("heard", &heard);
    });
}

/// Every way of the hook.
fn ways(compare: &mut Compare) {
    let reason = reason(DOCUMENT, "openid db");
    for way in WAYS {
        for issuer in [ISSUER, DOCUMENT] {
            let more = format!("oauth_issuer={issuer} oauth_client_id=c");
            let name = format!("a hook: {way}, {issuer}");
            let but: &[But] = match way {
                "unhandled" if cfg!(feature = "oauth") => {
                    &[But::Packaged(18, "its own flow is another package")]
                }
                _ => &[],
            };
            tell(
                compare,
                &name,
                but,
                (way, &more),
                (b"OAUTHBEARER\0\0", &reason),
            );
        }
    }
}

/// What the user gives.
fn options(compare: &mut Compare) {
    let reason = reason(DOCUMENT, "openid db");
    for more in [
        "",
        "oauth_client_id=c",
        "oauth_issuer=https://i.example",
        "oauth_issuer='' oauth_client_id=c",
        "oauth_issuer=https://i.example oauth_client_id=''",
        "oauth_issuer=http://i.example oauth_client_id=c",
        "oauth_issuer=https://i.example/ oauth_client_id=c",
        "oauth_issuer=https://other.example oauth_client_id=c",
        "oauth_issuer=https://i.example/.well-known/other oauth_client_id=c",
        "oauth_issuer=https://i.example/.well-known/oauth-authorization-server oauth_client_id=c",
        "oauth_issuer=https://i.example/x/.well-known/openid-configuration oauth_client_id=c",
        "oauth_issuer=https://i.example?a=b oauth_client_id=c",
        "oauth_issuer=https://i.example#a oauth_client_id=c",
        "oauth_issuer=nonsense oauth_client_id=c",
        "oauth_issuer=https://i.example oauth_client_id=c oauth_scope='mine only'",
        "oauth_issuer=https://i.example oauth_client_id=c oauth_scope=''",
        "oauth_issuer=https://i.example oauth_client_id=c oauth_client_secret=s",
        "oauth_issuer=https://i.example oauth_client_id=c require_auth=oauth",
        "oauth_issuer=https://i.example oauth_client_id=c require_auth=!oauth",
        "oauth_issuer=https://i.example oauth_client_id=c require_auth=scram-sha-256",
        "oauth_issuer=https://i.example oauth_client_id=c require_auth=none",
        "oauth_issuer=https://i.example oauth_client_id=c channel_binding=require",
        "oauth_issuer=https://i.example oauth_client_id=c password=unneeded",
        "oauth_issuer=https://i.example oauth_client_id=c connect_timeout=10",
    ] {
        let name = format!("options: {more}");
        let but: &[But] = match more {
            "" => &[But::Before(18, "OAUTHBEARER came with libpq 18")],
            _ => &[],
        };
        tell(
            compare,
            &name,
            but,
            ("good", more),
            (b"OAUTHBEARER\0\0", &reason),
        );
    }
}

/// What servers say.
fn servers(compare: &mut Compare) {
    let more = "oauth_issuer=https://i.example oauth_client_id=c";
    let document = format!(r#""openid-configuration":"{DOCUMENT}""#);
    for said in [
        format!("{{{document}}}"),
        format!(r#"{{"status":"invalid_token",{document}}}"#),
        format!(r#"{{"status":"x","scope":"","extra":[1,{{"a":null}}],{document}}}"#),
        format!(r#"{{"status":1,{document}}}"#),
        format!(r#"{{"status":"x","status":"y",{document}}}"#),
        format!(r#"{{"status":"x",{document},{document}}}"#),
        r#"{"status":"x"}"#.to_owned(),
        r#"{"status":"x","openid-configuration":5}"#.to_owned(),
        r#"{"status":"x","openid-configuration":"http://i.example/.well-known/openid-configuration"}"#.to_owned(),
        r#"{"status":"x","openid-configuration":"https://i.example/openid-configuration"}"#.to_owned(),
        r#"{"status":"x","openid-configuration":""}"#.to_owned(),
        reason("https://evil.example/.well-known/openid-configuration", "a"),
        reason("https://i.example/.well-known/oauth-authorization-server", "a"),
        "{}".to_owned(),
        "[]".to_owned(),
        "\"text\"".to_owned(),
        "nonsense".to_owned(),
        "{".to_owned(),
        String::new(),
    ] {
        for way in ["good", "bad"] {
            let name = format!("a server says {said}, {way}");
            tell(compare, &name, &[], (way, more), (b"OAUTHBEARER\0\0", &said));
        }
    }
    let usual = reason(DOCUMENT, "openid db");
    for mechanisms in [
        &b"SCRAM-SHA-256\0OAUTHBEARER\0\0"[..],
        b"OAUTHBEARER\0SCRAM-SHA-256\0\0",
        b"OAUTHBEARER\0OAUTHBEARER\0\0",
        b"oauthbearer\0\0",
        b"\0",
    ] {
        let offered = String::from_utf8_lossy(mechanisms).replace('\0', " ");
        for password in ["", "password=p"] {
            let more = format!("{more} {password} passfile=/nonexistent");
            let name = format!("a server offers {offered}, {password}");
            tell(compare, &name, &[], ("good", &more), (mechanisms, &usual));
        }
    }
}
