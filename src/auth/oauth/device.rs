//! The device authorization flow: the user allows the client to have a token, in any browser, by a
//! code that the client tells.
//!
//! A pure state machine: it says what request to send, when to prompt and how long to wait, and is
//! told what came of it.
//!
//! Manual: "OAuth Support"; RFC 8628, RFC 8414, RFC 6749.

mod reply;

use std::ffi::CString;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::DevicePrompt;
use super::issuer::behind_scheme;
use crate::transport::http::{Request, Response};
use reply::{Authorization, Provider, Token};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

const FETCHING: &str = "failed to fetch OpenID discovery document";
const STARTING: &str = "cannot run OAuth device authorization";
const AUTHORIZING: &str = "failed to obtain device authorization";
const GETTING: &str = "failed to obtain access token";

/// How much longer a client waits that has been told to slow down, for good.
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// What the flow needs to know.
#[derive(Clone)]
pub struct Options {
    /// The address of the issuer's discovery document.
    pub discovery: String,
    /// The identifier of the issuer that the user trusts.
    pub issuer: String,
    /// The option `oauth_client_id`.
    pub client_id: Zeroizing<String>,
    /// The option `oauth_client_secret`.
    pub client_secret: Option<Zeroizing<String>>,
    /// The scopes to ask for.
    pub scope: String,
    /// The dangerous settings for development are on: no encryption, no pause between requests.
    pub is_unsafe: bool,
}

/// What is to be done next.
#[derive(PartialEq, Eq)]
pub enum Action {
    /// Send this request; [`Device::receive`] takes the answer.
    Send(Request),
    /// Tell the user; then [`Device::go_on`].
    Prompt(DevicePrompt),
    /// Wait this long; then [`Device::go_on`].
    Wait(Duration),
    /// Nothing: here is the token.
    Done(Zeroizing<Vec<u8>>),
}

/// The flow.
pub struct Device {
    options: Options,
    provider: Option<Provider>,
    authorization: Option<Authorization>,
    has_prompted: bool,
    /// How long the user's code has been good for so far, as far as waiting goes.
    waited: Duration,
    is_waiting: bool,
}

impl Device {
    /// The flow, at its beginning; with it the first thing to do.
    pub fn start(options: Options) -> (Self, Action) {
        let action = Action::Send(Request {
            url: options.discovery.clone(),
            form: None,
            authorization: None,
        });
        let device = Self {
            options,
            provider: None,
            authorization: None,
            has_prompted: false,
            waited: Duration::ZERO,
            is_waiting: false,
        };
        (device, action)
    }

