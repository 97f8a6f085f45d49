//! Large objects: files that live in the database.
//!
//! All of these have to be called inside of a transaction that uses the descriptor, and not in
//! pipeline mode. PQerrorMessage tells what went wrong.
//!
//! Manual: "Large Objects", "Client Interfaces".

use std::ffi::{c_char, c_int};

use super::boundary::with_conn;
use super::conn::PGconn;
use super::driver::Driver;
use super::memory;
use super::types::{InvalidOid, Oid};
use crate::connection::large_object as object;
use crate::connection::{Refused, large_object_file as file};

/// Runs the body of a function that returns -1 when it fails, and for NULL.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn number<R: From<i8>>(
    conn: *mut PGconn,
    body: impl FnOnce(&mut Driver) -> Result<R, Refused>,
) -> R {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, R::from(-1), |driver| {
            body(driver).unwrap_or(R::from(-1))
        })
    }
}

/// Runs the body of a function that returns an OID, or 0 when it fails and for NULL.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn oid(conn: *mut PGconn, body: impl FnOnce(&mut Driver) -> Result<Oid, Refused>) -> Oid {
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, InvalidOid, |driver| {
            body(driver).unwrap_or(InvalidOid)
        })
    }
}

/// Opens a large object with INV_READ, INV_WRITE or both. Returns a descriptor for the functions
/// below, valid until the end of the transaction, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_open(conn: *mut PGconn, lobjId: Oid, mode: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::open(driver, lobjId, mode)) }
}

/// Closes a descriptor. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_close(conn: *mut PGconn, fd: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::close(driver, fd)) }
}

/// Reads at most `len` bytes into `buf`. Returns how many there were, 0 at the end, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_read(
    conn: *mut PGconn,
    fd: c_int,
    buf: *mut c_char,
    len: usize,
) -> c_int {
    // SAFETY: the pointer contract; `buf` has room for `len` bytes, and no more are given.
    unsafe {
        number(conn, |driver| {
            let bytes = object::read(driver, fd, len)?;
            if !bytes.is_empty() {
                buf.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len());
            }
            Ok(bytes.len() as c_int)
        })
    }
}

/// Writes `len` bytes. Returns how many were written, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_write(
    conn: *mut PGconn,
    fd: c_int,
    buf: *const c_char,
    len: usize,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        number(conn, |driver| {
            // No buffer is longer, whatever is said.
            if c_int::try_from(len).is_err() {
                return object::refuse_write(driver);
            }
            let bytes = memory::counted(buf.cast::<u8>(), len);
            object::write(driver, fd, bytes)
        })
    }
}

/// Moves the position of a descriptor by `offset` from the beginning (SEEK_SET), the position
/// (SEEK_CUR) or the end (SEEK_END). Returns the new position, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_lseek(
    conn: *mut PGconn,
    fd: c_int,
    offset: c_int,
    whence: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::lseek(driver, fd, offset, whence)) }
}

/// The same for large objects of more than 2 GiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_lseek64(
    conn: *mut PGconn,
    fd: c_int,
    offset: i64,
    whence: c_int,
) -> i64 {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::lseek64(driver, fd, offset, whence)) }
}

/// Creates a large object with an OID that the server chooses; `mode` means nothing to servers from
/// 8.1 on. Returns the OID, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_creat(conn: *mut PGconn, mode: c_int) -> Oid {
    // SAFETY: the pointer contract.
    unsafe { oid(conn, |driver| object::creat(driver, mode)) }
}

/// Creates a large object with this OID, or with one that the server chooses for 0. Returns the
/// OID, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_create(conn: *mut PGconn, lobjId: Oid) -> Oid {
    // SAFETY: the pointer contract.
    unsafe { oid(conn, |driver| object::create(driver, lobjId)) }
}

/// The position of a descriptor, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_tell(conn: *mut PGconn, fd: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::tell(driver, fd)) }
}

/// The same for large objects of more than 2 GiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_tell64(conn: *mut PGconn, fd: c_int) -> i64 {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::tell64(driver, fd)) }
}

/// Cuts a large object off at this length, or lengthens it with zeros. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_truncate(conn: *mut PGconn, fd: c_int, len: usize) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::truncate(driver, fd, len)) }
}

/// The same for large objects of more than 2 GiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_truncate64(conn: *mut PGconn, fd: c_int, len: i64) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::truncate64(driver, fd, len)) }
}

/// Deletes a large object. Returns 1, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_unlink(conn: *mut PGconn, lobjId: Oid) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { number(conn, |driver| object::unlink(driver, lobjId)) }
}

/// Makes a large object from a file of the client's. Returns its OID, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_import(conn: *mut PGconn, filename: *const c_char) -> Oid {
    // SAFETY: the pointer contract.
    unsafe {
        let path = memory::bytes(filename).unwrap_or_default();
        oid(conn, |driver| file::import(driver, path, None))
    }
}

/// The same with this OID, or with one that the server chooses for 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_import_with_oid(
    conn: *mut PGconn,
    filename: *const c_char,
    lobjId: Oid,
) -> Oid {
    // SAFETY: the pointer contract.
    unsafe {
        let path = memory::bytes(filename).unwrap_or_default();
        oid(conn, |driver| file::import(driver, path, Some(lobjId)))
    }
}

/// Writes a large object to a file of the client's. Returns 1, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lo_export(
    conn: *mut PGconn,
    lobjId: Oid,
    filename: *const c_char,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        let path = memory::bytes(filename).unwrap_or_default();
        number(conn, |driver| {
            file::export(driver, lobjId, path).map(|()| 1)
        })
    }
}
