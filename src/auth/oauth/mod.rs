//! OAuth: a bearer token as proof of identity, and how to come by one.
//!
//! - [`bearer`]: the SASL mechanism OAUTHBEARER.
//! - [`issuer`]: whom to trust with handing out tokens.
//! - [`json`]: what servers and issuers tell.
//! - `device`: the flow by which a user allows the client to have a token (feature `oauth`).
//!
//! Manual: "OAuth Support" in the chapter "libpq - C Library"; "OAUTHBEARER Authentication" in
//! "SASL Authentication".

pub mod bearer;
#[cfg(feature = "oauth")]
pub mod device;
pub mod issuer;
pub mod json;

use std::ffi::CString;

/// What whoever gets a token needs to know.
///
/// Manual: `PQAUTHDATA_OAUTH_BEARER_TOKEN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The address of the issuer's discovery document.
    pub discovery: CString,
    /// The scopes that the token is to have, separated by spaces; `None` where nobody has told.
    pub scope: Option<CString>,
}

/// What a user is to be told who has to allow the client to have a token.
///
/// Manual: `PQAUTHDATA_PROMPT_OAUTH_DEVICE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The address to visit.
    pub verification_uri: CString,
    /// The code to enter there.
    pub user_code: CString,
    /// An address that holds the code already, where the issuer has one.
    pub verification_uri_complete: Option<CString>,
    /// For how many seconds the code is good.
    pub expires_in: i32,
}

/// Whether the dangerous settings for development are on.
///
/// Manual: "Debugging and Developer Settings".
pub fn is_unsafe() -> bool {
    std::env::var_os("PGOAUTHDEBUG").is_some_and(|value| value == "UNSAFE")
}
