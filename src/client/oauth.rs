//! Who gets bearer tokens, and who tells the user where to allow them.

use std::ffi::CStr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::connection::oauth::{DevicePrompt, Prompted, TokenAnswer, TokenRequest};

/// What went wrong while a token was being got: any error.
type Cause = Box<dyn std::error::Error + Send + Sync>;

type GetToken = dyn Fn(&OauthRequest<'_>) -> Result<String, Cause> + Send + Sync;
type Prompt = dyn Fn(&OauthPrompt<'_>) + Send + Sync;

/// What bearer token a server wants.
///
/// Manual: `PQAUTHDATA_OAUTH_BEARER_TOKEN`.
#[derive(Debug, Clone, Copy)]
pub struct OauthRequest<'a>(&'a TokenRequest);

impl OauthRequest<'_> {
    /// The address of the issuer's discovery document.
    pub fn discovery_uri(&self) -> &str {
        text(&self.0.discovery)
    }

    /// The scopes that the token is to have, separated by spaces; `None` where neither the user nor
    /// the server has told.
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref().map(text)
    }
}

/// What a user is to be told who has to allow a connection to be made.
///
/// Manual: `PQAUTHDATA_PROMPT_OAUTH_DEVICE`.
#[derive(Debug, Clone, Copy)]
pub struct OauthPrompt<'a>(&'a DevicePrompt);

impl OauthPrompt<'_> {
    /// The address to visit.
    pub fn verification_uri(&self) -> &str {
        text(&self.0.verification_uri)
    }

    /// The code to enter there.
    pub fn user_code(&self) -> &str {
        text(&self.0.user_code)
    }

    /// An address that holds the code already, to be shown as a picture for example. The code is to
    /// be shown all the same, as the user will be asked whether it is that one.
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.0.verification_uri_complete.as_deref().map(text)
    }

    /// For how long the code is good.
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.expires_in).unwrap_or_default())
    }
}

fn text(text: &CStr) -> &str {
    text.to_str().unwrap_or_default()
}

/// Who is asked; without one, the flow that is built in.
#[derive(Clone, Default)]
pub(super) struct Oauth {
    pub(super) get_token: Option<Arc<GetToken>>,
    pub(super) prompt: Option<Arc<Prompt>>,
}

impl Oauth {
    pub(super) fn begin(&self, request: &TokenRequest) -> TokenAnswer {
        let Some(get) = &self.get_token else {
            return TokenAnswer::Unhandled;
        };
        match get(&OauthRequest(request)) {
            Ok(token) => TokenAnswer::Token(Zeroizing::new(token.into_bytes())),
            Err(cause) => TokenAnswer::Failed(format!("user-defined OAuth flow failed: {cause}")),
        }
    }

    pub(super) fn prompt(&self, prompt: &DevicePrompt) -> Prompted {
        let Some(show) = &self.prompt else {
            return Prompted::Unhandled;
        };
        show(&OauthPrompt(prompt));
        Prompted::Done
    }
}
