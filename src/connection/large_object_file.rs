//! Large objects made from files, and files made from large objects.
//!
//! Manual: "Importing a Large Object", "Exporting a Large Object".

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

use crate::transport::os_error;

use super::Refused;
use super::blocking::Host;
use super::large_object::{self, Descriptor, INV_READ, INV_WRITE};

/// Bytes that are read or written at once.
const PIECE: usize = 8192;

/// Notes in place of earlier errors that a file could not be dealt with.
fn file_failed<H: Host, T>(
    host: &mut H,
    what: &str,
    path: &[u8],
    error: &io::Error,
) -> Result<T, Refused> {
    let path = String::from_utf8_lossy(path);
    let reason = os_error::text(error);
    let engine = host.engine();
    engine.error.clear();
    engine.refuse(&format!("could not {what} file \"{path}\": {reason}"))
}

/// Makes a large object from a file of the client's, with this OID; `None` and 0 leave the choice to
/// the server.
pub fn import<H: Host>(host: &mut H, path: &[u8], oid: Option<u32>) -> Result<u32, Refused> {
    let mut file = match File::open(OsStr::from_bytes(path)) {
        Ok(file) => file,
        Err(error) => return file_failed(host, "open", path, &error),
    };
    let oid = match oid {
        Some(oid) => large_object::create(host, oid)?,
        None => large_object::creat(host, INV_READ | INV_WRITE)?,
    };
    if oid == 0 {
        return Err(Refused);
    }
    let fd = large_object::open(host, oid, INV_WRITE)?;
    let mut piece = [0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            // After a failure the transaction is over, and closing would hide the reason.
            Ok(count) => write_all(host, fd, &piece[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let _ = large_object::close(host, fd);
                return file_failed(host, "read from", path, &error);
            }
        }
    }
    match large_object::close(host, fd)? {
        0 => Ok(oid),
        _ => Err(Refused),
    }
}

fn write_all<H: Host>(host: &mut H, fd: Descriptor, bytes: &[u8]) -> Result<(), Refused> {
    let written = large_object::write(host, fd, bytes)?;
    match usize::try_from(written) {
        Ok(written) if written == bytes.len() => Ok(()),
        _ => Err(Refused),
    }
}

/// Writes a large object to a file of the client's, which is made or replaced.
pub fn export<H: Host>(host: &mut H, oid: u32, path: &[u8]) -> Result<(), Refused> {
    let fd = large_object::open(host, oid, INV_READ)?;
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o666)
        .open(OsStr::from_bytes(path));
    let mut file = match opened {
        Ok(file) => file,
        Err(error) => {
            let _ = large_object::close(host, fd);
            return file_failed(host, "open", path, &error);
        }
    };
    loop {
        // After a failure the transaction is over, and closing would hide the reason.
        let piece = large_object::read(host, fd, PIECE)?;
        if piece.is_empty() {
            break;
        }
        if let Err(error) = file.write_all(&piece) {
            let _ = large_object::close(host, fd);
            return file_failed(host, "write to", path, &error);
        }
    }
    match large_object::close(host, fd)? {
        0 => Ok(()),
        _ => Err(Refused),
    }
}
