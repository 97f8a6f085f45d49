//! Asking the hook of [`auth_data`](super::auth_data) for bearer tokens, and to tell the user where
//! to allow them.
//!
//! Manual: "Authdata Hooks" in "OAuth Support".

use std::ffi::{CStr, CString, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use zeroize::Zeroizing;

use super::auth_data::{PGauthData, PGoauthBearerRequest, PGpromptOAuthDevice, PQgetAuthDataHook};
use super::boundary::guard;
use super::conn::PGconn;
use super::memory;
use super::types::{PostgresPollingStatusType, number};
use crate::connection::Polling;
use crate::connection::oauth::{DevicePrompt, Prompted, TokenAnswer, TokenRequest};

/// A request under way.
pub struct TokenFlow {
    request: PGoauthBearerRequest,
    /// The descriptor that was to be waited for last.
    altsock: c_int,
    /// What the request points to.
    _texts: (CString, Option<CString>),
}

const FAILED: &str = "user-defined OAuth flow failed";

/// # Safety
/// The connection is alive and nothing of it is borrowed; the data is what belongs to the type.
unsafe fn ask(type_: PGauthData, conn: *mut PGconn, data: *mut c_void) -> c_int {
    // SAFETY: as the caller promises; the hook is one that C has set, or our own.
    unsafe { PQgetAuthDataHook().map_or(0, |hook| hook(MaybeUninit::new(type_), conn, data)) }
}

/// Asks the hook for a token.
///
/// # Safety
/// The connection is alive and nothing of it is borrowed.
pub unsafe fn begin(conn: *mut PGconn, wanted: &TokenRequest) -> TokenAnswer {
    let texts = (wanted.discovery.clone(), wanted.scope.clone());
    let flow = Box::into_raw(Box::new(TokenFlow {
        request: PGoauthBearerRequest {
            openid_configuration: texts.0.as_ptr(),
            scope: texts.1.as_deref().map_or(ptr::null(), CStr::as_ptr),
            r#async: None,
            cleanup: None,
            token: ptr::null_mut(),
            user: ptr::null_mut(),
        },
        altsock: -1,
        _texts: texts,
    }));
    // SAFETY: as the caller promises; the request is alive until `end` frees it, and only borrowed
    // where no callback runs.
    unsafe {
        end(conn);
        (*conn).token_flow = flow;
        let request = &raw mut (*flow).request;
        let type_ = PGauthData::PQAUTHDATA_OAUTH_BEARER_TOKEN;
        let answer = match ask(type_, conn, request.cast()) {
            0 => TokenAnswer::Unhandled,
            1.. => match token(request) {
                Some(token) => TokenAnswer::Token(token),
                None => TokenAnswer::Later,
            },
            _ => TokenAnswer::Failed(FAILED.to_owned()),
        };
        if !matches!(answer, TokenAnswer::Later) {
            end(conn);
        }
        answer
    }
}

/// Goes on with getting a token as the hook has set it up.
///
/// # Safety
/// The connection is alive and nothing of it is borrowed.
pub unsafe fn go_on(conn: *mut PGconn) -> TokenAnswer {
    let failed = |reason: &str| TokenAnswer::Failed(reason.to_owned());
    // SAFETY: as in `begin`.
    unsafe {
        let flow = (*conn).token_flow;
        if flow.is_null() {
            return failed(FAILED);
        }
        let request = &raw mut (*flow).request;
        let Some(step) = (*request).r#async else {
            return failed(
                "user-defined OAuth flow provided neither a token nor an async callback",
            );
        };
        let answer = number(step(conn, request, &raw mut (*flow).altsock));
        const READING: c_int = PostgresPollingStatusType::PGRES_POLLING_READING as c_int;
        const WRITING: c_int = PostgresPollingStatusType::PGRES_POLLING_WRITING as c_int;
        const OK: c_int = PostgresPollingStatusType::PGRES_POLLING_OK as c_int;
        let polling = match answer {
            READING => Polling::Reading,
            WRITING => Polling::Writing,
            OK => {
                return match token(request) {
                    Some(token) => TokenAnswer::Token(token),
                    None => failed("user-defined OAuth flow did not provide a token"),
                };
            }
            _ => return failed(FAILED),
        };
        match (*flow).altsock {
            0.. => TokenAnswer::Wait(polling, (*flow).altsock),
            _ => failed("user-defined OAuth flow did not provide a socket for polling"),
        }
    }
}

/// The token that has been set.
///
/// # Safety
/// The request is alive; its token is NULL or a string.
unsafe fn token(request: *const PGoauthBearerRequest) -> Option<Zeroizing<Vec<u8>>> {
    // SAFETY: as the caller promises.
    let token = unsafe { memory::bytes((*request).token) }?;
    Some(Zeroizing::new(token.to_vec()))
}

/// Cleans up after a request, if there is one.
///
/// # Safety
/// The connection is alive and nothing of it is borrowed.
pub unsafe fn end(conn: *mut PGconn) {
    // SAFETY: as the caller promises; the request came from a box and nobody uses it after its own
    // cleanup.
    guard((), || unsafe {
        let flow = std::mem::replace(&mut (*conn).token_flow, ptr::null_mut());
        if flow.is_null() {
            return;
        }
        let request = &raw mut (*flow).request;
        if let Some(cleanup) = (*request).cleanup {
            cleanup(conn, request);
        }
        drop(Box::from_raw(flow));
    });
}

/// Asks the hook to tell the user where to allow a token.
///
/// # Safety
/// The connection is alive and nothing of it is borrowed.
pub unsafe fn prompt(conn: *mut PGconn, prompt: &DevicePrompt) -> Prompted {
    let complete = prompt.verification_uri_complete.as_deref();
    let mut data = PGpromptOAuthDevice {
        verification_uri: prompt.verification_uri.as_ptr(),
        user_code: prompt.user_code.as_ptr(),
        verification_uri_complete: complete.map_or(ptr::null(), CStr::as_ptr),
        expires_in: prompt.expires_in,
    };
    let type_ = PGauthData::PQAUTHDATA_PROMPT_OAUTH_DEVICE;
    // SAFETY: as the caller promises; the data outlives the call.
    match unsafe { ask(type_, conn, (&raw mut data).cast()) } {
        0 => Prompted::Unhandled,
        1.. => Prompted::Done,
        _ => Prompted::Failed,
    }
}
