//! Secrets made from passwords, as the server stores them.
//!
//! Manual: "Miscellaneous Functions", `PQencryptPasswordConn`, `PQchangePassword`.

use std::ffi::c_char;
use std::ptr;

use super::boundary::{guard, with_conn};
use super::conn::PGconn;
use super::driver::Driver;
use super::memory;
use super::result::{OwnedResult, PGresult};
use crate::auth::md5::md5_secret;
use crate::auth::password_encryption::{DEFAULT_ITERATIONS, random_salt, scram_secret};
use crate::charset;
use crate::connection::{blocking, blocking::Host};
use crate::result::ExecStatus;

/// What asks the server for its algorithm.
const ASK: &[u8] = b"show password_encryption";
/// The longest answer to that which can be an algorithm's name.
const LONGEST_ALGORITHM: usize = 49;

/// The MD5 form of a password. Deprecated: PQencryptPasswordConn makes better ones.
///
/// To be freed with PQfreemem; NULL where there is no memory or an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQencryptPassword(
    passwd: *const c_char,
    user: *const c_char,
) -> *mut c_char {
    // SAFETY: the pointer contract.
    guard(ptr::null_mut(), || unsafe {
        match (memory::bytes(passwd), memory::bytes(user)) {
            (Some(password), Some(user)) => {
                memory::copy_bytes(md5_secret(user, password).as_bytes())
            }
            _ => ptr::null_mut(),
        }
    })
}

/// A password in the form in which the server stores it, so that the password itself need not be
/// sent. `algorithm` is `scram-sha-256` or `md5`; for NULL the server is asked which it prefers.
///
/// To be freed with PQfreemem. NULL on failure; the connection has the message then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQencryptPasswordConn(
    conn: *mut PGconn,
    passwd: *const c_char,
    user: *const c_char,
    algorithm: *const c_char,
) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        let (Some(password), Some(user)) = (memory::bytes(passwd), memory::bytes(user)) else {
            return ptr::null_mut();
        };
        let algorithm = memory::bytes(algorithm);
        with_conn(conn, ptr::null_mut(), |driver| {
            let secret = encrypt(driver, password, user, algorithm);
            secret.map_or(ptr::null_mut(), |secret| {
                memory::copy_bytes(secret.as_bytes())
            })
        })
    }
}

/// The secret; `None` where it cannot be made, for a reason noted in the connection's error text.
fn encrypt(
    driver: &mut Driver,
    password: &[u8],
    user: &[u8],
    algorithm: Option<&[u8]>,
) -> Option<String> {
    driver.engine().error_mut().clear();
    let algorithm = match algorithm {
        Some(algorithm) => algorithm.to_vec(),
        None => preferred_algorithm(driver)?,
    };
    let engine = driver.engine();
    match &algorithm[..] {
        b"scram-sha-256" => {
            let iterations = engine
                .session()
                .scram_iterations
                .unwrap_or(DEFAULT_ITERATIONS);
            match random_salt() {
                Ok(salt) => Some(scram_secret(password, &salt, iterations.max(1))),
                Err(error) => {
                    engine.error_mut().push(error.message());
                    None
                }
            }
        }
        // What `password_encryption` could be before version 10.
        b"md5" | b"on" | b"off" => Some(md5_secret(user, password)),
        _ => {
            let mut message = b"unrecognized password encryption algorithm \"".to_vec();
            message.extend_from_slice(&algorithm);
            message.push(b'"');
            engine.error_mut().push(message);
            None
        }
    }
}

fn preferred_algorithm(driver: &mut Driver) -> Option<Vec<u8>> {
    let mut result = blocking::exec(driver, ASK)?;
    if result.status() != ExecStatus::TuplesOk {
        return None;
    }
    let answer = result.edit(|PGresult { core, .. }| {
        let one = core.rows.len() == 1 && core.columns.len() == 1;
        let value = core.rows.get(0, 0).filter(|_| one)?;
        Some(value.unwrap_or_default().to_vec())
    });
    let Some(answer) = answer else {
        driver
            .engine()
            .error_mut()
            .push("unexpected shape of result set returned for SHOW");
        return None;
    };
    if answer.len() > LONGEST_ALGORITHM {
        driver
            .engine()
            .error_mut()
            .push("\"password_encryption\" value too long");
        return None;
    }
    Some(answer)
}

/// Changes a user's password, sending only the form in which the server stores it. Returns the
/// result of the ALTER USER, to be cleared with PQclear; NULL as PQexec does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQchangePassword(
    conn: *mut PGconn,
    user: *const c_char,
    passwd: *const c_char,
) -> *mut PGresult {
    // SAFETY: the pointer contract.
    unsafe {
        let (Some(user), Some(password)) = (memory::bytes(user), memory::bytes(passwd)) else {
            return ptr::null_mut();
        };
        with_conn(conn, ptr::null_mut(), |driver| {
            OwnedResult::give(change(driver, user, password))
        })
    }
}

fn change(driver: &mut Driver, user: &[u8], password: &[u8]) -> Option<OwnedResult> {
    let secret = encrypt(driver, password, user, None)?;
    let encoding = driver.engine().encoding();
    let quoted = charset::escape_literal(encoding, secret.as_bytes())
        .and_then(|secret| Ok((charset::escape_identifier(encoding, user)?, secret)));
    let (user, secret) = match quoted {
        Ok(quoted) => quoted,
        Err(reason) => {
            driver.engine().error_mut().push(reason);
            return None;
        }
    };
    let sql = [b"ALTER USER ", &user[..], b" PASSWORD ", &secret[..]].concat();
    blocking::exec(driver, &sql)
}
