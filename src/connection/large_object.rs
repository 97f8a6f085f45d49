//! Large objects: files that live in the database.
//!
//! Each function calls one of the server's by its OID. The OIDs are looked up once per session.
//! What goes wrong is noted in the connection's error text.
//!
//! Manual: "Large Objects".

use crate::result::{ExecStatus, QueryResult};

use super::blocking::{self, Host};
use super::{Argument, Connection, Refused};

/// Open for writing.
pub const INV_WRITE: i32 = 0x0002_0000;
/// Open for reading.
pub const INV_READ: i32 = 0x0004_0000;

/// The server's functions, in the order in which they are named in [`NAMES`].
#[derive(Clone, Copy)]
enum Function {
    Open,
    Close,
    Creat,
    Create,
    Unlink,
    Lseek,
    Lseek64,
    Tell,
    Tell64,
    Truncate,
    Truncate64,
    Read,
    Write,
}

/// Their names, and whether every server has them.
const NAMES: [(&str, bool); 13] = [
    ("lo_open", true),
    ("lo_close", true),
    ("lo_creat", true),
    ("lo_create", false),
    ("lo_unlink", true),
    ("lo_lseek", true),
    ("lo_lseek64", false),
    ("lo_tell", true),
    ("lo_tell64", false),
    ("lo_truncate", false),
    ("lo_truncate64", false),
    ("loread", true),
    ("lowrite", true),
];

/// Asks for their OIDs. A trace shows it as libpq's.
const LOOK_UP: &[u8] = b"select proname, oid from pg_catalog.pg_proc where proname in (\
    'lo_open', 'lo_close', 'lo_creat', 'lo_create', 'lo_unlink', 'lo_lseek', 'lo_lseek64', \
    'lo_tell', 'lo_tell64', 'lo_truncate', 'lo_truncate64', 'loread', 'lowrite') \
    and pronamespace = (select oid from pg_catalog.pg_namespace where nspname = 'pg_catalog')";

/// The OIDs of the functions, 0 for one that the server does not have.
pub(super) struct Functions([u32; NAMES.len()]);

/// A descriptor of an open large object, valid until the end of the transaction.
pub type Descriptor = i32;

/// Whence an offset counts, with the numbers of C's `SEEK_SET`, `SEEK_CUR` and `SEEK_END`.
pub type Whence = i32;

impl Functions {
    fn from_rows(rows: &QueryResult) -> Self {
        let mut oids = [0; NAMES.len()];
        for row in 0..rows.rows.len() {
            let text = |column| rows.rows.get(row, column).flatten();
            let (Some(name), Some(oid)) = (text(0), text(1)) else {
                continue;
            };
            let index = NAMES.iter().position(|(n, _)| n.as_bytes() == name);
            let oid = std::str::from_utf8(oid)
                .ok()
                .and_then(|oid| oid.parse().ok());
            if let (Some(index), Some(oid)) = (index, oid) {
                oids[index] = oid;
            }
        }
        Self(oids)
    }
}

/// Notes that a function is not there.
fn unknown<T>(engine: &mut Connection, name: &str) -> Result<T, Refused> {
    engine.refuse(&format!("cannot determine OID of function {name}"))
}

/// Begins a call: forgets earlier errors, and looks the functions up where that has not been done.
fn begin<H: Host>(host: &mut H) -> Result<(), Refused> {
    let engine = host.engine();
    engine.error.clear();
    if engine.large_objects.is_some() {
        return Ok(());
    }
    let result = blocking::exec(host, LOOK_UP).ok_or(Refused)?;
    let rows = H::core(&result);
    let found = (rows.status == ExecStatus::TuplesOk).then(|| Functions::from_rows(rows));
    drop(result);
    let engine = host.engine();
    let Some(functions) = found else {
        let reason = "query to initialize large object functions did not return data";
        return engine.refuse(reason);
    };
    for (oid, (name, required)) in functions.0.iter().zip(NAMES) {
        if *oid == 0 && required {
            return unknown(engine, name);
        }
    }
    engine.large_objects = Some(Box::new(functions));
    Ok(())
}

