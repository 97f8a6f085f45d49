//! What issuers answer.

use std::time::Duration;

use zeroize::Zeroizing;

use super::GRANT;
use crate::auth::oauth::json::{self, Field, Kind};
use crate::transport::http::Response;

/// How deep the JSON of an issuer may nest: discovery documents have room for extensions.
const DEPTH: usize = 16;

/// How long to wait between requests where the issuer does not say.
const INTERVAL: f64 = 5.0;

const OK: u16 = 200;

/// What a discovery document tells.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) token_endpoint: String,
    /// Empty where there is none.
    pub(super) device_endpoint: String,
    pub(super) grants_device_codes: bool,
}

/// What the user is to do, and what stands for the client meanwhile.
pub(super) struct Authorization {
    pub(super) device_code: Zeroizing<String>,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    /// Seconds.
    pub(super) expires_in: i32,
    pub(super) interval: Duration,
}

/// What has come of asking for a token.
pub(super) enum Token {
    Granted(Zeroizing<Vec<u8>>),
    /// The user has not decided yet.
    Pending,
    /// The same, and the client asks too often.
    SlowDown,
}

impl Provider {
    pub(super) fn read(response: &Response) -> Result<Self, String> {
        let mut fields = [
            Field::new("issuer", Kind::Text),
            Field::new("token_endpoint", Kind::Text),
            Field::new("device_authorization_endpoint", Kind::Text),
            Field::new("grant_types_supported", Kind::Texts),
        ];
        if response.status != OK {
            return Err(unexpected(response));
        }
        read(response, &mut fields)?;
        let [issuer, token_endpoint, device_endpoint, grants] = &fields;
        Ok(Self {
            issuer: required(issuer, "issuer")?.to_owned(),
            token_endpoint: required(token_endpoint, "token_endpoint")?.to_owned(),
            device_endpoint: device_endpoint.text().unwrap_or_default().to_owned(),
            // An issuer that has the endpoint grants what it is for, unless it says otherwise.
            grants_device_codes: grants
                .texts()
                .is_none_or(|mut grants| grants.any(|grant| grant == GRANT)),
        })
    }
}

impl Authorization {
    pub(super) fn read(response: &Response, least: Duration) -> Result<Self, String> {
        if response.status != OK {
            return Err(read_error(response)?.to_string());
        }
        let mut fields = [
            Field::new("device_code", Kind::Text),
            Field::new("user_code", Kind::Text),
            Field::new("verification_uri", Kind::Text),
            // Some issuers have not followed when the name changed.
            Field::new("verification_url", Kind::Text),
            Field::new("verification_uri_complete", Kind::Text),
            Field::new("expires_in", Kind::Number),
            Field::new("interval", Kind::Number),
        ];
        read(response, &mut fields)?;
        let [
            device_code,
            user_code,
            uri,
            url,
            complete,
            expires_in,
            interval,
        ] = &fields;
        let uri = uri.text().or(url.text());
        let expires_in = expires_in.number().ok_or_else(|| missing("expires_in"))?;
        Ok(Self {
            device_code: Zeroizing::new(required(device_code, "device_code")?.to_owned()),
            user_code: required(user_code, "user_code")?.to_owned(),
            verification_uri: uri.ok_or_else(|| missing("verification_uri"))?.to_owned(),
            verification_uri_complete: complete.text().map(str::to_owned),
            // Out of range is the nearest number in range.
            expires_in: expires_in.floor() as i32,
            interval: seconds(interval.number().unwrap_or(INTERVAL)).max(least),
        })
    }
}

impl Token {
    pub(super) fn read(response: &Response) -> Result<Self, String> {
        if response.status != OK {
            let error = read_error(response)?;
            return match &*error.code {
                "authorization_pending" => Ok(Self::Pending),
                "slow_down" => Ok(Self::SlowDown),
                _ => Err(error.to_string()),
            };
        }
        let mut fields = [
            Field::new("access_token", Kind::Text),
            Field::new("token_type", Kind::Text),
        ];
        read(response, &mut fields)?;
        let [token, kind] = &fields;
        let token = required(token, "access_token")?;
        if !required(kind, "token_type")?.eq_ignore_ascii_case("bearer") {
            return Err("the token is not a bearer token".to_owned());
        }
        Ok(Self::Granted(Zeroizing::new(token.as_bytes().to_vec())))
    }
}

/// Why an issuer refuses.
struct Refusal {
    code: String,
    description: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.description {
            Some(description) => write!(f, "{description} ({})", self.code),
            None => write!(f, "({})", self.code),
        }
    }
}

fn read_error(response: &Response) -> Result<Refusal, String> {
    if !matches!(response.status, 400 | 401) {
        return Err(unexpected(response));
    }
    let mut fields = [
        Field::new("error", Kind::Text),
        Field::new("error_description", Kind::Text),
    ];
    read(response, &mut fields)?;
    let [code, description] = &fields;
    Ok(Refusal {
        code: required(code, "error")?.to_owned(),
        description: description.text().map(str::to_owned),
    })
}

fn read(response: &Response, fields: &mut [Field]) -> Result<(), String> {
    let Some(kind) = &response.content_type else {
        return Err("no content type was provided".to_owned());
    };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(format!("unexpected content type: \"{kind}\""));
    }
    let Ok(text) = std::str::from_utf8(&response.body) else {
        return Err("response is not valid UTF-8".to_owned());
    };
    json::read(text, DEPTH, fields).map_err(|fault| format!("failed to parse response: {fault}"))
}

fn required<'a>(field: &'a Field, name: &str) -> Result<&'a str, String> {
    field.text().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> String {
    format!("field \"{name}\" is missing")
}

fn unexpected(response: &Response) -> String {
    format!("unexpected response code {}", response.status)
}

/// So many seconds, rounded up; less than none are none.
fn seconds(number: f64) -> Duration {
    let whole = number.ceil().clamp(0.0, f64::from(i32::MAX));
    Duration::from_secs(whole as u64)
}
