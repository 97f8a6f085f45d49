//! The built-in flow at work: in a thread of its own, so that connecting never waits for an issuer.
//!
//! The thread tells what has happened through a channel, and rings a socket to be waited for.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};

use zeroize::Zeroizing;

use super::super::blocking::Host;
use super::super::state::Polling;
use super::{Connection, DevicePrompt, Prompted};
use crate::auth::oauth::device::{Action, Device, Options};
use crate::auth::oauth::is_unsafe;
use crate::transport::background;
use crate::transport::http::{self, Client};

/// A flow that is under way. Dropped, its thread ends after the request that it is sending.
pub(in crate::connection) struct Flow {
    news: Receiver<News>,
    bell: UnixStream,
    /// The thread ends when this is gone.
    _leash: Sender<()>,
}

/// What the thread tells.
enum News {
    Prompt(DevicePrompt),
    Token(Zeroizing<Vec<u8>>),
    Failed(String),
}

impl Flow {
    /// Begins the flow.
    fn start(options: Options) -> io::Result<Self> {
        let (bell, ringer) = UnixStream::pair()?;
        let (sender, news) = channel();
        let (leash, held) = channel();
        let worker = Worker {
            sender,
            ringer,
            held,
        };
        background::spawn("ferropq oauth", move || worker.run(options))?;
        Ok(Self {
            news,
            bell,
            _leash: leash,
        })
    }

    /// What becomes readable when there is news.
    pub(super) fn fd(&self) -> RawFd {
        self.bell.as_raw_fd()
    }

    /// The next news, `None` when there is none yet.
    fn next(&mut self) -> Option<News> {
        match self.news.try_recv() {
            Ok(news) => {
                // It has rung, or is about to.
                let _ = self.bell.read(&mut [0]);
                Some(news)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(News::Failed(
                "the OAuth flow ended without a token".to_owned(),
            )),
        }
    }
}

/// What the thread has.
struct Worker {
    sender: Sender<News>,
    ringer: UnixStream,
    held: Receiver<()>,
}

impl Worker {
    fn run(mut self, options: Options) {
        let news = match self.get_token(options) {
            Ok(Some(token)) => News::Token(token),
            Ok(None) => return,
            Err(reason) => News::Failed(reason),
        };
        self.tell(news);
    }

    /// The token; `None` when nobody wants it any more.
    fn get_token(&mut self, options: Options) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let is_unsafe = options.is_unsafe;
        let client = Client::new(&http::Options {
            allows_http: is_unsafe,
            ca_file: ca_file(is_unsafe),
        })?;
        let (mut device, mut action) = Device::start(options);
        loop {
            action = match action {
                Action::Done(token) => return Ok(Some(token)),
                Action::Send(request) => {
                    let context = device.context();
                    let response = client.send(&request);
                    if is_unsafe {
                        show(&request, &response);
                    }
                    let response = response.map_err(|reason| format!("{context}: {reason}"))?;
                    device.receive(&response)?
                }
                Action::Prompt(prompt) => {
                    self.tell(News::Prompt(prompt));
                    device.go_on()
                }
                Action::Wait(time) => {
                    if self.held.recv_timeout(time) != Err(RecvTimeoutError::Timeout) {
                        return Ok(None);
                    }
                    device.go_on()
                }
            };
        }
    }

    fn tell(&mut self, news: News) {
        // Nobody may be listening any more.
        if self.sender.send(news).is_ok() {
            let _ = self.ringer.write_all(&[0]);
        }
    }
}

/// The certificates to trust in the place of the system's, for development.
fn ca_file(is_unsafe: bool) -> Option<PathBuf> {
    let file = std::env::var_os("PGOAUTHCAFILE")?;
    is_unsafe.then(|| file.into())
}

/// Shows who is talked to, for development. The secrets among it are left out.
fn show(request: &http::Request, response: &Result<http::Response, String>) {
    let method = if request.form.is_some() {
        "POST"
    } else {
        "GET"
    };
    let url = &request.url;
    let form = request.form.as_deref().map_or("", |form| form.as_str());
    let names: Vec<&str> = form
        .split('&')
        .filter_map(|f| f.split('=').next())
        .collect();
    let names = names.join(" ");
    let outcome = match response {
        Ok(response) => {
            let kind = response
                .content_type
                .as_deref()
                .unwrap_or("no content type");
            let length = response.body.len();
            format!("{} {kind}, {length} bytes", response.status)
        }
        Err(reason) => reason.clone(),
    };
    say(&format!(
        "[oauth] {method} {url} {names}\n[oauth] {outcome}\n"
    ));
}

/// Writes on standard error; what cannot be written is lost.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Takes the news of the flow that is under way; gives what to wait for where there is none.
pub(super) fn step<H: Host>(host: &mut H) -> Option<Polling> {
    let Some(flow) = host.engine().device_flow() else {
        let begun = host.engine().begin_device_flow();
        host.engine().set_flow(begun);
        return None;
    };
    let outcome = match flow.next() {
        None => return Some(Polling::Reading),
        Some(News::Prompt(prompt)) => match host.prompt(&prompt) {
            Prompted::Done => return None,
            Prompted::Unhandled => {
                default_prompt(&prompt);
                return None;
            }
            Prompted::Failed => super::Flow::Failed("device prompt failed".to_owned()),
        },
        Some(News::Token(token)) => super::Flow::Token(token),
        Some(News::Failed(reason)) => super::Flow::Failed(reason),
    };
    host.engine().set_flow(outcome);
    None
}

fn default_prompt(prompt: &DevicePrompt) {
    let uri = prompt.verification_uri.to_string_lossy();
    let code = prompt.user_code.to_string_lossy();
    say(&format!("Visit {uri} and enter the code: {code}\n"));
}

impl Connection {
    /// Begins the built-in flow.
    fn begin_device_flow(&mut self) -> super::Flow {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return super::Flow::Failed(String::new());
        };
        let Some(bearer) = attempt.authentication.bearer() else {
            return super::Flow::Failed(String::new());
        };
        let text = |value: &Option<std::ffi::CString>| {
            let value = value.as_ref()?;
            Some(Zeroizing::new(value.to_string_lossy().into_owned()))
        };
        let request = bearer.request();
        let scope = request.scope.unwrap_or_default();
        let options = Options {
            discovery: request.discovery.to_string_lossy().into_owned(),
            issuer: bearer.issuer_id().to_owned(),
            client_id: text(&settings.oauth_client_id).unwrap_or_default(),
            client_secret: text(&settings.oauth_client_secret),
            scope: scope.to_string_lossy().into_owned(),
            is_unsafe: is_unsafe(),
        };
        match Flow::start(options) {
            Ok(flow) => super::Flow::BuiltIn(Some(flow)),
            Err(error) => super::Flow::Failed(format!("could not start the OAuth flow: {error}")),
        }
    }

    /// The flow that has begun.
    fn device_flow(&mut self) -> Option<&mut Flow> {
        match &mut self.attempt.as_mut()?.flow {
            super::Flow::BuiltIn(flow) => flow.as_mut(),
            _ => None,
        }
    }
}
