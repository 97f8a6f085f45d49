//! The cases.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ferropq::connection::Polling;
use ferropq::connection::blocking;
use ferropq::connection::oauth::Prompted;
use ferropq::transport::{Deadline, poll};
use ferropq::{Client, Config};
use support::scripted::Scripted;

use crate::driver::Driver;
use crate::issuer::{self, Issuer, Reply, nowhere, silent};
use crate::server::{asked, hear, server, shown, shown_in_vain};
use crate::{Case, Mode, tls};

const PROMPT: &str = "Visit https://i.example/go and enter the code: AB-CD\n";

const fn case(name: &'static str, run: fn()) -> Case {
    Case {
        name,
        mode: Mode::Development,
        run,
        says: &[],
    }
}

const fn production(name: &'static str, run: fn()) -> Case {
    Case {
        mode: Mode::Production,
        ..case(name, run)
    }
}

const fn long(name: &'static str, run: fn()) -> Case {
    Case {
        mode: Mode::Long,
        ..case(name, run)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case {
        says: &[PROMPT, "[oauth] POST http://localhost:"],
        ..case("the user allows a token", success)
    },
    case("an application shows the prompt", own_prompt),
    case("a prompt that fails ends the attempt", failed_prompt),
    case("a client proves itself by its secret", secret),
    case("no prompt where the token is there at once", at_once),
    case("a token by https", encrypted),
    case("an issuer with a foreign certificate", foreign_certificate),
    case("an issuer's document as oauth_issuer", well_known),
    case("the user denies", denied),
    case("the code expires", expired),
    case("an issuer that says it is another", other_issuer),
    case("documents that will not do", bad_documents),
    case("an issuer that does not answer", unreachable),
    case("a server that refuses the token", token_refused),
    case("a server that names a foreign issuer", foreign_issuer),
    case("connecting never waits for the issuer", never_waits),
    case("who gives up is done at once", given_up),
    case("an application gets the token", own_token),
    case("an application gets no token", no_own_token),
    production("without encryption only for development", needs_https),
    production("the system's certificates are not replaced", needs_trust),
    long("slowing down", slow_down),
    long("connect_timeout", time_limit),
];

const CLIENT: &str = "oauth_client_id=client";

fn conninfo(server: &Scripted, issuer: &str) -> String {
    format!("{} {CLIENT} oauth_issuer={issuer}", server.conninfo())
}

/// A server at which the client first asks and then shows the token.
fn usual_server(issuer: &Issuer) -> Scripted {
    server(vec![asked(&issuer.document()), shown("the-token")])
}

#[track_caller]
fn fails(config: &Config) -> String {
    match config.connect() {
        Ok(_) => panic!("connected"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn fails_with(conninfo: &str, reason: &str) {
    let error = fails(&conninfo.parse().expect("valid"));
    assert!(error.ends_with(&format!("failed: {reason}")), "{error}");
}

/// What the issuer has been asked, without its discovery document.
fn forms(issuer: &Issuer) -> Vec<(String, String)> {
    let requests = issuer.seen().into_iter().skip(1);
    requests
        .map(|request| (request.line, request.form))
        .collect()
}

fn success() {
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
        Reply::error("authorization_pending"),
        Reply::token("the-token"),
    ]);
    let server = usual_server(&issuer);
    Client::connect(&conninfo(&server, &issuer.url)).expect("connected");
    let seen = forms(&issuer);
    let line = "POST /device HTTP/1.1".to_owned();
    assert_eq!(
        seen[0],
        (line, "scope=openid+db&client_id=client".to_owned())
    );
    let form = "device_code=dev-secret&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type\
        %3Adevice_code&client_id=client";
    for request in &seen[1..] {
        assert_eq!(
            *request,
            ("POST /token HTTP/1.1".to_owned(), form.to_owned())
        );
    }
    assert_eq!(seen.len(), 4);
    server.finish();
}

fn own_prompt() {
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
        Reply::token("the-token"),
    ]);
    let server = usual_server(&issuer);
    let mut config: Config = conninfo(&server, &issuer.url).parse().expect("valid");
    let shown: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&shown);
    config.oauth_prompt(move |prompt| {
        let text = format!(
            "{} {} {:?} {:?}",
            prompt.verification_uri(),
            prompt.user_code(),
            prompt.verification_uri_complete(),
            prompt.expires_in()
        );
        notes.lock().expect("no panic").push(text);
    });
    config.connect().expect("connected");
    let expected = "https://i.example/go AB-CD Some(\"https://i.example/go?AB-CD\") 600s";
    assert_eq!(*shown.lock().expect("no panic"), [expected]);
    server.finish();
}

