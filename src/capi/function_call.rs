//! Calling a function of the server's by its OID.
//!
//! Manual: "The Fast-Path Interface".

use std::ffi::c_int;
use std::ptr;

use super::boundary::with_conn;
use super::conn::PGconn;
use super::driver::Driver;
use super::memory;
use super::result::{OwnedResult, PGresult};
use super::types::PQ_QUERY_PARAM_MAX_LIMIT;
use crate::connection::blocking::{self, Host};
use crate::connection::{Connection, Refused};
use crate::result::{ExecStatus, QueryResult};

/// A value, or where it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub union pg_arg_value {
    /// Where the bytes of the argument are.
    pub ptr: *mut c_int,
    /// The argument itself.
    pub integer: c_int,
}

/// An argument of PQfn.
#[repr(C)]
pub struct pg_arg_block {
    /// Its length in bytes; -1 for NULL.
    pub len: c_int,
    /// Whether it is an integer of 2 or 4 bytes, in `u.integer`.
    pub isint: c_int,
    /// The value.
    pub u: pg_arg_value,
}

/// An argument of PQfn.
pub type PQArgBlock = pg_arg_block;

/// An argument as it is sent.
enum Sent<'a> {
    Null,
    Integer([u8; 4], usize),
    Bytes(&'a [u8]),
}

impl Sent<'_> {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Null => None,
            Self::Integer(bytes, length) => Some(&bytes[4 - length..]),
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

/// Why an argument cannot be sent.
enum Unfit {
    /// An integer of so many bytes, which libpq tells of by a notice.
    Integer(c_int),
    /// A length that is none, or no bytes where there should be some.
    Bytes,
}

impl pg_arg_block {
    /// # Safety
    /// The pointer contract of [`super`]; `u.ptr` has `len` bytes where the argument is no integer.
    unsafe fn read(&self) -> Result<Sent<'_>, Unfit> {
        if self.len == -1 {
            return Ok(Sent::Null);
        }
        // SAFETY: both members are plain data, and `isint` tells which one is meant.
        unsafe {
            if self.isint != 0 {
                return match self.len {
                    2 | 4 => Ok(Sent::Integer(
                        self.u.integer.to_be_bytes(),
                        self.len as usize,
                    )),
                    other => Err(Unfit::Integer(other)),
                };
            }
            let bytes = self.u.ptr.cast::<u8>();
            match usize::try_from(self.len) {
                Ok(length) if length == 0 || !bytes.is_null() => {
                    Ok(Sent::Bytes(memory::counted(bytes, length)))
                }
                _ => Err(Unfit::Bytes),
            }
        }
    }
}

/// Calls a function and waits for its value, in binary format.
///
/// The value is written to `result_buf`, which has to have room for it, and its length to
/// `result_len`: -1 for NULL. With `result_is_int` not 0, it is an integer of 2 or 4 bytes and
/// arrives as an int; a value of any other length is an error then, and nothing is written.
///
/// The result, to be cleared with PQclear, has the status PGRES_COMMAND_OK or PGRES_FATAL_ERROR.
/// NULL when the call could not be sent, and for a NULL connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfn(
    conn: *mut PGconn,
    fnid: c_int,
    result_buf: *mut c_int,
    result_len: *mut c_int,
    result_is_int: c_int,
    args: *const PQArgBlock,
    nargs: c_int,
) -> *mut PGresult {
    // SAFETY: the pointer contract; `result_buf` has room for the value, as the manual demands.
    unsafe {
        if let Some(length) = result_len.as_mut() {
            *length = 0;
        }
        with_conn(conn, ptr::null_mut(), |driver| {
            let Some(mut result) = call(driver, fnid, args, nargs) else {
                return ptr::null_mut();
            };
            if result.status == ExecStatus::CommandOk {
                let value = driver.engine().take_function_value();
                let length = match &value {
                    None => -1,
                    Some(bytes) if result_is_int != 0 => match integer(bytes) {
                        Some(number) => {
                            if let Some(buffer) = result_buf.as_mut() {
                                *buffer = number;
                            }
                            bytes.len() as c_int
                        }
                        None => {
                            *result = not_an_integer(driver.engine(), bytes.len());
                            0
                        }
                    },
                    Some(bytes) => {
                        if !result_buf.is_null() {
                            let buffer = result_buf.cast::<u8>();
                            buffer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                        }
                        bytes.len() as c_int
                    }
                };
                if let Some(result_len) = result_len.as_mut() {
                    *result_len = length;
                }
            }
            // Event procedures hear of what PQgetResult returns, not of this.
            OwnedResult::give(Some(driver.conn(|conn| PGresult::from_conn(*result, conn))))
        })
    }
}

