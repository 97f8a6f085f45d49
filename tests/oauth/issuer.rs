//! An issuer of tokens that answers as a case wants it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use openssl::ssl::SslAcceptor;

/// A request that has come: what stands in its first line, its `Authorization`, its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) form: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: String,
    delay: Duration,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: "Content-Type: application/json\r\n".to_owned(),
            body: body.into(),
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn error(code: &str) -> Self {
        Self::json(400, format!(r#"{{"error":"{code}"}}"#))
    }

    pub(crate) fn token(token: &str) -> Self {
        let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
        Self::json(200, body)
    }

    /// A device code that stands for a wait of so many seconds.
    pub(crate) fn device(interval: u32) -> Self {
        Self::json(
            200,
            format!(
                r#"{{"device_code":"dev-secret","user_code":"AB-CD","expires_in":600,
                    "verification_uri":"https://i.example/go","interval":{interval},
                    "verification_uri_complete":"https://i.example/go?AB-CD"}}"#
            ),
        )
    }

    pub(crate) fn with_header(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }

    pub(crate) fn late(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Answers by the request's path, and by how many requests have come for it before.
type Script = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// The issuer; it stops answering when it is dropped.
pub(crate) struct Issuer {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Issuer {
    /// An issuer without encryption whose own document is as it should be: `answers` has the
    /// replies to what follows, the last of them for ever.
    pub(crate) fn usual(answers: Vec<Reply>) -> Self {
        let script = |url: String| {
            move |path: &str, before: usize| match path {
                DOCUMENT => document(&url),
                "/device" => answers[0].clone(),
                _ => answers[(before + 1).min(answers.len() - 1)].clone(),
            }
        };
        Self::start(None, script)
    }

    /// The same over TLS.
    pub(crate) fn encrypted(acceptor: SslAcceptor, answers: Vec<Reply>) -> Self {
        let script = |url: String| {
            move |path: &str, _: usize| match path {
                DOCUMENT => document(&url),
                "/device" => answers[0].clone(),
                _ => answers[1].clone(),
            }
        };
        Self::start(Some(acceptor), script)
    }

    /// An issuer with this document.
    pub(crate) fn with_document(document: Reply) -> Self {
        Self::start(None, |_| move |_: &str, _: usize| document.clone())
    }

    fn start<S>(acceptor: Option<SslAcceptor>, script: impl FnOnce(String) -> S) -> Self
    where
        S: Fn(&str, usize) -> Reply + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{port}");
        let script: Arc<Script> = Arc::new(script(url.clone()));
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&noted));
                let acceptor = acceptor.clone();
                thread::spawn(move || match acceptor {
                    None => serve(stream, &*script, &seen),
                    // A client that does not trust us goes away.
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream) {
                            serve(stream, &*script, &seen);
                        }
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// What has been asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic").clone()
    }

    /// The address of the discovery document.
    pub(crate) fn document(&self) -> String {
        format!("{}{DOCUMENT}", self.url)
    }
}

const DOCUMENT: &str = "/.well-known/openid-configuration";

/// A discovery document as it should be.
pub(crate) fn document(url: &str) -> Reply {
    Reply::json(
        200,
        format!(
            r#"{{"issuer":"{url}","token_endpoint":"{url}/token",
                "device_authorization_endpoint":"{url}/device"}}"#
        ),
    )
}

fn serve(mut stream: impl Read + Write, script: &Script, seen: &Mutex<Vec<Request>>) {
    while let Some(request) = receive(&mut stream) {
        let path = request
            .line
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let before = {
            let mut seen = seen.lock().expect("no panic");
            let before = seen.iter().filter(|r| r.line == request.line).count();
            seen.push(request);
            before
        };
        let reply = script(&path, before);
        thread::sleep(reply.delay);
        let (status, headers, body) = (reply.status, &reply.headers, &reply.body);
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn receive(stream: &mut impl Read) -> Option<Request> {
    // Byte by byte: nothing of the next request may be taken.
    let mut head = BufReader::with_capacity(1, stream);
    let mut line = String::new();
    head.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        head.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut form = vec![0; length];
    head.read_exact(&mut form).ok()?;
    Some(Request {
        line: line.trim_end().to_owned(),
        authorization,
        form: String::from_utf8(form).ok()?,
    })
}

/// Nobody listens there.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    format!("http://localhost:{port}")
}

/// A connection that says nothing, for as long as it is kept.
pub(crate) fn silent() -> (String, thread::JoinHandle<Option<TcpStream>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let held = thread::spawn(move || listener.accept().ok().map(|(stream, _)| stream));
    (format!("http://localhost:{port}"), held)
}