    /// What is being done, for whoever tells that it has failed.
    pub fn context(&self) -> &'static str {
        match (&self.provider, &self.authorization) {
            (None, _) => FETCHING,
            (Some(_), None) => AUTHORIZING,
            (Some(_), Some(_)) => GETTING,
        }
    }

    /// Takes the answer to a request; the error is the reason of the failure.
    pub fn receive(&mut self, response: &Response) -> Result<Action, String> {
        let told = |context: &str, reason: String| format!("{context}: {reason}");
        let Some(provider) = &self.provider else {
            let provider = Provider::read(response).map_err(|reason| told(FETCHING, reason))?;
            self.check(&provider)
                .map_err(|reason| told(STARTING, reason))?;
            let action = self.authorize(&provider);
            self.provider = Some(provider);
            return Ok(action);
        };
        if self.authorization.is_none() {
            let least = Duration::from_secs(u64::from(!self.options.is_unsafe));
            let read = Authorization::read(response, least);
            let authorization = read.map_err(|reason| told(AUTHORIZING, reason))?;
            // The token is asked for before the user is, so that what is broken is told at once.
            let action = self.ask(provider, &authorization);
            self.authorization = Some(authorization);
            return Ok(action);
        }
        let token = Token::read(response).map_err(|reason| told(GETTING, reason))?;
        self.judge(token).map_err(|reason| told(GETTING, reason))
    }

    /// Goes on after the prompt, or after waiting.
    pub fn go_on(&mut self) -> Action {
        let (Some(provider), Some(authorization)) = (&self.provider, &self.authorization) else {
            return Action::Wait(SLOW_DOWN);
        };
        if std::mem::replace(&mut self.is_waiting, false) {
            return self.ask(provider, authorization);
        }
        self.is_waiting = true;
        self.waited += authorization.interval;
        Action::Wait(authorization.interval)
    }

    /// Whether the issuer is the one that the user trusts, and has what the flow needs.
    fn check(&self, provider: &Provider) -> Result<(), String> {
        let trusted = &self.options.issuer;
        if provider.issuer != *trusted {
            let told = &provider.issuer;
            return Err(format!(
                "the issuer identifier ({told}) does not match oauth_issuer ({trusted})"
            ));
        }
        if provider.device_endpoint.is_empty() {
            return Err(format!(
                "issuer \"{trusted}\" does not provide a device authorization endpoint"
            ));
        }
        if !provider.grants_device_codes {
            return Err(format!(
                "issuer \"{trusted}\" does not support device code grants"
            ));
        }
        for endpoint in [&provider.device_endpoint, &provider.token_endpoint] {
            if behind_scheme(endpoint, self.options.is_unsafe).is_none() {
                return Err(format!("endpoint \"{endpoint}\" must use HTTPS"));
            }
        }
        Ok(())
    }

    fn authorize(&self, provider: &Provider) -> Action {
        let mut form = Form::default();
        if !self.options.scope.is_empty() {
            form.add("scope", &self.options.scope);
        }
        self.send(&provider.device_endpoint, form)
    }

    fn ask(&self, provider: &Provider, authorization: &Authorization) -> Action {
        let mut form = Form::default();
        form.add("device_code", &authorization.device_code);
        form.add("grant_type", GRANT);
        self.send(&provider.token_endpoint, form)
    }

    /// A request in which the client says who it is: with its secret, or where it has none only by
    /// its name.
    fn send(&self, url: &str, mut form: Form) -> Action {
        let id = &self.options.client_id;
        let authorization = match &self.options.client_secret {
            None => {
                form.add("client_id", id);
                None
            }
            Some(secret) => {
                let mut both = Zeroizing::new(String::new());
                encode(id, &mut both);
                both.push(':');
                encode(secret, &mut both);
                let encoded = Zeroizing::new(STANDARD.encode(both.as_bytes()));
                Some(Zeroizing::new(["Basic ", &*encoded].concat()))
            }
        };
        Action::Send(Request {
            url: url.to_owned(),
            form: Some(form.0),
            authorization,
        })
    }

    fn judge(&mut self, token: Token) -> Result<Action, String> {
        let Some(authorization) = &mut self.authorization else {
            return Err("there is no device code".to_owned());
        };
        match token {
            Token::Granted(token) => return Ok(Action::Done(token)),
            Token::Pending => {}
            Token::SlowDown => authorization.interval += SLOW_DOWN,
        }
        let lifetime = u64::try_from(authorization.expires_in).unwrap_or_default();
        if self.waited > Duration::from_secs(lifetime) {
            return Err("the user code has expired".to_owned());
        }
        if !std::mem::replace(&mut self.has_prompted, true) {
            return authorization.prompt().map(Action::Prompt);
        }
        Ok(self.go_on())
    }
}

impl Authorization {
    fn prompt(&self) -> Result<DevicePrompt, String> {
        let text = |text: &str| CString::new(text).map_err(|error| error.to_string());
        let complete = self.verification_uri_complete.as_deref().map(text);
        Ok(DevicePrompt {
            verification_uri: text(&self.verification_uri)?,
            user_code: text(&self.user_code)?,
            verification_uri_complete: complete.transpose()?,
            expires_in: self.expires_in,
        })
    }
}

/// A form, as it is sent.
#[derive(Default)]
struct Form(Zeroizing<String>);

impl Form {
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        encode(value, &mut self.0);
    }
}

/// Encodes a value for a form.
fn encode(value: &str, out: &mut String) {
    /// What stands for itself, beside letters and digits; and the space, for which `+` stands.
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'*')
        .remove(b' ');
    for part in utf8_percent_encode(value, &ENCODED) {
        out.extend(part.chars().map(|c| if c == ' ' { '+' } else { c }));
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
