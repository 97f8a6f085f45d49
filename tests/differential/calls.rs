//! More of a connection's calls: COPY, large objects, function call, notifications, passwords.

use std::ffi::CStr;
use std::ptr;

use libc::{c_char, c_int};

use crate::api::Api;
use crate::conn::Conn;
use crate::escaping::taken_string;
use crate::raw::{Oid, PQArgBlock, PQArgValue};
use crate::result::Res;
use crate::text::{Arg, copy};
use crate::transcript::Text;

/// What `PQgetCopyData` returned, and the row where there is one.
pub(crate) type CopyRow = (c_int, Text);

/// One argument of `PQfn`.
pub(crate) enum FnArg<'b> {
    Int(c_int),
    Bytes(&'b [u8]),
    Null,
}

impl<'a> Conn<'a> {
    pub(crate) fn put_copy_data(&self, bytes: &[u8]) -> c_int {
        self.put_copy_counted(bytes, bytes.len() as c_int)
    }

    /// `PQputCopyData` with a length of its own, at most the true one.
    pub(crate) fn put_copy_counted(&self, bytes: &[u8], length: c_int) -> c_int {
        assert!(length <= bytes.len() as c_int, "reads past the data");
        // SAFETY: the connection is NULL or live, the data as long as it says or longer.
        unsafe {
            self.api
                .PQputCopyData(self.raw, bytes.as_ptr().cast(), length)
        }
    }