fn failed_prompt() {
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
    ]);
    let server = server(vec![asked(&issuer.document())]);
    let mut driver = Driver::start(&conninfo(&server, &issuer.url));
    driver.answer = Prompted::Failed;
    assert!(!blocking::connect(&mut driver));
    let error = driver.error();
    assert!(error.ends_with("failed: device prompt failed\n"), "{error}");
    server.finish();
}

fn secret() {
    let issuer = Issuer::usual(vec![Reply::device(0), Reply::token("the-token")]);
    let server = usual_server(&issuer);
    let secret = "oauth_client_secret=client-secret oauth_scope=''";
    let conninfo = format!("{} {secret}", conninfo(&server, &issuer.url));
    Client::connect(&conninfo).expect("connected");
    let seen = issuer.seen();
    // client:client-secret
    let expected = Some("Basic Y2xpZW50OmNsaWVudC1zZWNyZXQ=".to_owned());
    for request in &seen[1..] {
        assert_eq!(request.authorization, expected);
        assert!(!request.form.contains("client_id"));
    }
    assert_eq!(seen[1].form, "");
    server.finish();
}

fn at_once() {
    let issuer = Issuer::usual(vec![Reply::device(60), Reply::token("the-token")]);
    let server = usual_server(&issuer);
    let mut driver = Driver::start(&conninfo(&server, &issuer.url));
    assert!(blocking::connect(&mut driver), "{}", driver.error());
    assert!(driver.prompts.is_empty());
    drop(driver);
    server.finish();
}

fn encrypted() {
    let answers = vec![Reply::device(0), Reply::token("the-token")];
    let issuer = Issuer::encrypted(tls::acceptor("trusted"), answers);
    let server = usual_server(&issuer);
    Client::connect(&conninfo(&server, &issuer.url)).expect("connected");
    server.finish();
}

fn foreign_certificate() {
    let answers = vec![Reply::device(0), Reply::token("the-token")];
    let issuer = Issuer::encrypted(tls::acceptor("foreign"), answers);
    let server = server(vec![asked(&issuer.document())]);
    let error = fails(&conninfo(&server, &issuer.url).parse().expect("valid"));
    let expected = "failed to fetch OpenID discovery document: ";
    assert!(error.contains(expected), "{error}");
    assert!(error.contains("certificate"), "{error}");
    assert_eq!(issuer.seen(), []);
    server.finish();
}

fn well_known() {
    let issuer = Issuer::usual(vec![Reply::device(0), Reply::token("the-token")]);
    let server = usual_server(&issuer);
    Client::connect(&conninfo(&server, &issuer.document())).expect("connected");
    // The scope is what the server wants, though the issuer was known before.
    assert_eq!(forms(&issuer)[0].1, "scope=openid+db&client_id=client");
    server.finish();
}

/// What is said when the issuer answers so.
#[track_caller]
fn outcome(issuer: &Issuer, reason: &str) {
    let server = server(vec![asked(&issuer.document())]);
    fails_with(&conninfo(&server, &issuer.url), reason);
    server.finish();
}

fn denied() {
    let answer = r#"{"error":"access_denied","error_description":"Not today."}"#;
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
        Reply::json(400, answer),
    ]);
    let reason = "failed to obtain access token: Not today. (access_denied)";
    outcome(&issuer, reason);
}

