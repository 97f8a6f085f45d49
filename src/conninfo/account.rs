//! The operating-system account that the process runs as.

use std::ffi::{CStr, CString, c_char};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::invalid;
use crate::error::Error;

/// The largest entry of the user database that is read, in bytes.
const MAX_ENTRY: usize = 1 << 20;

/// What the user database says about the effective user.
pub(super) struct Account {
    pub(super) name: CString,
    pub(super) home: CString,
}

/// Looks the effective user up; fails with libpq's message where the database does not know it.
pub(super) fn effective_account() -> Result<Account, Error> {
    // SAFETY: geteuid takes no arguments, touches no memory of ours and cannot fail.
    let uid = unsafe { libc::geteuid() };
    let mut buffer: Vec<c_char> = vec![0; 1024];
    loop {
        match read_entry(uid, &mut buffer) {
            Ok(Some(account)) => return Ok(account),
            Ok(None) => return Err(invalid(format!("local user with ID {uid} does not exist"))),
            Err(libc::EINTR) => {}
            Err(libc::ERANGE) if buffer.len() < MAX_ENTRY => buffer.resize(buffer.len() * 2, 0),
            Err(code) => {
                let reason = system_message(code);
                return Err(invalid(format!(
                    "could not look up local user ID {uid}: {reason}"
                )));
            }
        }
    }
}

/// One attempt with a buffer for the entry's strings; `Err` is an errno code.
fn read_entry(uid: libc::uid_t, buffer: &mut [c_char]) -> Result<Option<Account>, i32> {
    let mut entry = MaybeUninit::<libc::passwd>::uninit();
    let mut found: *mut libc::passwd = ptr::null_mut();
    // SAFETY: the three pointers are to live, writable memory of the types that getpwuid_r wants,
    // and the length is the buffer's.
    let code = unsafe {
        libc::getpwuid_r(
            uid,
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if code != 0 {
        return Err(code);
    }
    if found.is_null() {
        return Ok(None);
    }
    // SAFETY: getpwuid_r returned 0 and set the pointer, so it has filled the entry it points to,
    // which is ours; its strings are in `buffer`, which is borrowed throughout.
    let account = unsafe {
        Account {
            name: copy_text((*found).pw_name),
            home: copy_text((*found).pw_dir),
        }
    };
    Ok(Some(account))
}

/// A copy of a C string; NULL becomes the empty string.
///
/// # Safety
///
/// The pointer is NULL or to a NUL-terminated string that lives for the call.
unsafe fn copy_text(text: *const c_char) -> CString {
    if text.is_null() {
        return CString::default();
    }
    // SAFETY: not NULL, so NUL-terminated and alive as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_owned()
}

/// The operating system's words for an error code, as C's `strerror` has them.
fn system_message(code: i32) -> String {
    let text = io::Error::from_raw_os_error(code).to_string();
    let suffix = format!(" (os error {code})");
    match text.strip_suffix(&suffix) {
        Some(text) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_messages_have_no_suffix() {
        assert_eq!(system_message(libc::ENOENT), "No such file or directory");
    }

    #[test]
    #[cfg_attr(miri, ignore)]
    fn effective_user_has_a_name_or_a_clear_error() {
        match effective_account() {
            Ok(account) => assert!(!account.name.is_empty()),
            Err(error) => assert!(error.message().starts_with("local user with ID ")),
        }
    }

    #[test]
    #[cfg_attr(miri, ignore)]
    fn too_small_a_buffer_is_reported() {
        assert_eq!(read_entry(0, &mut [0; 1]).err(), Some(libc::ERANGE));
    }
}