/// Calls a function after [`begin`], and gives its value.
fn call<H: Host>(
    host: &mut H,
    function: Function,
    arguments: &[Argument<'_>],
) -> Result<Vec<u8>, Refused> {
    let engine = host.engine();
    let index = function as usize;
    let oid = engine.large_objects.as_ref().map_or(0, |f| f.0[index]);
    if oid == 0 {
        return unknown(engine, NAMES[index].0);
    }
    let result = blocking::call_function(host, oid, arguments).ok_or(Refused)?;
    if result.status != ExecStatus::CommandOk {
        return Err(Refused);
    }
    let engine = host.engine();
    match engine.take_function_value() {
        Some(value) => Ok(value),
        None => engine.refuse(&format!("function {} returned null", NAMES[index].0)),
    }
}

/// Calls a function whose value is a number of `N` bytes.
fn call_number<H: Host, const N: usize>(
    host: &mut H,
    function: Function,
    arguments: &[Argument<'_>],
) -> Result<[u8; N], Refused> {
    let value = call(host, function, arguments)?;
    match <[u8; N]>::try_from(&value[..]) {
        Ok(number) => Ok(number),
        Err(_) => {
            let (name, size) = (NAMES[function as usize].0, value.len());
            host.engine()
                .refuse(&format!("function {name} returned a value of {size} bytes"))
        }
    }
}

fn call_i32<H: Host>(
    host: &mut H,
    function: Function,
    arguments: &[Argument<'_>],
) -> Result<i32, Refused> {
    call_number(host, function, arguments).map(i32::from_be_bytes)
}

/// Opens a large object with [`INV_READ`], [`INV_WRITE`] or both.
pub fn open<H: Host>(host: &mut H, oid: u32, mode: i32) -> Result<Descriptor, Refused> {
    begin(host)?;
    let arguments = [Some(&oid.to_be_bytes()[..]), Some(&mode.to_be_bytes()[..])];
    call_i32(host, Function::Open, &arguments)
}

/// Closes a descriptor.
pub fn close<H: Host>(host: &mut H, fd: Descriptor) -> Result<i32, Refused> {
    begin(host)?;
    call_i32(host, Function::Close, &[Some(&fd.to_be_bytes())])
}

/// Creates a large object with an OID that the server chooses. The mode means nothing to servers
/// from 8.1 on.
pub fn creat<H: Host>(host: &mut H, mode: i32) -> Result<u32, Refused> {
    begin(host)?;
    call_number(host, Function::Creat, &[Some(&mode.to_be_bytes())]).map(u32::from_be_bytes)
}

/// Creates a large object with this OID; 0 leaves the choice to the server.
pub fn create<H: Host>(host: &mut H, oid: u32) -> Result<u32, Refused> {
    begin(host)?;
    call_number(host, Function::Create, &[Some(&oid.to_be_bytes())]).map(u32::from_be_bytes)
}

/// Deletes a large object.
pub fn unlink<H: Host>(host: &mut H, oid: u32) -> Result<i32, Refused> {
    begin(host)?;
    call_i32(host, Function::Unlink, &[Some(&oid.to_be_bytes())])
}

/// Moves the position, and gives the new one.
pub fn lseek<H: Host>(
    host: &mut H,
    fd: Descriptor,
    offset: i32,
    whence: Whence,
) -> Result<i32, Refused> {
    begin(host)?;
    let arguments = [
        Some(&fd.to_be_bytes()[..]),
        Some(&offset.to_be_bytes()[..]),
        Some(&whence.to_be_bytes()[..]),
    ];
    call_i32(host, Function::Lseek, &arguments)
}

/// The same for objects of more than 2 GiB.
pub fn lseek64<H: Host>(
    host: &mut H,
    fd: Descriptor,
    offset: i64,
    whence: Whence,
) -> Result<i64, Refused> {
    begin(host)?;
    let arguments = [
        Some(&fd.to_be_bytes()[..]),
        Some(&offset.to_be_bytes()[..]),
        Some(&whence.to_be_bytes()[..]),
    ];
    call_number(host, Function::Lseek64, &arguments).map(i64::from_be_bytes)
}

/// The position.
pub fn tell<H: Host>(host: &mut H, fd: Descriptor) -> Result<i32, Refused> {
    begin(host)?;
    call_i32(host, Function::Tell, &[Some(&fd.to_be_bytes())])
}

/// The same for objects of more than 2 GiB.
pub fn tell64<H: Host>(host: &mut H, fd: Descriptor) -> Result<i64, Refused> {
    begin(host)?;
    call_number(host, Function::Tell64, &[Some(&fd.to_be_bytes())]).map(i64::from_be_bytes)
}

/// Cuts an object off, or lengthens it with zeros.
pub fn truncate<H: Host>(host: &mut H, fd: Descriptor, length: usize) -> Result<i32, Refused> {
    begin(host)?;
    // The server takes a signed number, though C has an unsigned one here.
    let Ok(length) = i32::try_from(length) else {
        let reason = "argument of lo_truncate exceeds integer range";
        return host.engine().refuse(reason);
    };
    let arguments = [Some(&fd.to_be_bytes()[..]), Some(&length.to_be_bytes()[..])];
    call_i32(host, Function::Truncate, &arguments)
}

/// The same for objects of more than 2 GiB.
pub fn truncate64<H: Host>(host: &mut H, fd: Descriptor, length: i64) -> Result<i32, Refused> {
    begin(host)?;
    let arguments = [Some(&fd.to_be_bytes()[..]), Some(&length.to_be_bytes()[..])];
    call_i32(host, Function::Truncate64, &arguments)
}

/// Reads at most `most` bytes from the position on.
pub fn read<H: Host>(host: &mut H, fd: Descriptor, most: usize) -> Result<Vec<u8>, Refused> {
    begin(host)?;
    let Ok(length) = i32::try_from(most) else {
        let reason = "argument of lo_read exceeds integer range";
        return host.engine().refuse(reason);
    };
    let arguments = [Some(&fd.to_be_bytes()[..]), Some(&length.to_be_bytes()[..])];
    let bytes = call(host, Function::Read, &arguments)?;
    if bytes.len() > most {
        // Whoever asked has no room for more.
        let reason = "server returned more bytes of a large object than were asked for";
        return host.engine().refuse(reason);
    }
    Ok(bytes)
}

/// Writes at the position, and gives the number of bytes written.
pub fn write<H: Host>(host: &mut H, fd: Descriptor, bytes: &[u8]) -> Result<i32, Refused> {
    if i32::try_from(bytes.len()).is_err() {
        return refuse_write(host);
    }
    begin(host)?;
    let arguments = [Some(&fd.to_be_bytes()[..]), Some(bytes)];
    call_i32(host, Function::Write, &arguments)
}

/// Refuses to write more bytes than the server can be told of.
pub fn refuse_write<H: Host, T>(host: &mut H) -> Result<T, Refused> {
    begin(host)?;
    let reason = "argument of lo_write exceeds integer range";
    host.engine().refuse(reason)
}