fn expired() {
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
        Reply::error("expired_token"),
    ]);
    outcome(&issuer, "failed to obtain access token: (expired_token)");
}

fn other_issuer() {
    let issuer = Issuer::with_document(issuer::document("https://other.example"));
    let reason = format!(
        "cannot run OAuth device authorization: the issuer identifier (https://other.example) \
         does not match oauth_issuer ({})",
        issuer.url
    );
    outcome(&issuer, &reason);
}

fn bad_documents() {
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(300 << 10));
    for (document, reason) in [
        (Reply::json(404, "{}"), "unexpected response code 404"),
        (
            Reply::json(302, "{}").with_header("Location: http://localhost:1/"),
            "unexpected response code 302",
        ),
        (
            Reply::json(200, "<html>"),
            "failed to parse response: Token \"<\" is invalid.",
        ),
        (Reply::json(200, large), "response is too large"),
    ] {
        let issuer = Issuer::with_document(document);
        let reason = format!("failed to fetch OpenID discovery document: {reason}");
        outcome(&issuer, &reason);
        assert_eq!(issuer.seen().len(), 1);
    }
}

fn unreachable() {
    let url = nowhere();
    let document = format!("{url}/.well-known/openid-configuration");
    let server = server(vec![asked(&document)]);
    let error = fails(&conninfo(&server, &url).parse().expect("valid"));
    let expected = "failed: failed to fetch OpenID discovery document: ";
    assert!(error.contains(expected), "{error}");
    server.finish();
}

fn token_refused() {
    let issuer = Issuer::usual(vec![Reply::device(0), Reply::token("the-token")]);
    let document = issuer.document();
    let server = server(vec![asked(&document), shown_in_vain(&document)]);
    let error = fails(&conninfo(&server, &issuer.url).parse().expect("valid"));
    assert!(
        error.contains("retrying connection with new bearer token"),
        "{error}"
    );
    assert!(error.ends_with("failed: FATAL:  bearer refused"), "{error}");
    server.finish();
}

fn foreign_issuer() {
    let issuer = Issuer::usual(vec![Reply::device(0), Reply::token("the-token")]);
    let server = server(vec![asked(&issuer.document())]);
    let document = issuer.document();
    let reason = format!(
        "server's discovery document at {document} (issuer \"{}\") is incompatible with \
         oauth_issuer (http://localhost)",
        issuer.url
    );
    fails_with(&conninfo(&server, "http://localhost"), &reason);
    assert_eq!(issuer.seen(), []);
    server.finish();
}

fn never_waits() {
    let late = Duration::from_millis(300);
    let issuer = Issuer::usual(vec![
        Reply::device(0).late(late),
        Reply::error("authorization_pending").late(late),
        Reply::token("the-token"),
    ]);
    let server = usual_server(&issuer);
    let mut driver = Driver::start(&conninfo(&server, &issuer.url));
    let mut sockets = Vec::new();
    loop {
        let begin = Instant::now();
        let polling = driver.step();
        let taken = begin.elapsed();
        assert!(taken < late / 2, "a step took {taken:?}");
        let (read, write) = match polling {
            Polling::Ok => break,
            Polling::Failed => panic!("{}", driver.error()),
            Polling::Reading => (true, false),
            Polling::Writing => (false, true),
        };
        let socket = driver.engine.fd().expect("a socket");
        if sockets.last() != Some(&socket) {
            sockets.push(socket);
        }
        let deadline = Deadline::after(Duration::from_secs(10));
        let ready = poll(socket, read, write, deadline).expect("a socket to wait for");
        assert!(ready.any(), "nothing has happened");
    }
    assert_eq!(driver.prompts.len(), 1);
    assert!(sockets.len() >= 2, "the flow had no socket of its own");
    drop(driver);
    server.finish();
}