/// # Safety
/// The pointer contract of [`super`]; `args` has `nargs` elements.
unsafe fn call(
    driver: &mut Driver,
    fnid: c_int,
    args: *const PQArgBlock,
    nargs: c_int,
) -> Option<Box<QueryResult>> {
    let engine = driver.engine();
    engine.clear_error_if_idle();
    let count = match usize::try_from(nargs) {
        Ok(count) if nargs <= PQ_QUERY_PARAM_MAX_LIMIT && (count == 0 || !args.is_null()) => count,
        _ => {
            let reason =
                format!("number of parameters must be between 0 and {PQ_QUERY_PARAM_MAX_LIMIT}");
            engine.error_mut().push(reason);
            return None;
        }
    };
    // SAFETY: as the caller promises.
    let sent = unsafe {
        let blocks = memory::counted(args, count);
        blocks
            .iter()
            .map(|block| block.read())
            .collect::<Result<Vec<_>, _>>()
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(unfit) => {
            engine.check_function_callable().ok()?;
            let _ = refuse(engine, &unfit);
            return None;
        }
    };
    let arguments: Vec<_> = sent.iter().map(Sent::bytes).collect();
    blocking::call_function(driver, fnid as u32, &arguments)
}

fn refuse(engine: &mut Connection, unfit: &Unfit) -> Result<(), Refused> {
    match unfit {
        Unfit::Integer(length) => {
            let reason = format!("integer of size {length} not supported by pqPutInt");
            engine.add_notice(&reason);
            Err(Refused)
        }
        Unfit::Bytes => engine.refuse("argument of function call has no bytes"),
    }
}

/// The number in a value of 2 or 4 bytes.
fn integer(bytes: &[u8]) -> Option<c_int> {
    match bytes.len() {
        2 => Some(u16::from_be_bytes(bytes.try_into().ok()?).into()),
        4 => Some(c_int::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn not_an_integer(engine: &mut Connection, length: usize) -> QueryResult {
    let reason = format!("integer of size {length} not supported by pqGetInt");
    engine.error_mut().push(&reason);
    QueryResult::failure(format!("{reason}\n"), engine.encoding())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(len: c_int, isint: c_int, integer: c_int) -> PQArgBlock {
        let u = pg_arg_value { integer };
        PQArgBlock { len, isint, u }
    }

    #[test]
    fn arguments_are_sent_in_network_order() {
        // SAFETY: integers, and bytes that are there.
        unsafe {
            let four = block(4, 1, -2);
            let sent = four.read().ok().unwrap();
            assert_eq!(sent.bytes(), Some(&[0xff, 0xff, 0xff, 0xfe][..]));
            let two = block(2, 1, 0x1_0203);
            let sent = two.read().ok().unwrap();
            assert_eq!(sent.bytes(), Some(&[2, 3][..]));
            assert!(matches!(block(-1, 0, 0).read(), Ok(Sent::Null)));
            assert!(matches!(block(8, 1, 0).read(), Err(Unfit::Integer(8))));
            let mut bytes = *b"abc";
            let mut text = block(3, 0, 0);
            text.u.ptr = bytes.as_mut_ptr().cast();
            let sent = text.read().ok().unwrap();
            assert_eq!(sent.bytes(), Some(&b"abc"[..]));
            text.len = -7;
            assert!(matches!(text.read(), Err(Unfit::Bytes)));
            text.len = 3;
            text.u.ptr = ptr::null_mut();
            assert!(matches!(text.read(), Err(Unfit::Bytes)));
        }
    }

    #[test]
    fn a_value_is_an_integer_of_two_or_four_bytes() {
        assert_eq!(integer(&[0, 0, 1, 0]), Some(256));
        assert_eq!(integer(&[0xff; 4]), Some(-1));
        assert_eq!(integer(&[0xff; 2]), Some(65535));
        for length in [0, 1, 3, 5, 8] {
            assert_eq!(integer(&vec![0; length]), None);
        }
    }
}
