//! Small HTTP requests with small answers: all that getting a token needs.
//!
//! Redirects are not followed, answers have a limit, and without [`Options::allows_http`] nothing
//! goes out unencrypted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, Error, http};
use zeroize::Zeroizing;

use crate::transport::tls;

/// The longest answer taken.
const LONGEST: u64 = 256 << 10;

/// How long one request may take, in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whom to talk to, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An unencrypted connection will do.
    pub allows_http: bool,
    /// The certificates to trust in the place of the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
}

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it goes.
    pub url: String,
    /// The form to send; without one nothing is sent, and something fetched.
    pub form: Option<Zeroizing<String>>,
    /// The value of the header `Authorization`.
    pub authorization: Option<Zeroizing<String>>,
}

/// An answer.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The value of the header `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// A client; it keeps connections for the next request.
pub struct Client {
    agent: Agent,
}

impl Client {
    /// A client; the error is one sentence.
    pub fn new(options: &Options) -> Result<Self, String> {
        // The TLS of the platform is the same library.
        tls::load_library()?;
        let roots = match &options.ca_file {
            None => RootCerts::PlatformVerifier,
            Some(file) => read_certificates(file)?,
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(roots)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!options.allows_http)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("ferropq/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self {
            agent: config.new_agent(),
        })
    }

    /// Sends a request and takes its answer, whatever its status; the error is one sentence.
    pub fn send(&self, request: &Request) -> Result<Response, String> {
        let answer = match &request.form {
            None => {
                let mut get = self.agent.get(&request.url);
                if let Some(value) = &request.authorization {
                    get = get.header(http::header::AUTHORIZATION, value.as_str());
                }
                get.call()
            }
            Some(form) => {
                let mut post = self.agent.post(&request.url).header(
                    http::header::CONTENT_TYPE,
                    "application/x-www-form-urlencoded",
                );
                if let Some(value) = &request.authorization {
                    post = post.header(http::header::AUTHORIZATION, value.as_str());
                }
                post.send(form.as_bytes())
            }
        };
        answer.and_then(take).map_err(describe)
    }
}

fn take(mut answer: http::Response<Body>) -> Result<Response, Error> {
    let content_type = answer.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    Ok(Response {
        status: answer.status().as_u16(),
        content_type: content_type.map(str::to_owned),
        body: Zeroizing::new(
            answer
                .body_mut()
                .with_config()
                .limit(LONGEST)
                .read_to_vec()?,
        ),
    })
}

/// What has gone wrong. Nothing of the request is in it but its address.
fn describe(error: Error) -> String {
    match error {
        Error::BodyExceedsLimit(_) => "response is too large".to_owned(),
        Error::HostNotFound => "could not resolve host".to_owned(),
        Error::ConnectionFailed => "could not connect to server".to_owned(),
        Error::Timeout(_) => "timeout was reached".to_owned(),
        Error::RequireHttpsOnly(_) => "the address must use HTTPS".to_owned(),
        other => other.to_string(),
    }
}

fn read_certificates(file: &Path) -> Result<RootCerts, String> {
    let shown = file.display();
    let text = std::fs::read(file)
        .map_err(|error| format!("could not read certificate file \"{shown}\": {error}"))?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(format!("no certificates in file \"{shown}\""));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