fn given_up() {
    let (url, held) = silent();
    let document = format!("{url}/.well-known/openid-configuration");
    let server = server(vec![asked(&document)]);
    let mut driver = Driver::start(&conninfo(&server, &url));
    let limit = Instant::now() + Duration::from_millis(500);
    while Instant::now() < limit {
        assert!(matches!(driver.step(), Polling::Reading | Polling::Writing));
        thread::sleep(Duration::from_millis(10));
    }
    let begin = Instant::now();
    drop(driver);
    assert!(begin.elapsed() < Duration::from_millis(200));
    server.finish();
    drop(held.join());
}

fn own_token() {
    let document = "https://i.example/.well-known/openid-configuration";
    let server = server(vec![asked(document), shown("the-token")]);
    let conninfo = conninfo(&server, "https://i.example");
    let mut config: Config = conninfo.parse().expect("valid");
    config.oauth_token(move |request| {
        assert_eq!(request.discovery_uri(), document);
        assert_eq!(request.scope(), Some("openid db"));
        Ok("the-token".to_owned())
    });
    config.connect().expect("connected");
    server.finish();

    // An issuer whose document is known needs no first connection.
    let server = crate::server::server(vec![shown("the-token")]);
    let again = format!("{} {CLIENT} oauth_issuer={document}", server.conninfo());
    let mut config: Config = again.parse().expect("valid");
    config.oauth_token(|request| {
        assert_eq!(request.scope(), None);
        Ok("the-token".to_owned())
    });
    config.connect().expect("connected");
    server.finish();
}

fn no_own_token() {
    let server = server(vec![asked(
        "https://i.example/.well-known/openid-configuration",
    )]);
    let conninfo = conninfo(&server, "https://i.example");
    let mut config: Config = conninfo.parse().expect("valid");
    config.oauth_token(|_| Err("the vault is closed".into()));
    let error = fails(&config);
    let reason = "failed: user-defined OAuth flow failed: the vault is closed";
    assert!(error.ends_with(reason), "{error}");
    server.finish();
}

fn needs_https() {
    let issuer = Issuer::usual(vec![Reply::device(0), Reply::token("the-token")]);
    let document = issuer.document();
    let reason = format!("OAuth discovery URI \"{document}\" must use HTTPS");
    outcome(&issuer, &reason);
    let server = server(vec![Box::new(|peer| {
        peer.startup();
        peer.send(b"R\0\0\0\x15\0\0\0\x0aOAUTHBEARER\0\0");
        peer.wait_for_close();
    })]);
    fails_with(&conninfo(&server, &document), &reason);
    assert_eq!(issuer.seen(), []);
    server.finish();
}

fn needs_trust() {
    let answers = vec![Reply::device(0), Reply::token("the-token")];
    let issuer = Issuer::encrypted(tls::acceptor("trusted"), answers);
    let server = server(vec![asked(&issuer.document())]);
    let error = fails(&conninfo(&server, &issuer.url).parse().expect("valid"));
    assert!(error.contains("certificate"), "{error}");
    assert_eq!(issuer.seen(), []);
    server.finish();
}

fn slow_down() {
    let issuer = Issuer::usual(vec![
        Reply::device(1),
        Reply::error("slow_down"),
        Reply::token("the-token"),
    ]);
    let server = usual_server(&issuer);
    let begin = Instant::now();
    Client::connect(&conninfo(&server, &issuer.url)).expect("connected");
    let taken = begin.elapsed();
    assert!(taken >= Duration::from_secs(6), "{taken:?}");
    server.finish();
}

fn time_limit() {
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
    ]);
    let document = issuer.document();
    let server = server(vec![Box::new(move |peer| {
        hear(peer);
        crate::server::refuse(peer, &document);
        peer.wait_for_close();
    })]);
    let conninfo = format!("{} connect_timeout=2", conninfo(&server, &issuer.url));
    let begin = Instant::now();
    fails_with(&conninfo, "timeout expired");
    let taken = begin.elapsed();
    assert!(taken < Duration::from_secs(4), "{taken:?}");
    // Nobody asks any more.
    thread::sleep(Duration::from_millis(200));
    let before = issuer.seen().len();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(issuer.seen().len(), before);
    server.finish();
}
