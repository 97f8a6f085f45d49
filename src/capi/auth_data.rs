//! The hook that an authentication with OAuth asks for what only the program can give.
//!
//! Manual: "OAuth Support", "Authdata Hooks".

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

use super::boundary::guard;
use super::conn::PGconn;
use super::types::PostgresPollingStatusType;

/// PQAUTHDATA_PROMPT_OAUTH_DEVICE and its kin are there.
pub const LIBPQ_HAS_PROMPT_OAUTH_DEVICE: c_int = 1;

/// What a hook is asked for.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_authData {
    /// To show the user a code and where to enter it; the data is a PGpromptOAuthDevice.
    PQAUTHDATA_PROMPT_OAUTH_DEVICE,
    /// To get a token; the data is a PGoauthBearerRequest.
    PQAUTHDATA_OAUTH_BEARER_TOKEN,
}
/// What a hook is asked for.
pub type PGauthData = pg_authData;

/// What to show to the user for the device authorization flow.
#[repr(C)]
pub struct _PGpromptOAuthDevice {
    /// Where the user has to go.
    pub verification_uri: *const c_char,
    /// What the user has to enter there.
    pub user_code: *const c_char,
    /// Both in one URI, or NULL.
    pub verification_uri_complete: *const c_char,
    /// Seconds until the code expires.
    pub expires_in: c_int,
}
/// What to show to the user for the device authorization flow.
pub type PGpromptOAuthDevice = _PGpromptOAuthDevice;

/// Goes on with getting a token, without waiting. Returns PGRES_POLLING_OK once `token` is set,
/// PGRES_POLLING_FAILED, or what to wait for on the socket that it sets `*altsock` to.
pub type PGoauthBearerAsync = Option<
    unsafe extern "C" fn(
        conn: *mut PGconn,
        request: *mut PGoauthBearerRequest,
        altsock: *mut c_int,
    ) -> MaybeUninit<PostgresPollingStatusType>,
>;

/// Frees what a request has allocated, when it is done with.
pub type PGoauthBearerCleanup =
    Option<unsafe extern "C" fn(conn: *mut PGconn, request: *mut PGoauthBearerRequest)>;

/// A request for a token, which the hook fills in.
#[repr(C)]
pub struct PGoauthBearerRequest {
    /// The OpenID discovery document of the issuer.
    pub openid_configuration: *const c_char,
    /// The scopes that are wanted, or NULL.
    pub scope: *const c_char,
    /// How to go on where the token is not known at once.
    pub r#async: PGoauthBearerAsync,
    /// How to clean up.
    pub cleanup: PGoauthBearerCleanup,
    /// The token.
    pub token: *mut c_char,
    /// For the hook's own use.
    pub user: *mut c_void,
}

/// Gives what it is asked for and returns a number greater than 0; returns 0 where it leaves that to
/// the default, and a negative number for a failure.
pub type PQauthDataHook_type = Option<
    unsafe extern "C" fn(
        r#type: MaybeUninit<PGauthData>,
        conn: *mut PGconn,
        data: *mut c_void,
    ) -> c_int,
>;

/// The hook of the process; none stands for the default.
static HOOK: Mutex<PQauthDataHook_type> = Mutex::new(None);

/// Sets the hook that is asked. NULL goes back to the default.
#[unsafe(no_mangle)]
pub extern "C" fn PQsetAuthDataHook(hook: PQauthDataHook_type) {
    guard((), || {
        *HOOK.lock().unwrap_or_else(PoisonError::into_inner) = hook;
    });
}

/// The hook that is asked; PQdefaultAuthDataHook where none is set.
#[unsafe(no_mangle)]
pub extern "C" fn PQgetAuthDataHook() -> PQauthDataHook_type {
    guard(None, || {
        let hook = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        hook.or(Some(PQdefaultAuthDataHook))
    })
}

/// The hook where none is set: returns 0, as it gives nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdefaultAuthDataHook(
    _type: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    _data: *mut c_void,
) -> c_int {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn own(
        _type: MaybeUninit<PGauthData>,
        _conn: *mut PGconn,
        _data: *mut c_void,
    ) -> c_int {
        1
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri gives a function several addresses")]
    fn the_hook_that_is_set_comes_back_and_null_restores_the_default() {
        let ask = || {
            let hook = PQgetAuthDataHook().unwrap();
            let what = MaybeUninit::new(PGauthData::PQAUTHDATA_OAUTH_BEARER_TOKEN);
            // SAFETY: both hooks take anything.
            unsafe { hook(what, std::ptr::null_mut(), std::ptr::null_mut()) }
        };
        assert_eq!(ask(), 0);
        let default: PQauthDataHook_type = Some(PQdefaultAuthDataHook);
        let address = |hook: PQauthDataHook_type| hook.map(|hook| hook as usize);
        assert_eq!(address(PQgetAuthDataHook()), address(default));
        PQsetAuthDataHook(Some(own));
        assert_eq!(ask(), 1);
        PQsetAuthDataHook(None);
        assert_eq!(ask(), 0);
    }
}