    pub(crate) fn get_copy_data(&self, asynchronous: c_int) -> CopyRow {
        let mut buffer: *mut c_char = ptr::null_mut();
        // SAFETY: the connection is NULL or live; a row that is returned is ours to free and as long as it says.
        unsafe {
            let length = self
                .api
                .PQgetCopyData(self.raw, &raw mut buffer, asynchronous);
            let bytes = (!buffer.is_null()).then(|| {
                let length = usize::try_from(length).unwrap_or(0);
                let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), length + 1);
                assert_eq!(bytes[length], 0, "a row must end in a NUL");
                bytes[..length].to_vec()
            });
            self.api.PQfreemem(buffer.cast());
            (length, bytes)
        }
    }

    /// The deprecated `PQgetline` into a buffer of `size` bytes.
    pub(crate) fn get_line(&self, size: usize) -> CopyRow {
        let mut buffer = vec![0_u8; size.max(1)];
        // SAFETY: the buffer has the size that is said, and ends up with a NUL in it.
        unsafe {
            let code = self
                .api
                .PQgetline(self.raw, buffer.as_mut_ptr().cast(), size as c_int);
            (code, copy(buffer.as_ptr().cast()))
        }
    }

    /// The deprecated `PQgetlineAsync` into a buffer of `size` bytes.
    pub(crate) fn get_line_async(&self, size: usize) -> CopyRow {
        let mut buffer = vec![0_u8; size];
        // SAFETY: the buffer has the size that is said.
        let code = unsafe {
            self.api
                .PQgetlineAsync(self.raw, buffer.as_mut_ptr().cast(), size as c_int)
        };
        buffer.truncate(usize::try_from(code).unwrap_or(0));
        (code, Some(buffer))
    }

    pub(crate) fn put_bytes(&self, bytes: &[u8]) -> c_int {
        // SAFETY: the data is as long as it says.
        unsafe {
            self.api
                .PQputnbytes(self.raw, bytes.as_ptr().cast(), bytes.len() as c_int)
        }
    }

    pub(crate) fn lo_read(&self, fd: c_int, size: usize) -> (c_int, Vec<u8>) {
        let mut buffer = vec![0_u8; size];
        // SAFETY: the buffer has the size that is said.
        let count = unsafe {
            self.api
                .lo_read(self.raw, fd, buffer.as_mut_ptr().cast(), size)
        };
        buffer.truncate(usize::try_from(count).unwrap_or(0));
        (count, buffer)
    }

    pub(crate) fn lo_write(&self, fd: c_int, bytes: &[u8]) -> c_int {
        // SAFETY: the data is as long as it says.
        unsafe {
            self.api
                .lo_write(self.raw, fd, bytes.as_ptr().cast(), bytes.len())
        }
    }

    pub(crate) fn lo_import(&self, file: &CStr) -> Oid {
        // SAFETY: connection NULL or live, a live string.
        unsafe { self.api.lo_import(self.raw, file.as_ptr()) }
    }

    pub(crate) fn lo_import_with_oid(&self, file: &CStr, oid: Oid) -> Oid {
        // SAFETY: connection NULL or live, a live string.
        unsafe { self.api.lo_import_with_oid(self.raw, file.as_ptr(), oid) }
    }

    pub(crate) fn lo_export(&self, oid: Oid, file: &CStr) -> c_int {
        // SAFETY: connection NULL or live, a live string.
        unsafe { self.api.lo_export(self.raw, oid, file.as_ptr()) }
    }

    /// `PQfn` with room for 256 bytes: the result, and the answer's length and bytes.
    pub(crate) fn call(
        &self,
        function: c_int,
        as_int: bool,
        arguments: &[FnArg<'_>],
    ) -> (Res<'a>, c_int, Vec<u8>) {
        let blocks: Vec<PQArgBlock> = arguments.iter().map(block).collect();
        let mut out = [0_i32; 64];
        let mut length: c_int = -77;
        // SAFETY: the answer's buffer has room for what the cases call; the arguments live until after.
        let raw = unsafe {
            self.api.PQfn(
                self.raw,
                function,
                out.as_mut_ptr(),
                &raw mut length,
                as_int.into(),
                blocks.as_ptr(),
                blocks.len() as c_int,
            )
        };
        let bytes: Vec<u8> = out.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let count = usize::try_from(length).unwrap_or(0).min(bytes.len());
        (Res::own(self.api, raw), length, bytes[..count].to_vec())
    }

    /// The next notification: channel, whether it is this connection's own, payload.
    pub(crate) fn notification(&self) -> Option<(Text, bool, Text)> {
        // SAFETY: the connection is NULL or live; the notification is ours to free.
        unsafe {
            let notify = self.api.PQnotifies(self.raw);
            if notify.is_null() {
                return None;
            }
            let own = (*notify).be_pid == self.backend_pid();
            let copied = (copy((*notify).relname), own, copy((*notify).extra));
            self.api.PQfreemem(notify.cast());
            Some(copied)
        }
    }

    pub(crate) fn encrypt_password(
        &self,
        password: impl Arg,
        user: impl Arg,
        algorithm: impl Arg,
    ) -> Text {
        // SAFETY: connection and strings are NULL or live; the answer is ours to free.
        unsafe {
            taken_string(
                self.api,
                self.api.PQencryptPasswordConn(
                    self.raw,
                    password.pointer(),
                    user.pointer(),
                    algorithm.pointer(),
                ),
            )
        }
    }

    pub(crate) fn change_password(&self, user: &CStr, password: &CStr) -> Res<'a> {
        // SAFETY: connection NULL or live, live strings.
        let raw = unsafe {
            self.api
                .PQchangePassword(self.raw, user.as_ptr(), password.as_ptr())
        };
        Res::own(self.api, raw)
    }

    /// Waits until the other side has closed, two seconds at most.
    pub(crate) fn wait_for_end(&self) {
        self.wait_for(0);
    }

    /// Waits until something can be read, two seconds at most.
    pub(crate) fn wait_readable(&self) {
        self.wait_for(libc::POLLIN);
    }

    /// Waits until something can be written, two seconds at most.
    pub(crate) fn wait_writable(&self) {
        self.wait_for(libc::POLLOUT);
    }

    /// Waits until something can be read, or also written, two seconds at most.
    pub(crate) fn wait_either(&self, write: bool) {
        self.wait_for(libc::POLLIN | if write { libc::POLLOUT } else { 0 });
    }

    fn wait_for(&self, events: libc::c_short) {
        let mut poll = libc::pollfd {
            fd: self.socket(),
            events,
            revents: 0,
        };
        // SAFETY: one entry, which is writable.
        unsafe { libc::poll(&raw mut poll, 1, 2000) };
    }
}

fn block(argument: &FnArg<'_>) -> PQArgBlock {
    match argument {
        FnArg::Int(value) => PQArgBlock {
            len: 4,
            isint: 1,
            value: PQArgValue { integer: *value },
        },
        FnArg::Bytes(bytes) => PQArgBlock {
            len: bytes.len() as c_int,
            isint: 0,
            value: PQArgValue {
                ptr: bytes.as_ptr().cast_mut().cast(),
            },
        },
        FnArg::Null => PQArgBlock {
            len: -1,
            isint: 0,
            value: PQArgValue {
                ptr: ptr::null_mut(),
            },
        },
    }
}

/// The deprecated `PQencryptPassword`, which knows no connection.
pub(crate) fn encrypt_password(api: &Api, password: impl Arg, user: impl Arg) -> Text {
    // SAFETY: strings are NULL or live; the answer is ours to free.
    unsafe {
        taken_string(
            api,
            api.PQencryptPassword(password.pointer(), user.pointer()),
        )
    }
}
